"""Leaves out rows that a kind of file always has, and that nobody made a mistake in."""

from engine.reading.sheet import Sheet

# A missing value of these fields is no mistake, and the row is left out for the reason of the code.
_CODES = {
    "judgments": ("relevance", "data.unrated"),
    "reviews": ("text", "data.no_words"),
    "searches": ("query", "data.no_term"),
}


def leave_unusable_out(table: str, sheet: Sheet) -> None:
    """Leave out pairs that nobody rated, reviews without words, and terms that were not set.

    A review without words has stars, or a text such as "n/a"; a search without a term, an entry
    such as "(not set)". Cells that are really empty in such a row are mistakes, and so is a missing
    grade in a file that was made for Shoplab.
    """
    name, code = _CODES.get(table, ("", ""))
    column = sheet.mapping.fields.get(name)
    if column is None:
        return
    empty = sheet.done[name].isna()
    if table == "reviews":
        starred = sheet.done["rating"].notna() | sheet.done["sentiment"].notna()
        empty &= starred | sheet.frame[column].notna()
    elif table == "judgments" and column == "relevance":
        return
    elif table == "searches":
        empty &= sheet.frame[column].notna()
    sheet.leave_out(code, empty, column)
