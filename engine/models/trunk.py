"""A pretrained transformer cut in two: layers that stay as they are, and layers that learn.

The lower part's output never changes in training, so it is computed once per text and kept; what is
trained, checkpointed and saved is the upper part alone.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from engine.errors import InputError
from engine.models.encoder import BATCH, Encoder
from engine.models.precision import half_products


class Passthrough(nn.Module):
    """Stands where the embeddings stood: what comes in is already a hidden state."""

    def forward(self, *_: Any, inputs_embeds: Tensor, **__: Any) -> Tensor:
        """`inputs_embeds` as it is."""
        return inputs_embeds


@dataclass(frozen=True)
class Trunk:
    """The first `depth` layers of an encoder (0: its embeddings alone)."""

    encoder: Encoder
    depth: int

    @property
    def transformer(self) -> PreTrainedModel:
        """The Hugging Face model inside the encoder."""
        return self.encoder.transformer

    @property
    def embeddings(self) -> nn.Module:
        """The layer whose output stands for the tokens."""
        found = getattr(self.transformer, "embeddings", None)
        return found if found is not None else self.transformer.get_input_embeddings()

    @property
    def size(self) -> int:
        """Numbers in one token's state."""
        return int(self.transformer.config.hidden_size)

    def tokens(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """`input_ids` and `attention_mask` of queries, padded, on the encoder's device."""
        prefix = self.encoder.prefixes["query"]
        tokenizer = self.encoder.model.tokenizer
        rows = tokenizer(
            [prefix + text for text in texts],
            truncation=True,
            max_length=self.encoder.model.max_seq_length,
            padding=True,
            return_tensors="pt",
        )
        device = self.encoder.model.device
        return {name: rows[name].to(device) for name in ("input_ids", "attention_mask")}

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` each token of `tokens([text])` stands; `(0, 0)` for prefix and marks."""
        prefix = self.encoder.prefixes["query"]
        found = self.encoder.model.tokenizer(
            prefix + text,
            truncation=True,
            max_length=self.encoder.model.max_seq_length,
            return_offsets_mapping=True,
        )["offset_mapping"]
        # A piece may begin with the space before its word.
        places = []
        for start, end in found:
            first = (
                start + len((prefix + text)[start:end]) - len((prefix + text)[start:end].lstrip())
            )
            inside = first >= len(prefix) and first < end
            places.append((first - len(prefix), end - len(prefix)) if inside else (0, 0))
        return places

    @cached_property
    def lower(self) -> nn.Module:
        """The transformer without the layers above, on the same weights.

        One layer more than `depth` stays, since some models change the last one's output.
        """
        model = self.transformer
        layers = layer_list(model)
        shared: dict[int, Any] = {id(tensor): tensor for tensor in model.parameters()}
        shared |= {id(tensor): tensor for tensor in model.buffers()}
        shared[id(layers)] = nn.ModuleList(layers[: self.depth + 1])
        # The very module: attributions listen to what goes through it.
        shared[id(self.embeddings)] = self.embeddings
        head: nn.Module = copy.deepcopy(model, shared)
        return head.eval()

    def forward(self, tokens: dict[str, Tensor]) -> Tensor:
        """The states `(texts, tokens, size)` after `depth` layers."""
        states: Tensor = self.lower(**tokens, output_hidden_states=True).hidden_states[self.depth]
        return states

    @torch.no_grad()
    def states(self, texts: Sequence[str]) -> list[Tensor]:
        """The states of each text, `(its tokens, size)`, on the CPU."""
        step = BATCH["cuda" if self.encoder.model.device.type == "cuda" else "cpu"]
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        found: dict[int, Tensor] = {}
        for start in range(0, len(order), step):
            rows = order[start : start + step]
            tokens = self.tokens([texts[row] for row in rows])
            with half_products(self.encoder.model.device):
                states = self.forward(tokens).float().cpu()
            mask = tokens["attention_mask"].cpu()
            for row, state, there in zip(rows, states, mask.bool(), strict=True):
                # A copy: a view would keep the whole padded batch in memory.
                found[row] = state[there].clone()
        return [found[row] for row in range(len(texts))]

    def upper(self) -> nn.Module:
        """A copy of the layers above, to be trained; asked with `inputs_embeds` and a mask."""
        model = self.transformer
        layers = layer_list(model)
        replaced: dict[int, Any] = {id(layers): copy.deepcopy(layers[self.depth :])}
        for name, stand_in in (("embeddings", Passthrough()), ("pooler", None)):
            if hasattr(model, name):
                replaced[id(getattr(model, name))] = stand_in
        return copy.deepcopy(model, replaced)


def layer_list(model: PreTrainedModel) -> nn.ModuleList:
    """The transformer's layers, lowest first. InputError for a model that is built otherwise."""
    count = model.config.num_hidden_layers
    for child in model.modules():
        if isinstance(child, nn.ModuleList) and len(child) == count:
            return child
    raise InputError("intent.unsupported_model", model=type(model).__name__)


def layer_count(encoder: Encoder) -> int:
    """How many layers an encoder has. InputError for a model that is built otherwise."""
    return len(layer_list(Trunk(encoder, 0).transformer))
