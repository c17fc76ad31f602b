"""Training examples for the text model: two products bought together, and one to tell apart."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

WATCHED_BASKETS, POOL = 60, 500
MARKS = {"en": "goes with: ", "zh": "搭配："}


def bought_together(baskets: Sequence[Sequence[str]], most: int, seed: int) -> pd.DataFrame:
    """Columns `anchor` and `product_id`: one row per basket and ordered pair, `most` drawn of them.

    A pair of many baskets is there as often, and so counts for more.
    """
    pairs = [
        (anchor, other)
        for basket in baskets
        for anchor in basket
        for other in basket
        if anchor != other
    ]
    frame = pd.DataFrame(pairs, columns=["anchor", "product_id"], dtype="str")
    return frame.sample(frac=1, random_state=seed).head(most).reset_index(drop=True)


def draw_rivals(pairs: pd.DataFrame, leaf: Mapping[str, str], seed: int) -> list[str]:
    """For each pair a product of its product's category that was not bought with the anchor.

    Any product where the category has no other.
    """
    rng = np.random.default_rng(seed)
    members: dict[str, list[str]] = {}
    for product, name in leaf.items():
        members.setdefault(name, []).append(product)
    partners = pairs.groupby("anchor")["product_id"].agg(set).to_dict()
    everything = list(leaf)
    drawn = []
    for anchor, product in pairs[["anchor", "product_id"]].itertuples(index=False):
        known = partners[anchor] | {anchor}
        options = [name for name in members[leaf[product]] if name not in known]
        drawn.append(str(rng.choice(options or everything)))
    return drawn
