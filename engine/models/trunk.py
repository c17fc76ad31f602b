"""A pretrained transformer cut in two: layers that stay as they are, and layers that learn.

The lower part's output never changes in training, so it is computed once per text and kept; what is
trained, checkpointed and saved is the upper part alone.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

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
    """The first `depth` layers of an encoder (0: its embeddings alone).

    `known` are the states of texts that were read before.
    """

    encoder: Encoder
    depth: int
    known: Mapping[str, Tensor] = field(default_factory=dict)

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
        if not self.depth:
            embedded: Tensor = self.embeddings(tokens["input_ids"])
            return embedded
        states: Tensor = self.lower(**tokens, output_hidden_states=True).hidden_states[self.depth]
        return states

    @torch.no_grad()
    def states(self, texts: Sequence[str]) -> list[Tensor]:
        """The states of each text, `(its tokens, size)`, on the CPU."""
        found = {text: self.known.get(text) for text in texts}
        missing = [text for text, state in found.items() if state is None]
        for batch in self._batches(missing):
            tokens = self.tokens(batch)
            with half_products(self.encoder.model.device):
                states = self.forward(tokens)
            found |= zip(batch, _cut(states, tokens["attention_mask"]), strict=True)
        return [cast(Tensor, found[text]) for text in texts]

    @torch.no_grad()
    def read(self, texts: Sequence[str]) -> Iterator[tuple[list[str], list[Tensor], Tensor]]:
        """Batch by batch some texts, their states, and their vectors as queries, of length 1.

        Both come from one way through all layers, where `states` goes half of it once more.
        """
        heard: list[Any] = []
        layer = layer_list(self.transformer)[self.depth - 1] if self.depth else self.embeddings
        ear = layer.register_forward_hook(lambda _layer, _given, states: heard.append(states))
        try:
            for batch in self._batches(texts):
                tokens, vectors = self.encoder.embed(batch, self.encoder.prefixes["query"])
                states = heard.pop()
                states = states[0] if isinstance(states, tuple) else states
                yield batch, _cut(states, tokens["attention_mask"]), vectors
        finally:
            ear.remove()

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        step = BATCH["cuda" if self.encoder.model.device.type == "cuda" else "cpu"]
        order = sorted(texts, key=len)
        return (order[start : start + step] for start in range(0, len(order), step))

    def upper(self) -> nn.Module:
        """A copy of the layers above, to be trained; asked with `inputs_embeds` and a mask."""
        model = self.transformer
        layers = layer_list(model)
        replaced: dict[int, Any] = {id(layers): copy.deepcopy(layers[self.depth :])}
        for name, stand_in in (("embeddings", Passthrough()), ("pooler", None)):
            if hasattr(model, name):
                replaced[id(getattr(model, name))] = stand_in
        return copy.deepcopy(model, replaced)


def _cut(states: Tensor, mask: Tensor) -> list[Tensor]:
    """The states of each text without its padding, on the CPU."""
    rows = zip(states.float().cpu(), mask.cpu().bool(), strict=True)
    # A copy: a view would keep the whole padded batch in memory.
    return [state[there].clone() for state, there in rows]


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
