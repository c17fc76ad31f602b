"""Small pictures, drawn, and the bytes of good and bad files."""

import io
import zlib

from PIL import Image, ImageDraw


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def product(colour: str, shape: str = "box", size: int = 200, behind: str = "white") -> Image.Image:
    """Something of one colour in front of a plain background."""
    image = Image.new("RGB", (size, size), behind)
    draw = ImageDraw.Draw(image)
    low, high = size // 4, 3 * size // 4
    match shape:
        case "box":
            draw.rectangle((low, low, high, high), fill=colour)
        case "disc":
            draw.ellipse((low, low, high, high), fill=colour)
        case "stripes":
            for left in range(low, high, size // 10):
                draw.rectangle((left, low, left + size // 20, high), fill=colour)
        case "cross":
            draw.rectangle((size // 2 - 12, low, size // 2 + 12, high), fill=colour)
            draw.rectangle((low, size // 2 - 12, high, size // 2 + 12), fill=colour)
    return image


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + check

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(1000))
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
