"""A model as one more judge of search results: how far it agrees with people."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.progress import Progress
from engine.tables.agreement import measure
from engine.tables.product_text import passages
from engine.tables.tables import Tables

# Fewer products that two people graded say nothing of how far people agree.
FEWEST = 100
# The raters that are models are called so in files of judgments.
MODEL = "model "
TOKENS = 128

PAIR = ["query", "product_id"]

# How well texts answer a query, shape (texts,), on any scale.
Scorer = Callable[[str, Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class JudgeAgreement:
    """Krippendorff's alpha of people with each other, and of a model with each of them.

    `alpha_among_people` is None where fewer than `FEWEST` products were graded by several of the
    `people`, `alpha_of_model` where one grade was given to everything.
    """

    alpha_of_model: float | None
    alpha_among_people: float | None
    people: int
    queries: int
    graded_products: int
    graded_by_several: int

    @property
    def judges_as_people(self) -> bool:
        """Whether the model agrees with people at least as far as they do with each other."""
        model, people = self.alpha_of_model, self.alpha_among_people
        return model is not None and people is not None and model >= people

    def as_json(self) -> dict[str, Any]:
        """The figures as a plain dict."""
        return asdict(self) | {"judges_as_people": self.judges_as_people}


def rater_grades(judgments: pd.DataFrame) -> pd.DataFrame:
    """The grades of the table `judgments`: a row for each `query`, `product_id` and `rater`.

    A grade that names nobody is that of the rater "".
    """
    named = judgments["raters"] if "raters" in judgments else [None] * len(judgments)
    cells = zip(*(judgments[name] for name in (*PAIR, "relevance")), named, strict=True)
    rows = [
        (query, product_id, rater, float(grade))
        for query, product_id, relevance, raters in cells
        for rater, grade in (
            json.loads(raters) if isinstance(raters, str) else {"": relevance}
        ).items()
    ]
    return pd.DataFrame(rows, columns=[*PAIR, "rater", "grade"])


def people_alone(grades: pd.DataFrame) -> pd.DataFrame:
    """The rows of `grades` that no model gave."""
    return grades[~grades["rater"].str.startswith(MODEL)]


def open_scorer(model: str, progress: Progress) -> Scorer:
    """How a cross-encoder, or an encoder by its cosine, scores texts. Raises what `locate` does."""
    from engine.models.cross_encoder import Reranker, is_cross_encoder
    from engine.models.encoder import load_encoder
    from engine.models.pretrained import locate

    if is_cross_encoder(locate(model, progress)):
        return Reranker(model, TOKENS, progress).scores
    encoder = load_encoder(model, TOKENS, progress=progress)
    return lambda query, texts: encoder.encode(texts) @ encoder.encode([query], "query")[0]


def score_results(
    scorer: Scorer, tables: Tables, results: pd.DataFrame, progress: Progress
) -> pd.DataFrame:
    """The distinct `query` and `product_id` of `results`, each with the model's `score`.

    `progress` is told how many queries are done, as stage `judge`.
    """
    texts = dict(zip(tables.product_ids, passages(tables.products), strict=True))
    rows = results[PAIR].drop_duplicates(ignore_index=True)
    scores = np.empty(len(rows), dtype=np.float32)
    by_query = rows.groupby("query").indices
    for done, (query, places) in enumerate(by_query.items()):
        progress.check()
        progress.stage("judge", done, len(by_query))
        scores[places] = scorer(str(query), [texts[rows["product_id"][n]] for n in places])
    return rows.assign(score=scores)


def measure_judge(grades: pd.DataFrame, scored: pd.DataFrame) -> JudgeAgreement:
    """How far a model's scores (`score_results`) agree with the `grades` of people.

    The scores of one query become grades by what people gave on the others: a judge that could see
    the grades would agree too well.
    """
    wide = grades.pivot_table(index="rater", columns=PAIR, values="grade")
    by_several = wide.loc[:, wide.notna().sum() > 1]
    pairs = grades.merge(scored)
    given = np.full(len(pairs), np.nan)
    for query in pairs["query"].unique():
        own = (pairs["query"] == query).to_numpy()
        if not own.all():
            given[own] = as_grades(pairs.loc[own, "score"], pairs[~own])
    # Each person's grade stands beside the model's of the same product.
    beside = pd.DataFrame([pairs["grade"], given]).dropna(axis="columns")
    enough = by_several.shape[1] >= FEWEST
    return JudgeAgreement(
        alpha_of_model=measure(_numbered(beside)).alpha,
        alpha_among_people=measure(_numbered(by_several)).alpha if enough else None,
        people=grades["rater"].nunique(),
        queries=grades["query"].nunique(),
        graded_products=wide.shape[1],
        graded_by_several=by_several.shape[1],
    )


def as_grades(scores: pd.Series, known: pd.DataFrame) -> NDArray[np.float64]:
    """The scores as grades, which are given as often as people give them.

    `known` has a `score` and a person's `grade` in each row: the score above so many of its scores
    becomes the grade above so many of its grades.
    """
    place = np.searchsorted(np.sort(known["score"]), scores) / len(known)
    grades: NDArray[np.float64] = np.quantile(known["grade"], place, method="nearest").round()
    return grades


def _numbered(grades: pd.DataFrame) -> pd.DataFrame:
    return grades.set_axis(range(grades.shape[1]), axis=1)
