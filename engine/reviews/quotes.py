"""What people praise and complain about, aspect by aspect, in their own words."""

import pandas as pd

COLUMNS = ["row", "aspect", "term", "clause", "sentiment", "confidence"]


def count_aspects(mentions: pd.DataFrame) -> pd.DataFrame:
    """Per aspect the mentions of each sentiment, the most mentioned first.

    `mentions` has `COLUMNS`; columns of the result are the sentiments that occur, and `mentions`.
    A review that names an aspect twice with the same sentiment counts once.
    """
    once = mentions.drop_duplicates(["row", "aspect", "sentiment"])
    counts = pd.crosstab(once["aspect"], once["sentiment"])
    counts["mentions"] = counts.sum(axis=1)
    return counts.sort_values("mentions", ascending=False)


def best_quotes(
    mentions: pd.DataFrame, aspect: str, side: str, most: int = 3, longest: int = 160
) -> pd.DataFrame:
    """The clauses that say `side` of `aspect` most surely, no two of the same review or words."""
    rows = mentions[(mentions["aspect"] == aspect) & (mentions["sentiment"] == side)]
    rows = rows[rows["clause"].str.len().between(6, longest)]
    rows = rows.sort_values(["confidence", "row"], ascending=[False, True], kind="stable")
    return rows.drop_duplicates("clause").drop_duplicates("row").head(most)


def verdicts(counts: pd.DataFrame, fewest: int = 5) -> pd.DataFrame:
    """Per aspect with at least `fewest` judged mentions: `judged`, `good` (share), `lean`.

    `lean` is how far praise and blame are out of balance, in judged mentions: what matters most to
    readers is both clear and frequent.
    """
    good = counts["positive"] if "positive" in counts else 0 * counts["mentions"]
    bad = counts["negative"] if "negative" in counts else 0 * counts["mentions"]
    table = pd.DataFrame({"judged": good + bad, "good": good / (good + bad).clip(lower=1)})
    table["lean"] = good - bad
    return table[table["judged"] >= fewest].sort_values("lean", ascending=False)
