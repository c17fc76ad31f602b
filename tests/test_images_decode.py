"""Pictures that anybody may have made: each opens as it should look, or is refused and told why."""

import io

import numpy as np
import pytest
from PIL import Image, ImageColor

from engine.errors import InputError
from engine.images.colours import Palette, dominant, name_of, said_colours, to_lab
from engine.images.decode import SIDE, as_webp, flatten, open_picture
from tests.pictures import encoded, huge_png, product

pytestmark = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")

RED = Image.new("RGB", (600, 300), "red")
JPEG = encoded(RED, "JPEG")

BAD = {
    "empty": b"",
    "cut": JPEG[: len(JPEG) // 2],
    "zeros": JPEG[:30] + bytes(100),
    "100 MP": huge_png(10_000, 10_000),
    "100 MP that holds them": encoded(Image.new("1", (10_000, 10_000))),
    "a bomb": huge_png(60_000, 60_000),
    "text": b"not a picture at all",
    "another type": encoded(RED, "TIFF"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>1</script></svg>',
    "svg after a comment": b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- <b> --><svg><script/></svg>',
    "svg in UTF-16": "<svg><script>alert(1)</script></svg>".encode("utf-16"),
    "page": b"<!DOCTYPE html><html><body>404</body></html>",
    "pixel": encoded(Image.new("RGB", (1, 1)), "GIF"),
    "large": b"x" * 20_000_001,
}
WHY = {
    "empty": "empty", "cut": "broken", "zeros": "broken", "100 MP": "too_many_pixels",
    "100 MP that holds them": "too_many_pixels", "a bomb": "too_many_pixels",
    "text": "wrong_type", "another type": "wrong_type", "postscript": "wrong_type",
    "svg": "svg", "svg after a comment": "svg", "svg in UTF-16": "svg", "page": "web_page",
    "pixel": "too_small", "large": "too_many_bytes",
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_picture_is_refused_with_its_reason(kind: str) -> None:
    with pytest.raises(InputError) as caught:
        open_picture(BAD[kind], "mine.jpg")
    assert caught.value.code == f"images.{WHY[kind]}"
    assert "mine.jpg" in caught.value.message("en") and "mine.jpg" in caught.value.message("zh")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_the_known_types_open_small(kind: str) -> None:
    opened = open_picture(encoded(RED, kind), "x")
    assert (opened.mode, opened.size) == ("RGB", (SIDE, SIDE // 2))
    assert np.allclose(np.asarray(opened), [255, 0, 0], atol=3)


def test_exif_turns_the_picture_upright() -> None:
    image = Image.new("RGB", (200, 100), "blue")
    image.paste("red", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned a quarter to the left
    opened = open_picture(encoded(image, "JPEG", exif=exif), "x")
    assert opened.size == (100, 200)
    assert opened.getpixel((50, 20))[0] > 200 and opened.getpixel((50, 180))[2] > 200


def test_16_bits_are_scaled_and_cmyk_becomes_rgb() -> None:
    grey = Image.fromarray(np.full((50, 50), 128 << 8, dtype=np.uint16))
    assert open_picture(encoded(grey), "x").getpixel((9, 9)) == (128, 128, 128)
    cmyk = Image.new("CMYK", (50, 50), (0, 255, 255, 0))
    assert np.allclose(open_picture(encoded(cmyk, "JPEG"), "x").getpixel((9, 9)), [255, 0, 0], 3)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue", "green")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_picture(moving, "x").getpixel((9, 9)) == (255, 0, 0)


def test_transparency_is_kept_where_there_is_any() -> None:
    image = Image.new("RGBA", (60, 60))
    image.paste("blue", (20, 20, 40, 40))
    opened = open_picture(encoded(image), "x")
    assert opened.mode == "RGBA"
    assert flatten(opened).getpixel((5, 5)) == (255, 255, 255)
    assert open_picture(encoded(Image.new("RGBA", (60, 60), "blue")), "x").mode == "RGB"


def test_a_copy_holds_pixels_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    kept = as_webp(open_picture(encoded(RED, "JPEG", exif=exif, comment=b"a secret word"), "x"))
    assert b"secret" not in kept
    with Image.open(io.BytesIO(kept)) as again:
        assert not again.getexif()


def names(palette: Palette) -> list[str]:
    return [colour.name for colour in palette.colours]


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#D0101C", "red"), ("#141414", "black"), ("#1E5FD0", "blue"), ("#101F4B", "navy"),
        ("#2E8B3D", "green"), ("#FFD91A", "yellow"), ("#F8A0C0", "pink"), ("#6B4430", "brown"),
        ("#808284", "grey"), ("#FF8A10", "orange"), ("#7A22A8", "purple"), ("#18B8A0", "turquoise"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("behind", ["white", "#EEEEEE", "#B8D8C0"])
def test_the_colour_is_the_products_not_the_backgrounds(colour, name, behind) -> None:
    found = dominant(product(colour, "disc", behind=behind))
    assert names(found) == [name]
    assert found.ground == "plain"
    assert found.colours[0].share == 1


def test_a_white_product_is_white() -> None:
    assert names(dominant(Image.new("RGB", (99, 99), "white"))) == ["white"]
    cut_out = Image.new("RGBA", (99, 99))
    cut_out.paste("white", (20, 20, 80, 80))
    found = dominant(cut_out)
    assert (names(found), found.ground) == (["white"], "cut_out")
    label = product("red")
    label.paste("white", (80, 80, 120, 120))
    assert names(dominant(label)) == ["red", "white"]


def test_in_front_of_a_busy_background_only_the_middle_counts() -> None:
    rng = np.random.default_rng(3)
    busy = Image.fromarray(rng.integers(0, 255, (100, 100, 3), dtype=np.uint8))
    busy.paste("#D0101C", (12, 12, 88, 88))
    found = dominant(busy)
    assert names(found)[0] == "red"
    assert found.ground == "middle"


def test_the_css_colours_that_carry_a_name_get_it() -> None:
    wrong = {}
    carrying = (
        "black white red darkred pink hotpink orange darkorange yellow green darkgreen lightgreen "
        "turquoise blue lightblue royalblue navy purple saddlebrown beige grey darkgrey"
    )
    for css in carrying.split():
        expected = css.removeprefix("light").removeprefix("dark").removeprefix("royal")
        expected = expected.removeprefix("saddle").removeprefix("hot")
        found = name_of(to_lab(np.array(ImageColor.getrgb(css), dtype=np.uint8)))
        if found != expected:
            wrong[css] = found
    assert not wrong


def test_lab_is_the_standards() -> None:
    # Values of the sRGB primaries under D65 as published by Lindbloom.
    rgb = np.array([[255, 255, 255], [255, 0, 0], [0, 0, 255], [119, 119, 119]], dtype=np.uint8)
    expected = [[100, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86], [50.03, 0, 0]]
    assert np.allclose(to_lab(rgb), expected, atol=0.05)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Navy blue shirt", ["navy"]),
        ("dark-blue jeans, size M", ["navy"]),
        ("Red / White", ["red", "white"]),
        ("Extra virgin olive oil", []),
        ("Olive", ["green"]),
        ("Blackberry jam", []),
        ("Off-white mug", ["white"]),
        ("咖啡色风衣", ["brown"]),
        ("粉红色连衣裙", ["pink"]),
        ("黑", ["black"]),
        ("蓝牙耳机 黑色", ["black"]),
        ("红枣 500克", []),
        ("玫瑰金手表", ["gold"]),
        ("", []),
    ],
)
def test_the_colours_a_text_says(text: str, expected: list[str]) -> None:
    assert said_colours(text) == expected


def test_palettes_are_alike_as_far_as_they_share_colours() -> None:
    red, blue = dominant(product("red")), dominant(product("blue"))
    both = Image.new("RGB", (200, 200), "red")
    both.paste("blue", (100, 0, 200, 200))
    assert red.similarity(red) == pytest.approx(1)
    assert red.similarity(blue) == 0
    assert 0.5 < red.similarity(dominant(both)) < 0.9
