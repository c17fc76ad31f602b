"""How much room a text takes: widths by character, lines by width, and the size that fits.

The widths are those of Arial (whose metrics Helvetica and Liberation Sans share), a tenth added for
bold and for other fonts; a Chinese character is as wide as it is high. So a text takes what is
reckoned here or less, whichever program shows it, and no font has to be on this machine.
"""

import unicodedata
from dataclasses import dataclass

# Arial's widths in thousandths of the size, by character.
_WIDTHS = (
    (222, "ijl'"),
    (278, " !,./:;I[]\\ft|"),
    (334, "()`r-{}"),
    (389, '*"'),
    (500, "Jckvsxyz^"),
    (556, "abdeghnopqu0123456789#$?L_"),
    (611, "FTZ+<=>~"),
    (667, "ABEKPSVXY&"),
    (722, "CDHNRUw"),
    (778, "GOQ"),
    (833, "Mm"),
    (944, "W"),
    (1015, "%@"),
)
_WIDTH = {character: width for width, text in _WIDTHS for character in text}
_MARGIN = 1.1
_WIDE, _OTHER = 1.02, 0.78
LINE_HEIGHT = 1.25
POINTS = 72.0
# Where Chinese may not break: these stay with the character before them.
_STAYS = "，。、；：！？）】》」』”’%…,.;:!?)"


def width_of(text: str) -> float:
    """The width of `text` on one line, in sizes of its font."""
    return sum(_width(character) for character in text)


def _width(character: str) -> float:
    narrow = _WIDTH.get(character)
    if narrow is not None:
        return narrow / 1000 * _MARGIN
    # Ambiguous ones, such as dashes and quotes, are wide in a Chinese font.
    wide = unicodedata.east_asian_width(character) in ("W", "F", "A")
    if unicodedata.combining(character):
        return 0.0
    return (1.35 if ord(character) > 0xFFFF else _WIDE) if wide else _OTHER


def wrap(text: str, width: float) -> list[str]:
    """The lines of `text` in a box that is `width` sizes of the font wide.

    It breaks between words and between Chinese characters, and within a word that is too long.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and width_of((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
                piece = piece.lstrip()
            while width_of(piece.rstrip()) > width and len(piece) > 1:
                fitting = _longest_start(piece, width)
                lines.append(piece[:fitting])
                piece = piece[fitting:]
            line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """What stays on one line: words with the space behind them, and single wide characters."""
    pieces: list[str] = []
    for character in text:
        wide = unicodedata.east_asian_width(character) in ("W", "F") and character not in _STAYS
        ends = bool(pieces) and (pieces[-1][-1] == " " or _is_wide(pieces[-1][-1]))
        starts = wide or (ends and character != " " and character not in _STAYS)
        if pieces and not starts:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _longest_start(text: str, width: float) -> int:
    taken = 0.0
    for place, character in enumerate(text):
        taken += _width(character)
        if taken > width:
            return max(place, 1)
    return len(text)


def height_of(text: str, size: float, width: float) -> float:
    """The height in inches of `text` at `size` points in `width` inches."""
    lines = wrap(text, width * POINTS / size)
    return len(lines) * size * LINE_HEIGHT / POINTS


@dataclass(frozen=True)
class Fitted:
    """A text that fits its box at `size` points; cut with `…` if it did not at the smallest."""

    text: str
    size: float


def fit(text: str, width: float, height: float, largest: float, smallest: float) -> Fitted:
    """The largest size at which `text` fits `width` by `height` inches."""
    size = largest
    while size > smallest and height_of(text, size, width) > height:
        size -= 1
    if height_of(text, size, width) <= height:
        return Fitted(text, size)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if height_of(f"{text[:middle]}…", size, width) <= height:
            low = middle
        else:
            high = middle - 1
    return Fitted(f"{text[:low].rstrip()}…", size)
