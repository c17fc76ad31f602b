"""The tail of a classifier: an encoder's upper layers, attention pooling and a head a question."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from engine.config import ClassifierConfig
from engine.models.heads import Heads, masked_cross_entropy
from engine.models.precision import half_products
from engine.models.trunk import Trunk

# Texts that are answered at a time.
ANSWER_BATCH = 64


class Tail(nn.Module):
    """What is trained: the layers above a trunk and the heads on their output."""

    def __init__(self, body: nn.Module, heads: Heads, config: ClassifierConfig) -> None:
        super().__init__()
        self.body, self.heads, self.smoothing = body, heads, config.label_smoothing

    def encode(self, states: Tensor, attention_mask: Tensor) -> Tensor:
        """The last layer's states `(batch, tokens, size)` from the trunk's."""
        out: Tensor = self.body(
            inputs_embeds=states, attention_mask=attention_mask
        ).last_hidden_state
        return out

    @torch.no_grad()
    def pool(self, states: Sequence[Tensor]) -> Tensor:
        """The pooled vectors `(texts, size)` of texts, from the trunk's states of each."""
        self.eval()
        device = self.heads.middle.device
        pooled = torch.empty(len(states), self.heads.middle.shape[0], device=device)
        for rows, batch in batches(states, device):
            with half_products(device):
                part = self.heads.pooling(self.encode(**batch), batch["attention_mask"])
            pooled[torch.from_numpy(rows)] = part.float()
        return pooled

    def forward(
        self,
        states: Tensor,
        attention_mask: Tensor,
        labels: Tensor | None = None,
        weights: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Logits by head, and `loss` when `labels` and `weights` `(batch, heads)` are given."""
        logits: dict[str, Tensor] = self.heads(self.encode(states, attention_mask), attention_mask)
        if labels is None or weights is None:
            return logits
        losses = [
            masked_cross_entropy(table, labels[:, place], weights[:, place], self.smoothing)
            for place, table in enumerate(logits.values())
        ]
        return {"loss": torch.stack(losses).sum(), **logits}


def make_tail(trunk: Trunk, labels: Mapping[str, int], config: ClassifierConfig) -> Tail:
    """A copy of the layers above `trunk`, with new heads for `labels` (label counts by head)."""
    body = trunk.upper()
    for module in body.modules():
        # Dropping states beside attention takes an eighth of the time, and gained nothing.
        attends = type(module).__name__.endswith("SelfAttention")
        for child in module.children():
            if isinstance(child, nn.Dropout):
                child.p = config.dropout if attends else 0.0
    return Tail(body, Heads(trunk.size, labels, config.dropout), config)


def batches(
    states: Sequence[Tensor], device: torch.device
) -> Iterator[tuple[NDArray[np.intp], dict[str, Tensor]]]:
    """The rows of texts of like length, which leave little to pad, and their padded states."""
    order = np.argsort([len(state) for state in states], kind="stable")
    for start in range(0, len(order), ANSWER_BATCH):
        rows = order[start : start + ANSWER_BATCH]
        padded = pad_states([states[row] for row in rows])
        yield rows, {name: value.to(device) for name, value in padded.items()}


def pad_states(states: Sequence[Tensor]) -> dict[str, Tensor]:
    """`states` of texts, `(texts, tokens, size)` with zeros behind, and their `attention_mask`."""
    lengths = torch.tensor([len(state) for state in states])
    padded = pad_sequence(list(states), batch_first=True)
    mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long()
    return {"states": padded, "attention_mask": mask}
