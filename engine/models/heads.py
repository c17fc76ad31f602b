"""What stands on an encoder: attention pooling and one linear classifier per head."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.spreading import mean_over_processes

# Of a label that no text to learn from has: the steps of a training are too small to lift less.
LOWEST_BIAS = -6.0


class AttentionPooling(nn.Module):
    """The mean of a text's token states, weighted by a learned score.

    score = wᵀ·tanh(W·h), softmax over the tokens that are there (Yang et al. 2016, equations 5 to
    7). `w` begins at zero: the pooling begins as the plain mean and learns to leave it.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, size // 4)
        self.score = nn.Linear(size // 4, 1, bias=False)
        nn.init.zeros_(self.score.weight)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """`(batch, tokens, size)` states and `(batch, tokens)` mask to `(batch, size)`."""
        scores: Tensor = self.score(torch.tanh(self.hidden(states))).squeeze(-1)
        shares = scores.masked_fill(mask == 0, torch.finfo(scores.dtype).min).softmax(dim=-1)
        return (shares.unsqueeze(-1) * states).sum(dim=1)


class Heads(nn.Module):
    """One linear classifier per head on the same pooled vector.

    The vector is standardised with the mean and deviation that `standardise` was given: encoders
    differ much in how far apart their vectors lie, and a rate that suits one would starve another.
    """

    middle: Tensor
    spread: Tensor

    def __init__(self, size: int, labels: Mapping[str, int], dropout: float) -> None:
        super().__init__()
        self.pooling = AttentionPooling(size)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("middle", torch.zeros(size))
        self.register_buffer("spread", torch.ones(size))
        # By place: torch has no part called "type" or "a.b", and a shop's column may be.
        self.names = list(labels)
        self.linear = nn.ModuleList([nn.Linear(size, n) for n in labels.values()])

    def standardise(self, pooled: Tensor) -> None:
        """Take mean and deviation from the pooled vectors `(texts, size)` of an untuned encoder."""
        self.middle.copy_(pooled.mean(dim=0))
        self.spread.copy_(pooled.std(dim=0) + 1e-6)

    def scaled(self, pooled: Tensor) -> Tensor:
        """Pooled vectors `(texts, size)` as the classifiers read them."""
        return (pooled - self.middle) / self.spread

    def start_at(self, parameters: Mapping[str, tuple[Tensor, Tensor]]) -> None:
        """Take over what was fitted to scaled vectors: `(size, labels)` weights and biases."""
        for head, linear in zip(self.names, self.linear, strict=True):
            weights, bias = parameters[head]
            linear.load_state_dict({"weight": weights.T, "bias": bias.clamp(min=LOWEST_BIAS)})

    def forward(self, states: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Token states and mask to logits `(batch, labels)` by head."""
        pooled = self.dropout(self.scaled(self.pooling(states, mask)))
        return {head: linear(pooled) for head, linear in zip(self.names, self.linear, strict=True)}


def masked_cross_entropy(
    logits: Tensor, labels: Tensor, weights: Tensor, smoothing: float = 0.0
) -> Tensor:
    """The weighted mean cross-entropy of the rows with a label (`labels` >= 0); 0 without any.

    Where several processes share a batch, the mean of what they give is that of the whole.
    Label smoothing as in Szegedy et al. 2016, section 7.
    """
    losses = functional.cross_entropy(
        logits.float(), labels.clamp(min=0), reduction="none", label_smoothing=smoothing
    )
    weights = weights * (labels >= 0)
    return (losses * weights).sum() / mean_over_processes(weights.sum()).clamp(min=1e-6)
