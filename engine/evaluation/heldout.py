"""Every system's answers on the held-out rows, in one frame that all comparisons start from.

One row per example and head (rankings have the one head
`ranking`, texts the one head `text`): `example_id`, `head`, `input`,
`truth`, then per system its `<system>` (the answer: a label, the ten best product ids as JSON, or a
text) and `<system>.score` (1 or 0 for right or wrong, the query's nDCG@10, or 1 or 0 for a text
that is all supported and tells two facts, or not). Rankings by chance also have `<system>.chances`:
that of every product whose outcome is known, as JSON. Columns `known.…` of a part, what was known
of an example by its time, are kept as they are. The evaluators make such frames.
"""

import hashlib

import pandas as pd

RANKING_HEAD = "ranking"
TEXT_HEAD = "text"
# Heads whose primary metric is the mean of the examples' scores.
MEAN_HEADS = (RANKING_HEAD, TEXT_HEAD)
SHOWN = 10
KNOWN = "known."


def heads_of(part: pd.DataFrame) -> list[str]:
    """The heads that a classification part holds truth for."""
    return [name.removeprefix("truth.") for name in map(str, part) if name.startswith("truth.")]


def test_fingerprint(heldout: pd.DataFrame) -> str:
    """A hash of examples and truth: only runs with the same one may be compared."""
    rows = heldout[["example_id", "head", "truth"]].astype(str).sort_values(["example_id", "head"])
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:16]


def systems_of(heldout: pd.DataFrame) -> list[str]:
    """The systems whose answers a held-out frame holds."""
    return [name.removesuffix(".score") for name in map(str, heldout) if name.endswith(".score")]
