"""What an interest model answers about a shopper: products, probabilities and reasons."""

from collections.abc import Sequence

import numpy as np

from engine.errors import InputError
from engine.labelling.histories import History, recent
from engine.ranking import Ranking
from engine.tasks.interest.answers import (
    InterestAnswer,
    InterestExplanation,
    InterestInput,
    InterestResult,
    PastProduct,
    Reason,
    ShopperInput,
    WhyInput,
)
from engine.tasks.interest.bundle import InterestBundle
from engine.tasks.interest.moments import Moment
from engine.tasks.interest.reasons import list_reasons, weigh
from engine.tasks.interest.reranking import RerankWeights, describe, rerank
from engine.text.words import normalise

MOST_RESULTS = 100
LONGEST_HISTORY = 200
# How many of a list's first places its traits describe.
TRAIT_DEPTH = 10


def answer_all(bundle: InterestBundle, inputs: Sequence[InterestInput]) -> list[InterestAnswer]:
    """The answer to each input.

    Raises InputError for a shopper without an id, a history or a query, for a history that is too
    long, and for one with another number of strengths.
    """
    moments = [_moment(bundle, item, row) for row, item in enumerate(inputs, start=1)]
    rankings = bundle.rank(moments)[bundle.recommended] if moments else []
    rows = zip(inputs, moments, rankings, strict=True)
    return [_answer(bundle, item, moment, ranking) for item, moment, ranking in rows]


def _moment(bundle: InterestBundle, item: InterestInput, row: int) -> Moment:
    history, query = _history(bundle, item, row), normalise(item.query)
    if item.among is None:
        return bundle.offer(history, query)
    names = [name for name in dict.fromkeys(item.among) if name in bundle.titles]
    return bundle.behaviour.moment(history, query, names)


def _answer(
    bundle: InterestBundle, item: InterestInput, moment: Moment, ranking: Ranking
) -> InterestAnswer:
    history, k = moment.history, min(item.k, MOST_RESULTS)
    candidates = bundle.behaviour.candidates(ranking, bundle.catalog)
    order = rerank(candidates, item.weights, k)
    places = order[0, :k].tolist()
    names = [ranking.product_ids[place] for place in places]
    reasons: Sequence[Reason | None] = [None] * len(names)
    if item.why and names:
        reasons = list_reasons(bundle, history, moment.query, names)
    return InterestAnswer(
        query=moment.query,
        system=bundle.recommended,
        cold=not history.product_ids,
        history=[
            PastProduct(name, bundle.titles[name], float(strength))
            for name, strength in zip(history.product_ids, history.strengths, strict=True)
        ],
        results=[
            InterestResult(
                rank, name, bundle.titles[name], ranking.scores[place], place + 1, reason
            )
            for rank, (name, place, reason) in enumerate(
                zip(names, places, reasons, strict=True), start=1
            )
        ],
        like=describe(candidates, order, TRAIT_DEPTH),
        plain=describe(candidates, rerank(candidates, RerankWeights(), 0), TRAIT_DEPTH),
    )


def explain(bundle: InterestBundle, item: WhyInput) -> InterestExplanation:
    """See `engine.tasks.interest.task.InterestTask.explain`."""
    history = _history(bundle, item, 1)
    if item.product_id not in bundle.titles:
        raise InputError("interest.unknown_product", product=item.product_id)
    moment = bundle.behaviour.moment(history, normalise(item.query), [item.product_id])
    shares, facts = weigh(bundle, moment)
    titles = [bundle.titles[name] for name in history.product_ids]
    weights = shares[0].astype(float).tolist()
    return InterestExplanation(
        weights=list(zip(titles, weights, strict=True)),
        facts=facts[0],
        system=bundle.recommended,
        score=bundle.rank([moment])[bundle.recommended][0].scores[0],
        most=history.product_ids[int(np.argmax(weights))] if weights else None,
    )


def _history(bundle: InterestBundle, item: ShopperInput, row: int) -> History:
    """The shopper's past, then the products of the input that the catalog holds."""
    if item.user_id is None and item.history is None and not item.query:
        raise InputError("interest.nothing_asked", row=row)
    names = item.history or ()
    if len(names) > LONGEST_HISTORY:
        raise InputError("interest.long_history", row=row, most=LONGEST_HISTORY)
    strengths = (1.0,) * len(names) if item.strengths is None else item.strengths
    if len(strengths) != len(names):
        raise InputError("interest.bad_strengths", row=row)
    past = bundle.behaviour.past(item.user_id, bundle.history) if item.user_id else History()
    acts = [*zip(past.product_ids, past.strengths, strict=True)]
    acts += [act for act in zip(names, strengths, strict=True) if act[0] in bundle.titles]
    return recent(acts, bundle.history)
