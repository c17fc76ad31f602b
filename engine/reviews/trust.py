"""A Bayesian score of trust in a product, from the texts and stars of its reviews."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

Floats = NDArray[np.float64]
# The least and most pseudo-reviews, with the shop's mean, that each product starts with.
LEAST_PRIOR, MOST_PRIOR = 2.0, 50.0
WEIGHTS = {"negative": 0.0, "neutral": 0.5, "positive": 1.0}
LEVEL = 0.95


def text_moods(probabilities: pd.DataFrame) -> pd.Series:
    """The expected mood of each text, 0 (negative) to 1 (positive), from its probabilities."""
    moods = pd.Series(0.0, probabilities.index)
    for name, weight in WEIGHTS.items():
        if name in probabilities:
            moods += probabilities[name] * weight
    return moods


def star_moods(ratings: pd.Series) -> pd.Series:
    """Stars from 1 to 5 as a mood from 0 to 1; null without stars."""
    return (pd.to_numeric(ratings, errors="coerce") - 1) / 4


def score_products(products: pd.Series, texts: pd.Series, stars: pd.Series) -> pd.DataFrame:
    """One row per product: `reviews`, `stars`, `mood`, `trust`, `low`, `high`; highest `low` first.

    A review is evidence e between 0 and 1, the mean of the moods of its text (`texts`) and its
    stars (`stars`). The product's score is the mean of the posterior Beta(k·m + Σe,
    k·(1 − m) + Σ(1 − e)) with its 95 % interval (the beta reputation system, Jøsang and Ismail
    2002). m is the shop's mean and k, between 2 and 50, says how similar products are, estimated
    from the spread of their means (method of moments, Kleinman 1973). A product with few reviews
    therefore stays near the mean.
    """
    evidence = pd.concat([texts, stars], axis=1).mean(axis=1)
    frame = pd.DataFrame(
        {"product_id": products, "evidence": evidence, "stars": stars, "mood": texts}
    ).dropna(subset=["product_id", "evidence"])
    columns = ["reviews", "stars", "mood", "trust", "low", "high"]
    if frame.empty:
        return pd.DataFrame(columns=columns, dtype=float)
    grouped = frame.groupby("product_id")
    scores = grouped[["stars", "mood"]].mean()
    scores["stars"] = 1 + 4 * scores["stars"]
    scores.insert(0, "reviews", grouped.size())
    good = grouped["evidence"].sum()
    mean = float(frame["evidence"].mean())
    strength = prior_strength(frame["evidence"], frame["product_id"])
    a = (strength * mean + good).to_numpy()
    b = (strength * (1 - mean) + scores["reviews"] - good).to_numpy()
    tail = (1 - LEVEL) / 2
    scores["trust"] = a / (a + b)
    scores["low"], scores["high"] = beta.ppf(tail, a, b), beta.ppf(1 - tail, a, b)
    return scores[columns].sort_values("low", ascending=False)


def prior_strength(evidence: pd.Series, products: pd.Series) -> float:
    """How many reviews the shop's mean counts for: within- over between-product variance.

    One-way analysis of variance of the evidence: k = σ²within / σ²between.
    """
    groups = evidence.groupby(products)
    sizes, means = groups.size(), groups.mean()
    total, count = len(evidence), len(sizes)
    if count < 2 or total == count:
        return LEAST_PRIOR * 5
    within = float(((evidence - products.map(means)) ** 2).sum() / (total - count))
    spread = float((sizes * (means - evidence.mean()) ** 2).sum() / (count - 1))
    typical = (total - (sizes**2).sum() / total) / (count - 1)
    between = (spread - within) / typical
    if between <= 0:
        return MOST_PRIOR
    return float(np.clip(within / between, LEAST_PRIOR, MOST_PRIOR))
