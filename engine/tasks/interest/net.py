"""The chance that a shopper wants a product: the candidate attends over the shopper's history.

The local activation unit of the Deep Interest Network (Zhou et al., KDD 2018, section 4.3) over
vectors of a frozen encoder, then a small network beside a linear part (Cheng et al., 2016, "Wide
and deep learning"). A bias by position is learned beside it and left out when asking, so that a
place on the page is not taken for interest (Guo et al., RecSys 2019, "PAL").
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.labelling.clicks import DEEPEST

BATCH = 4096


@dataclass(frozen=True)
class Pairs:
    """Moments (history and query) and products, one row per pair.

    `products` (pairs,) and `queries` (pairs,) are rows of the vectors, -1 for no query; `histories`
    (pairs, most) rows of products, -1 where there are fewer; `strengths` (pairs, most) how much
    each act counts; `features` (pairs, features) the matrix of `Features`; `positions` (pairs,)
    from 1 where the product stood, 0 if nowhere.
    """

    products: Tensor
    queries: Tensor
    histories: Tensor
    strengths: Tensor
    features: Tensor
    positions: Tensor

    def __len__(self) -> int:
        return len(self.products)

    def take(self, rows: Tensor) -> "Pairs":
        """Some of the pairs."""
        return Pairs(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


@dataclass(frozen=True)
class Vectors:
    """The frozen encoder's vectors of products and queries, each (rows, dimension)."""

    products: Tensor
    queries: Tensor


class InterestNet(nn.Module):
    """f(x, y) of p(interest) = sigmoid(f): x is history and query, y the product."""

    mean: Tensor
    scale: Tensor

    def __init__(self, dimension: int, features: int, size: int, dropout: float) -> None:
        super().__init__()
        self.product = nn.Linear(dimension, size, bias=False)
        self.query = nn.Linear(dimension, size, bias=False)
        self.unit = nn.Sequential(nn.Linear(3 * size + 1, size), nn.PReLU(), nn.Linear(size, 1))
        self.deep = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(4 * size + features, size),
            nn.PReLU(),
            nn.Dropout(dropout),
            nn.Linear(size, 1),
        )
        self.wide = nn.Linear(features, 1)
        self.place = nn.Embedding(DEEPEST + 1, 1)
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        nn.init.zeros_(self.wide.weight)
        nn.init.zeros_(self.place.weight)

    @torch.no_grad()
    def start(self, pairs: Pairs, clicked: Tensor) -> None:
        """Set each feature's mean and spread, and each place's bias, from the training pairs.

        A few steps would not carry the biases that far, and what they leave of the pull of the
        places would be taken for interest.
        """
        self.mean.copy_(pairs.features.mean(dim=0))
        self.scale.copy_(pairs.features.std(dim=0).clamp_min(1e-6))
        shown = pairs.positions.bincount(minlength=DEEPEST + 1)
        hits = pairs.positions.bincount(clicked, minlength=DEEPEST + 1)
        share = (hits + clicked.mean()) / (shown + 1)
        self.place.weight.copy_(share.clamp(1e-3, 1 - 1e-3).logit()[:, None])

    def forward(self, pairs: Pairs, vectors: Vectors) -> Tensor:
        """The log-odds of interest wherever the product stands, shape (pairs,)."""
        product = self.product(vectors.products[pairs.products])
        query = self.query(vectors.queries[pairs.queries]) * (pairs.queries >= 0)[:, None]
        history = self._history(pairs, vectors)
        pooled = (self._shares(product, history, pairs)[..., None] * history).sum(dim=1)
        features = (pairs.features - self.mean) / self.scale
        joined = torch.cat([product * pooled, product * query, product, pooled, features], dim=1)
        logits: Tensor = self.deep(joined) + self.wide(features)
        return logits.squeeze(1)

    def bias(self, pairs: Pairs) -> Tensor:
        """What the place of each product adds to the log-odds of a click, shape (pairs,)."""
        biases: Tensor = self.place(pairs.positions)
        return biases.squeeze(1)

    def attention(self, pairs: Pairs, vectors: Vectors) -> Tensor:
        """How much each product of the history counts, (pairs, most), 0 where there is none."""
        product = self.product(vectors.products[pairs.products])
        return self._shares(product, self._history(pairs, vectors), pairs)

    def _history(self, pairs: Pairs, vectors: Vectors) -> Tensor:
        # Products of one page share a history: each vector is projected once.
        rows, where = torch.unique(pairs.histories, return_inverse=True)
        projected: Tensor = self.product(vectors.products[rows])[where]
        return projected

    def _shares(self, product: Tensor, history: Tensor, pairs: Pairs) -> Tensor:
        wide = product[:, None].expand_as(history)
        strength = pairs.strengths.log1p()[..., None]
        logits = self.unit(torch.cat([history, wide, history * wide, strength], dim=2)).squeeze(2)
        shares = logits.masked_fill(pairs.histories < 0, -torch.inf).softmax(dim=1)
        # An empty history has nothing to share out.
        return torch.nan_to_num(shares, 0.0)


@torch.inference_mode()
def log_odds(
    net: InterestNet, pairs: Pairs, vectors: Vectors
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log-odds of interest of every pair, and what its place adds to them."""
    net.eval()
    parts = [pairs.take(rows) for rows in torch.split(torch.arange(len(pairs)), BATCH)]
    interest = [net(part, vectors) for part in parts]
    places = [net.bias(part) for part in parts]
    return torch.cat(interest).double().numpy(), torch.cat(places).double().numpy()
