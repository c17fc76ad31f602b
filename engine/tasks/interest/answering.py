"""What an interest model says about a shopper, as plain JSON: products, chances and reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.labelling.histories import History, recent
from engine.ranking import Ranking
from engine.tasks.base import Explanation
from engine.tasks.interest.bundle import InterestBundle
from engine.tasks.interest.diversify import Mix, describe, rerank
from engine.tasks.interest.features import Moment
from engine.text.words import normalise

MOST_RESULTS = 100
LONGEST_HISTORY = 200
# A reason names at most so many products of the history.
MOST_NAMED = 3
# What a list is like is said of its first places.
SEEN = 10


def answer_all(bundle: InterestBundle, inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The answer to each input.

    `score` of a result is the chance of a click where the model was trained, else closeness.
    `cold` says that nothing was known of the shopper; unknown products of a history are left out.
    `like` describes the first `SEEN` (`diversify.describe`) as they are and as they
    would be without the mix (`plain`). With `why` a result has `because`, up to three places of the
    history with their shares, the largest first, `alike`, the place of the product most alike in
    text with its likeness (0 to 1), and the features of `features.py` with the number
    of `clicks`.
    """
    asked = [(*_asked(item, row, bundle), _count(item, row)) for row, item in enumerate(inputs)]
    mixes = [Mix.of(item.get("mix", {})) for item in inputs]
    moments = [
        _moment(bundle, history, query, item, row)
        for row, (item, (history, query, _)) in enumerate(zip(inputs, asked, strict=True))
    ]
    found = bundle.rank(moments)[bundle.recommended] if moments else []
    rows = zip(inputs, asked, mixes, found, strict=True)
    return [_answer(bundle, *row) for row in rows]


def _answer(
    bundle: InterestBundle,
    item: Mapping[str, Any],
    asked: tuple[History, str, int],
    mix: Mix,
    ranking: Ranking,
) -> dict[str, Any]:
    history, query, k = asked
    candidates = bundle.candidates(ranking)
    places = rerank(candidates, mix, k)
    chosen = places[0, :k].tolist()
    names = [ranking.product_ids[place] for place in chosen]
    results: list[dict[str, Any]] = [
        {
            "rank": rank,
            "product_id": name,
            "title": bundle.titles[name],
            "score": ranking.scores[place],
            "was": place + 1,
        }
        for rank, (name, place) in enumerate(zip(names, chosen, strict=True), start=1)
    ]
    if item.get("why") and names:
        for result, reason in zip(results, _reasons(bundle, history, query, names), strict=True):
            result |= reason
    return {
        "query": query,
        "system": bundle.recommended,
        "cold": not history.product_ids,
        "history": [
            {"product_id": name, "title": bundle.titles[name], "strength": float(strength)}
            for name, strength in zip(history.product_ids, history.strengths, strict=True)
        ],
        "results": results,
        "like": describe(candidates, places, SEEN),
        "plain": describe(candidates, rerank(candidates, Mix(), 0), SEEN),
    }


def _moment(
    bundle: InterestBundle, history: History, query: str, item: Mapping[str, Any], row: int
) -> Moment:
    """The moment with the products that the input names, else with those worth weighing."""
    if (among := item.get("among")) is None:
        return bundle.offer(history, query)
    if not isinstance(among, list) or not all(isinstance(name, str) for name in among):
        raise InputError("interest.bad_choice", row=row + 1)
    known = [name for name in dict.fromkeys(among) if name in bundle.titles]
    return bundle.moment(history, query, known)


def _reasons(
    bundle: InterestBundle, history: History, query: str, names: Sequence[str]
) -> list[dict[str, Any]]:
    shares, facts = bundle.reasons(bundle.moment(history, query, names))
    most = np.argsort(-shares, axis=1, kind="stable")[:, :MOST_NAMED].tolist()
    near = bundle.likeness(names, history.product_ids)
    return [
        {
            "because": [[place, float(shares[row, place])] for place in most[row]],
            "alike": [int(near[row].argmax()), float(near[row].max())] if most[row] else None,
            "facts": facts[row] | {"clicks": bundle.popularity.clicked(name, None)},
        }
        for row, name in enumerate(names)
    ]


def explain(bundle: InterestBundle, item: Mapping[str, Any]) -> Explanation:
    """See `engine.tasks.interest.task.InterestTask.explain`."""
    history, query = _asked(item, 0, bundle)
    product_id = str(item.get("product_id", ""))
    if product_id not in bundle.titles:
        raise InputError("interest.unknown_product", product=product_id)
    moment: Moment = bundle.moment(history, query, [product_id])
    shares, facts = bundle.reasons(moment)
    score = bundle.rank([moment])[bundle.recommended][0].scores[0]
    titles = [bundle.titles[name] for name in history.product_ids]
    each = shares[0].astype(float).tolist()
    most = history.product_ids[int(np.argmax(each))] if each else None
    about = {"system": bundle.recommended, "score": score, "most": most}
    return Explanation(list(zip(titles, each, strict=True)), facts[0] | about)


def _asked(item: Mapping[str, Any], row: int, bundle: InterestBundle) -> tuple[History, str]:
    """What an input says of the shopper, and the query or ""."""
    user, acted, query = (item.get(name) for name in ("user_id", "history", "query"))
    given = [one for one in (user, acted, query) if one is not None]
    listed = acted is None or (
        isinstance(acted, list) and all(isinstance(name, str) for name in acted)
    )
    texts = all(one is None or isinstance(one, str) for one in (user, query))
    if not given or not texts or not listed or ("query" in item and query is None):
        raise InputError("interest.nothing_asked", row=row + 1)
    if len(acted or ()) > LONGEST_HISTORY:
        raise InputError("interest.long_history", row=row + 1, most=LONGEST_HISTORY)
    strengths = item.get("strengths", [1.0] * len(acted or ()))
    numbers = isinstance(strengths, list) and all(
        isinstance(one, int | float) and one > 0 for one in strengths
    )
    if not numbers or len(strengths) != len(acted or ()):
        raise InputError("interest.bad_strengths", row=row + 1)
    past = bundle.past(user) if user else History()
    acts = [*zip(past.product_ids, past.strengths, strict=True)]
    now = zip(acted or (), strengths, strict=True)
    acts += [(name, float(strength)) for name, strength in now if name in bundle.titles]
    return recent(acts, bundle.history), normalise(query or "")


def _count(item: Mapping[str, Any], row: int) -> int:
    k = item.get("k", 10)
    if not isinstance(k, int) or k < 1:
        raise InputError("interest.bad_count", row=row + 1)
    return min(k, MOST_RESULTS)
