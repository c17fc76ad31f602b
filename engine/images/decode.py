"""Opening a picture that anybody may have made: small limits, and a clear answer where it fails."""

import io
import re
import threading
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000  # what good cameras make; 4 bytes each while it is opened
FEWEST_PIXELS = 16  # on a side: anything below is a tracking pixel, not a picture
SIDE = 384  # what encoders and the gallery need, with something to spare

_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"<(!doctype html|html|head|body)[\s>]", re.IGNORECASE)
_TEXT_HEAD = 4096
# Pillow warns where `open_picture` refuses.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# One at a time: thirty people who upload large pictures at once must not need the memory of thirty.
_DECODING = threading.Lock()


def open_picture(content: bytes, name: str) -> Image.Image:
    """The picture in `content`, upright, at most `SIDE` pixels a side, as RGB or RGBA.

    Of an animation it is the first frame. `name` is what the user calls it. Raises InputError for
    what is empty, too large, of another type, a drawing or page that may carry scripts, or broken.
    """
    if not content:
        raise InputError("images.empty", name=name)
    if len(content) > MOST_BYTES:
        raise InputError("images.too_many_bytes", name=name, limit_mb=MOST_BYTES // 1_000_000)
    _refuse_markup(content, name)
    with _DECODING:
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_size(image, name)
                return _reduce(image)
        except UnidentifiedImageError as error:
            if content.startswith(_STARTS):
                raise InputError("images.broken", name=name) from error
            raise InputError("images.wrong_type", name=name, known=", ".join(FORMATS)) from error
        except Image.DecompressionBombError as error:
            raise _too_many_pixels(name) from error
        except InputError:
            raise
        except Exception as error:
            # Decoders meet hostile bytes with whatever their own code stumbles over.
            raise InputError("images.broken", name=name) from error


def flatten(image: Image.Image) -> Image.Image:
    """`image` as RGB, what is transparent turned white."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def as_webp(image: Image.Image) -> bytes:
    """`image` as a new small file that holds pixels and nothing else."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=85, exif=b"", icc_profile=b"", xmp=b"")
    return buffer.getvalue()


def _refuse_markup(content: bytes, name: str) -> None:
    head = content[:_TEXT_HEAD].replace(b"\0", b"")
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] != b"<":
        return
    if _SVG.search(head):
        raise InputError("images.svg", name=name)
    if _HTML.search(head):
        raise InputError("images.web_page", name=name)


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels(name)
    if min(width, height) < FEWEST_PIXELS:
        raise InputError("images.too_small", name=name, fewest=FEWEST_PIXELS)


def _too_many_pixels(name: str) -> InputError:
    return InputError("images.too_many_pixels", name=name, limit_mp=MOST_PIXELS // 1_000_000)


def _reduce(image: Image.Image) -> Image.Image:
    # A JPEG can be opened at a fraction of its size, in a fraction of time and memory.
    image.draft("RGB", (SIDE, SIDE))
    image.load()
    small = image if image.mode != "I;16" else _from_16_bit(image)
    transparent = small.has_transparency_data
    small = small.convert("RGBA" if transparent else "RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(small)
    if transparent and upright.getchannel("A").getextrema() == (255, 255):
        upright = upright.convert("RGB")
    return upright


def _from_16_bit(image: Image.Image) -> Image.Image:
    """Grey of 16 bits as grey of 8: Pillow would cut off, not scale, what is above 255."""
    return image.point(lambda value: value / 256).convert("L")
