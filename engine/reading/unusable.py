"""Leaves out rows that a kind of file always has, and that nobody made a mistake in."""

import re

from engine.reading.sheet import Sheet

HALF = 0.5

# A missing value of these fields is no mistake, and the row is left out for the reason of the code.
_CODES = {
    "judgments": ("relevance", "data.unrated"),
    "reviews": ("text", "data.no_words"),
    "searches": ("query", "data.no_term"),
}
# A file with none of these is a report of terms with their numbers, and not a log.
_EVENTS = {"time", "user_id", "session_id", "product_id", "event"}
# Columns of a report that say how often a term was searched or a product clicked.
_COUNTS = re.compile(
    r"(?i)(?<![a-z])(?:event ?counts?|clicks|impressions|searches|total (?:unique )?searches|views"
    r"|sessions|search ?volume|hits|doc_count)(?![a-z])"
    r"|(?:搜索|点击|曝光|展现|浏览)(?:次数|人数|量|数)"
)


def say_counts_are_unused(table: str, sheet: Sheet) -> None:
    """Say that each row of a report counts once, whatever numbers stand beside its term."""
    if table != "searches" or "event" in sheet.mapping.fields:
        return
    unused = [name for name in sheet.mapping.unused if _COUNTS.search(name)]
    counts = [
        name
        for name in unused
        if name in sheet.frame
        and sheet.frame[name].dropna().astype("str").str.fullmatch(r"[\d.,\s]+").mean() > HALF
    ]
    if counts:
        sheet.note("data.counts_unused", counts[0], columns=", ".join(counts), count=len(counts))


def leave_unusable_out(table: str, sheet: Sheet) -> None:
    """Leave out pairs that nobody rated, reviews without words, and terms that were not set.

    A review without words has stars, or a text such as "n/a"; a search without a term, an entry
    such as "(not set)" or, in a report, its total, or one that a known system logs for each page.
    Cells that are really empty in another log are mistakes, and so is a missing grade in a file
    that was made for Shoplab.
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
    elif (
        table == "searches"
        and not sheet.mapping.preset
        and not _EVENTS.isdisjoint(sheet.mapping.fields)
    ):
        empty &= sheet.frame[column].notna()
    sheet.leave_out(code, empty, column)
