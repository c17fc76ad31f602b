"""Mends texts that were encoded twice: URL-encoded queries, and UTF-8 that was read as Latin."""

from urllib.parse import unquote, unquote_plus

import pandas as pd

from engine.reading.signs import BEYOND_ASCII, holds

_ESCAPE = "%[0-9A-Fa-f]{2}"
_SEVERAL = "(?:%[0-9A-Fa-f]{2}){2}"
_PLUSES = r"^\S+\+\S+$"
# A column is URL-encoded from this share of cells with an escape or a plus on.
_LEAST = 0.2
# How the first bytes of two- and three-byte characters look in a Latin encoding, and the next ones.
_MOJIBAKE = "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"


def decode_queries(column: pd.Series) -> pd.Series:
    """Queries as people typed them; those that are still URL-encoded are decoded.

    If the column as a whole is encoded, a plus is a space. Of other columns, only cells with
    several escapes in a row are decoded: "100%25 cotton" may be what somebody typed.
    """
    if not holds(column, "%"):
        return column
    escaped = column.str.contains(_ESCAPE, regex=True, na=False)
    joined = column.str.contains("+", regex=False, na=False)
    if joined.any():
        joined = column.str.contains(_PLUSES, regex=True, na=False)
    spaced = column.str.contains(" ", regex=False, na=False)
    share = (escaped | joined).sum() / max(1, column.notna().sum())
    if escaped.any() and share >= _LEAST and not spaced.any():
        odd = escaped | joined
        return column.where(~odd, column[odd].map(lambda text: _decoded(text, plus=True)))
    several = escaped & column.str.contains(_SEVERAL, regex=True, na=False)
    if not several.any():
        return column
    return column.where(~several, column[several].map(lambda text: _decoded(text, plus=False)))


def _decoded(text: str, *, plus: bool) -> str:
    decode = unquote_plus if plus else unquote
    for encoding in ("utf-8", "gb18030"):
        try:
            return decode(text, encoding, errors="strict")
        except UnicodeDecodeError:
            continue
    return text


def mend_mojibake(column: pd.Series) -> pd.Series:
    """The texts without the traces of an encoding that was taken for another ("cafÃ©")."""
    if not holds(column, BEYOND_ASCII):
        return column
    broken = column.str.contains(_MOJIBAKE, regex=True, na=False)
    if not broken.any():
        return column
    import ftfy  # takes a while to import, and few files need it

    return column.where(~broken, column[broken].map(ftfy.fix_encoding))
