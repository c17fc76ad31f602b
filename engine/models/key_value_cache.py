"""Keys and values of attention with room for the tokens that are still to be written."""

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer


class RoomyLayer(DynamicLayer):
    """A layer's keys and values, `(rows, heads, tokens, numbers)`, in buffers with spare tokens.

    `DynamicLayer` copies all of them for each token that is added, which took a seventh of the time
    of writing sixteen texts on a processor.
    """

    def __init__(self, layer: DynamicLayer, spare: int) -> None:
        super().__init__()
        self.lazy_initialization(layer.keys, layer.values)
        self._key_room, self._value_room = (
            torch.cat([kept, kept.new_empty((*kept.shape[:2], spare, kept.shape[3]))], dim=2)
            for kept in (layer.keys, layer.values)
        )
        self._show(layer.get_seq_length())

    def _show(self, tokens: int) -> None:
        self.keys = self._key_room[:, :, :tokens]
        self.values = self._value_room[:, :, :tokens]

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Add the states of further tokens; returns all keys and all values.

        Raises RuntimeError where there is no room left.
        """
        start = self.get_seq_length()
        self._show(start + key_states.shape[2])
        self.keys[:, :, start:] = key_states
        self.values[:, :, start:] = value_states
        return self.keys, self.values


def make_room(cache: DynamicCache, spare: int) -> DynamicCache:
    """`cache` with room for `spare` more tokens in each layer that keeps all tokens."""
    cache.layers = [
        RoomyLayer(layer, spare) if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache
