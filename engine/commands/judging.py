"""The command that measures a model as a judge of search results, and lets it judge if it may."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import pandas as pd
import typer

from engine.commands.arguments import Model, WorkspaceName
from engine.course.grades import blind_grades
from engine.errors import InputError
from engine.messages import say
from engine.models.endpoint import Endpoint
from engine.progress import Lines
from engine.retrieval.past_queries import past_queries
from engine.storage.files import write_atomically
from engine.storage.runs import UNTUNED, list_runs
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks.search.endpoint_judge import ask_grades
from engine.tasks.search.judging import (
    FEWEST,
    MODEL,
    JudgeAgreement,
    Scorer,
    as_grades,
    measure_judge,
    open_scorer,
    people_alone,
    rater_grades,
    score_results,
)
from engine.text.words import normalise

if TYPE_CHECKING:
    from engine.tasks.search.bundle import SearchBundle

# Modules that need torch are imported inside the functions, so that help and errors come at once.
DEPTH = 10


def judge(
    context: typer.Context,
    workspace: WorkspaceName,
    model: Model = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Ask the model of this name at an OpenAI-compatible address; its key, if it needs "
            "one, is SHOPLAB_JUDGE_KEY in the environment.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judgments to write, if it judges as people do."),
    ] = None,
    queries: Annotated[
        int, typer.Option(min=1, help="How many queries that nobody judged it judges then.")
    ] = 50,
) -> dict[str, Any]:
    """Measure how far a model grades search results as people do; only then let it grade more."""
    shop = Workspace.open(workspace)
    tables = shop.tables()
    told = pd.concat([rater_grades(tables.judgments), blind_grades(shop)], ignore_index=True)
    grades = people_alone(told[told["product_id"].isin(tables.product_ids)])
    if grades.empty:
        raise InputError("search.judge.no_grades")
    scorer, model = _open_judge(tables, model, endpoint)
    scored = score_results(scorer, tables, grades, Lines())
    found = measure_judge(grades, scored)
    code, params = _verdict(found, model)
    answer = {"workspace": workspace, "model": model} | found.as_json()
    answer["summary"] = say(code, context.obj, **params)
    if out is None:
        return answer
    if not found.judges_as_people:
        raise InputError(code, (), **params)
    unjudged = _best_products(shop, tables, queries)
    more = score_results(scorer, tables, unjudged, Lines())
    more["grade"] = as_grades(more["score"], grades.merge(scored))
    more["rater"] = f"{MODEL}{model}"
    rows = pd.concat([told, more])[["query", "product_id", "grade", "rater"]]
    rows = rows.rename(columns={"grade": "relevance"})
    write_atomically(out, lambda file: rows.to_csv(file, index=False))
    return answer | {"file": out, "judged": len(more)}


def _open_judge(tables: Tables, model: str | None, endpoint: str | None) -> tuple[Scorer, str]:
    """What scores results, and its name: that of `model`, at `endpoint` or on this machine."""
    if endpoint is not None:
        key = os.environ.get("SHOPLAB_JUDGE_KEY", "")
        asked = Endpoint(endpoint, model or "", key)
        return partial(ask_grades, asked), asked.model
    from engine.models.pretrained import default_encoder

    model = model or default_encoder(tables.language)
    return open_scorer(model, Lines()), model


def _verdict(found: JudgeAgreement, model: str) -> tuple[str, dict[str, object]]:
    """What is said of a judge, as a code of the texts with its placeholders."""
    if found.alpha_among_people is None:
        return "search.judge.no_people", {"n": found.graded_by_several, "least": FEWEST}
    alpha = "–" if found.alpha_of_model is None else f"{found.alpha_of_model:.2f}"
    params: dict[str, object] = {
        "model": model,
        "alpha": alpha,
        "people": f"{found.alpha_among_people:.2f}",
    }
    return f"search.judge.{'as_people' if found.judges_as_people else 'below'}", params


def _best_products(shop: Workspace, tables: Tables, most: int) -> pd.DataFrame:
    """The first products of the log's most useful queries that nobody judged.

    Columns `query` and `product_id`; found by the recommended system of the newest run, if any.
    """
    from engine.training.evaluate import open_bundle

    hand = tables.corrections.loc[tables.corrections["task"] == "search", "input"]
    judged = {normalise(query) for query in (*tables.judgments["query"], *hand)}
    useful = past_queries(tables)["query"].map(normalise)
    asked = useful[~useful.isin(judged)].head(most).tolist()
    run = None if list_runs(shop, "search") else UNTUNED
    bundle = cast("SearchBundle", open_bundle(shop, "search", run, Lines()))
    rankings = bundle.search(asked, DEPTH, systems=[bundle.recommended])[bundle.recommended]
    rows = [
        (query, name)
        for query, ranking in zip(asked, rankings, strict=True)
        for name in ranking.product_ids
    ]
    return pd.DataFrame(rows, columns=["query", "product_id"])
