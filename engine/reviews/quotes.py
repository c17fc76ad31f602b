"""What people praise and complain about: counts and quotes by aspect."""

import pandas as pd

COLUMNS = ["row", "aspect", "term", "clause", "sentiment", "confidence"]


def count_aspects(mentions: pd.DataFrame) -> pd.DataFrame:
    """The mentions of each aspect by sentiment, the most mentioned first.

    `mentions` has `COLUMNS`; the result has a column for each sentiment that occurs, and `mentions`
    for all. A review that mentions an aspect twice with the same sentiment counts once.
    """
    once = mentions.drop_duplicates(["row", "aspect", "sentiment"])
    counts = pd.crosstab(once["aspect"], once["sentiment"])
    counts["mentions"] = counts.sum(axis=1)
    return counts.sort_values("mentions", ascending=False)


def best_quotes(
    mentions: pd.DataFrame, aspect: str, side: str, most: int = 3, longest: int = 160
) -> pd.DataFrame:
    """The clauses that express `side` of `aspect` most clearly, each review and wording once."""
    rows = mentions[(mentions["aspect"] == aspect) & (mentions["sentiment"] == side)]
    rows = rows[rows["clause"].str.len().between(6, longest)]
    rows = rows.sort_values(["confidence", "row"], ascending=[False, True], kind="stable")
    return rows.drop_duplicates("clause").drop_duplicates("row").head(most)


def verdicts(counts: pd.DataFrame, fewest: int = 5) -> pd.DataFrame:
    """`judged`, `good` (share) and `lean` of aspects with at least `fewest` judged mentions.

    `lean` is praise minus blame in mentions: an aspect that is clear and frequent matters most.
    """
    good = counts["positive"] if "positive" in counts else 0 * counts["mentions"]
    bad = counts["negative"] if "negative" in counts else 0 * counts["mentions"]
    table = pd.DataFrame({"judged": good + bad, "good": good / (good + bad).clip(lower=1)})
    table["lean"] = good - bad
    return table[table["judged"] >= fewest].sort_values("lean", ascending=False)
