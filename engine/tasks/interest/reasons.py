"""Why products are on a shopper's list: what of the history counts, and facts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.labelling.histories import History
from engine.tasks.interest.answers import Facts, Reason
from engine.tasks.interest.bundle import InterestBundle
from engine.tasks.interest.features import FEATURES, Features
from engine.tasks.interest.moments import Moment
from engine.tasks.interest.net import Pairs

# A reason names at most so many products of the history.
MOST_NAMED = 3


def list_reasons(
    bundle: InterestBundle, history: History, query: str, product_ids: Sequence[str]
) -> list[Reason]:
    """The reason for each product; there must be a product."""
    shares, facts = weigh(bundle, bundle.behaviour.moment(history, query, product_ids))
    largest = np.argsort(-shares, axis=1, kind="stable")[:, :MOST_NAMED].tolist()
    similarity = bundle.catalog.similarity(product_ids, history.product_ids)
    return [
        Reason(
            because=[(place, float(shares[row, place])) for place in largest[row]],
            nearest=(
                (int(similarity[row].argmax()), float(similarity[row].max()))
                if largest[row]
                else None
            ),
            facts=facts[row],
        )
        for row in range(len(product_ids))
    ]


def weigh(bundle: InterestBundle, moment: Moment) -> tuple[NDArray[np.floating], list[Facts]]:
    """How much each product of the history counts, and the facts, for each product of a moment.

    The shares, shape (products, history), are the net's attention; they add up to 1 for each
    product. Without a net they are how near the product is to each, as shares of the sum.
    """
    pairs, vectors = bundle.pair([moment])
    most = min(len(moment.history.product_ids), bundle.history)
    shares: NDArray[np.floating]
    if bundle.learned:
        shares = bundle.learned.attention(pairs, vectors)[:, :most]
    else:
        catalog = bundle.catalog.vectors
        past = pairs.histories.numpy()[0, :most]
        near = np.maximum(catalog[pairs.products.numpy()] @ catalog[past].T, 0)
        shares = near / np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    clicks = [bundle.behaviour.popularity.clicked(name, None) for name in moment.product_ids]
    return shares, _facts(pairs, clicks)


def _facts(pairs: Pairs, clicks: Sequence[float]) -> list[Facts]:
    """The features of each pair, with click-through rates in place of their logarithms."""
    features = Features.of(pairs.features.numpy().astype(float))
    features = replace(
        features,
        popularity=np.exp(features.popularity),
        query_ctr=np.exp(features.query_ctr),
    )
    rows = zip(*(getattr(features, name).tolist() for name in FEATURES), strict=True)
    return [
        Facts(**dict(zip(FEATURES, row, strict=True)), clicks=count)
        for row, count in zip(rows, clicks, strict=True)
    ]
