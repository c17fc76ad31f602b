"""Every system's answers on the held-out rows, in the one frame that all comparisons start from.

It has a row per example and head (rankings have the single head `ranking`, texts the single head
`text`) with `example_id`, `head`, `input` and `truth`. Then follow, for each system, `<system>`
(its answer: a label, the ten best product ids as JSON, or a text) and `<system>.score` (1 or 0 for
a right or wrong label; the query's nDCG@10; 1 for a text that makes no unsupported claim and states
two facts, else 0). Labels also have `<system>.confidence`, the probability of the answer (runs
before December 2026 kept none). Rankings by click probability also have `<system>.chances`: the
probability of every product whose outcome is known, as JSON. Columns of a part that begin with
`known.` (what was known about an example at its time) are copied as they are. The evaluators make
these frames.
"""

import hashlib

import pandas as pd

RANKING_HEAD = "ranking"
TEXT_HEAD = "text"
# Heads whose primary metric is the mean of the examples' scores.
MEAN_HEADS = (RANKING_HEAD, TEXT_HEAD)
SHOWN = 10
KNOWN = "known."


def test_fingerprint(heldout: pd.DataFrame) -> str:
    """A hash of the examples and their truths: only runs that share it can be compared."""
    rows = heldout[["example_id", "head", "truth"]].astype(str).sort_values(["example_id", "head"])
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:16]


def systems_of(heldout: pd.DataFrame) -> list[str]:
    """The systems whose answers are in a held-out frame."""
    return [name.removesuffix(".score") for name in map(str, heldout) if name.endswith(".score")]
