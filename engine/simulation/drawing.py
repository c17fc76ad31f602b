"""Draws the products of a sample shop from category, style and colour, as `shapes.toml` says."""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor, ImageDraw

SIDE = 192
# Drawn larger and then shrunk, because Pillow draws no smooth edges.
_FINER = 3
_GROUND = (247, 246, 243)
_DEEP = (52, 52, 56)
# What the colours look like, in the order of the word lists.
COLOURS = ("#5B5F66", "#D8C3A0", "#26365F", "#6F8558", "#EBB0B4", "#F3EEDD", "#CC5A34")

Rgb = tuple[int, int, int]


def styles_of(category: str) -> int:
    """How many styles a category is drawn in."""
    return len(_shapes()[category]["styles"])


def draw_product(category: str, style: int, colour: int) -> Image.Image:
    """A picture of `SIDE` by `SIDE` pixels, RGB; `style` and `colour` are positions.

    Raises KeyError for a category that has no drawing.
    """
    shape = _shapes()[category]
    main: Rgb = ImageColor.getrgb(COLOURS[colour])[:3]
    tones = {
        "main": main,
        "dark": _mixed(main, (0, 0, 0), 0.3),
        "light": _mixed(main, (255, 255, 255), 0.45),
        "deep": _DEEP,
        "ground": _GROUND,
    }
    scale = SIDE * _FINER / 100
    image = Image.new("RGB", (SIDE * _FINER, SIDE * _FINER), _GROUND)
    draw = ImageDraw.Draw(image)
    for kind, tone, *numbers in (*shape["base"], *shape["styles"][style]):
        _stroke(draw, kind, tones[tone], numbers, scale)
    return image.resize((SIDE, SIDE), Image.Resampling.BOX)


def _stroke(
    draw: ImageDraw.ImageDraw, kind: str, colour: Rgb, numbers: Sequence[float], scale: float
) -> None:
    if kind == "arc":
        width, *corners, start, end = numbers
        at = [scale * number for number in corners]
        draw.arc(at, start, end, fill=colour, width=round(scale * width))
    elif kind == "line":
        width, *corners = numbers
        draw.line([scale * n for n in corners], fill=colour, width=round(scale * width))
    else:
        at = [scale * number for number in numbers]
        if kind == "ellipse":
            draw.ellipse(at, fill=colour)
        elif kind == "box":
            draw.rectangle(at, fill=colour)
        elif kind == "round":
            draw.rounded_rectangle(at, radius=5 * scale, fill=colour)
        else:
            draw.polygon(at, fill=colour)


def _mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (
        round(one * (1 - share) + two * share) for one, two in zip(colour, other, strict=True)
    )
    return red, green, blue


@cache
def _shapes() -> dict[str, Any]:
    file = Path(__file__).with_name("shapes.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
