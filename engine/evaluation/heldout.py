"""Every system's answers on the held-out rows, in one frame that all comparisons start from.

One row per example and head (rankings have the one head
`ranking`, texts the one head `text`): `example_id`, `head`, `input`,
`truth`, then per system its `<system>` (the answer: a label, the ten best product ids as JSON, or a
text) and `<system>.score` (1 or 0 for right or wrong, the query's nDCG@10, or 1 or 0 for a text
that is all supported and tells two facts, or not). Rankings by chance also have `<system>.chances`:
that of every product whose outcome is known, as JSON. Columns `known.…` of a part, what was known
of an example by its time, are kept as they are.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.evaluation import classification, ranking
from engine.evaluation.chances import score_chances
from engine.evaluation.recommendation import score_lists
from engine.ranking import Chances, Ranking
from engine.tasks.describe import metrics

RANKING_HEAD = "ranking"
TEXT_HEAD = "text"
# Heads whose primary metric is the mean of the examples' scores.
MEAN_HEADS = (RANKING_HEAD, TEXT_HEAD)
SHOWN = 10
KNOWN = "known."


def heldout_frame(kind: str, part: pd.DataFrame, answers: Mapping[str, Any]) -> pd.DataFrame:
    """The frame of a dataset's part and the answers of systems, by the task's kind."""
    build = {"classification": _classified, "ranking": _ranked, "generation": _written}
    return build[kind](part, answers)


def score_systems(
    kind: str,
    part: pd.DataFrame,
    answers: Mapping[str, Any],
    popularity: Mapping[str, float] | None = None,
) -> dict[str, dict[str, float]]:
    """The metrics of every system by name; with `popularity` also those of recommended lists."""
    if kind == "classification":
        truth = {head: part[f"truth.{head}"] for head in heads_of(part)}
        return {name: classification.score_heads(truth, answer) for name, answer in answers.items()}
    if kind == "generation":
        return {name: metrics.score(part, texts) for name, texts in answers.items()}
    return {
        name: _score_ranking(list(part["qrels"]), answer, popularity)
        for name, answer in answers.items()
    }


def primary_metric(kind: str) -> str:
    """The metric that decides, by the task's kind."""
    primary = {"ranking": ranking.PRIMARY, "generation": metrics.PRIMARY}
    return primary.get(kind, "macro_f1")


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


def _classified(part: pd.DataFrame, answers: Mapping[str, Any]) -> pd.DataFrame:
    frames = []
    for head in heads_of(part):
        known = part[f"truth.{head}"].notna().to_numpy()
        rows = part.loc[known, ["example_id", "input"]].assign(head=head)
        rows["truth"] = part.loc[known, f"truth.{head}"]
        for name, answer in answers.items():
            rows[name] = classification.outputs(answer[head]).to_numpy()[known]
            rows[f"{name}.score"] = (rows[name] == rows["truth"]).astype(float)
        frames.append(rows)
    return pd.concat(frames, ignore_index=True)


def _score_ranking(
    truth: list[ranking.Qrels], answer: list[Ranking], popularity: Mapping[str, float] | None
) -> dict[str, float]:
    found = ranking.score(truth, answer)
    chances = [one for one in answer if isinstance(one, Chances)]
    if chances and len(chances) == len(answer):
        found |= score_chances(truth, chances)
    if not popularity:
        return found
    # What a basket held beside the hidden product is no judgment of the others.
    kept = {name: value for name, value in found.items() if name in ranking.MEASURES}
    return kept | score_lists(truth, answer, popularity)


def _ranked(part: pd.DataFrame, answers: Mapping[str, Any]) -> pd.DataFrame:
    rows = part[["example_id", "input"]].assign(head=RANKING_HEAD).reset_index(drop=True)
    rows["truth"] = [json.dumps(dict(sorted(qrels.items()))) for qrels in part["qrels"]]
    for name, answer in answers.items():
        rows[name] = [json.dumps(list(found.product_ids[:SHOWN])) for found in answer]
        scores = ranking.score_each(list(part["qrels"]), answer)[ranking.PRIMARY]
        rows[f"{name}.score"] = scores.to_numpy()
        if answer and all(isinstance(one, Chances) for one in answer):
            rows[f"{name}.chances"] = [
                _chances(one, qrels) for one, qrels in zip(answer, part["qrels"], strict=True)
            ]
    for name in (name for name in map(str, part) if name.startswith(KNOWN)):
        rows[name] = list(part[name])
    return rows


def _chances(ranking: Ranking, qrels: Mapping[str, int]) -> str:
    pairs = zip(ranking.product_ids, ranking.scores, strict=True)
    return json.dumps({name: round(chance, 5) for name, chance in pairs if name in qrels})


def _written(part: pd.DataFrame, answers: Mapping[str, Any]) -> pd.DataFrame:
    rows = part[["example_id", "input"]].assign(head=TEXT_HEAD).reset_index(drop=True)
    rows["truth"] = list(part["reference"])
    for name, texts in answers.items():
        rows[name] = list(texts)
        rows[f"{name}.score"] = [float(one.told) for one in metrics.judge_all(part, texts)]
    return rows
