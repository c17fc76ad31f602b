"""Maximal marginal relevance, by hand."""

import numpy as np

from engine.retrieval.mmr import rerank_mmr


def test_the_next_product_is_relevant_and_unlike_those_above() -> None:
    # The second product is the first one's twin.
    similarity = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])[None]
    relevance = np.array([[1.0, 0.9, 0.5]])
    assert rerank_mmr(relevance, similarity, 1.0).tolist() == [[0, 2, 1]]
    assert rerank_mmr(relevance, similarity, 0.3).tolist() == [[0, 1, 2]]
    assert rerank_mmr(relevance, similarity, 1.0, k=1).tolist() == [[0, 1, 2]]


def test_equal_products_keep_their_order_and_an_empty_list_is_one() -> None:
    assert rerank_mmr(np.zeros((2, 4)), np.zeros((2, 4, 4)), 1.0).tolist() == [[0, 1, 2, 3]] * 2
    assert rerank_mmr(np.zeros((1, 0)), np.zeros((1, 0, 0)), 1.0).shape == (1, 0)
