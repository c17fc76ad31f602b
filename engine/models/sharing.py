"""Equal weights and models, kept once in a process that answers with many of them.

Ten teams ask the same pretrained encoder, and their tuned ones differ from it in a few layers. In a
process that called `share_models`, a model that is loaded takes over the equal weights that others
hold already. Nothing there may change weights in place; trainings run in processes of their own.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import torch
from torch import nn

T = TypeVar("T")

# So many numbers of a weight are its key; whether two are equal is decided by all of them.
_SAMPLE = 64
_LOCK = Lock()
_WEIGHTS: WeakValueDictionary[object, nn.Parameter] = WeakValueDictionary()
_MODELS: WeakValueDictionary[object, Any] = WeakValueDictionary()
_sharing = False


def share_models() -> None:
    """From now on, keep equal weights and models of this process once."""
    global _sharing
    _sharing = True


def share_weights(model: nn.Module) -> None:
    """Let `model` take over the equal weights of models loaded before; nothing where none share."""
    if not _sharing:
        return
    own = {id(weight) for weight in model.parameters()}
    with _LOCK:
        for module in model.modules():
            for name, weight in module.named_parameters(recurse=False):
                key = _key(weight)
                shared = _WEIGHTS.get(key)
                if shared is None:
                    _WEIGHTS[key] = weight
                # Equal ones of the same model stay apart: it could not be saved otherwise.
                elif id(shared) not in own and torch.equal(shared, weight):
                    module.register_parameter(name, shared)
                    own.add(id(shared))


def shared_model(key: object, load: Callable[[], T]) -> T:
    """The model that was loaded under `key` and is still in use, or else a new one."""
    if not _sharing:
        return load()
    model: T | None = _MODELS.get(key)
    if model is None:
        # Two that are loaded at the same time share their weights all the same.
        model = _MODELS.setdefault(key, load())
    return model


def guard_tokenizer(tokenizer: Any) -> None:
    """Let several threads use a tokenizer, one after the other.

    Those written in Rust keep length and padding as state, and raise "Already borrowed" for one
    thread that sets them while another encodes.
    """
    if not _sharing:
        return
    kind, turn = type(tokenizer), Lock()

    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        with turn:
            return kind.__call__(self, *arguments, **options)

    # Python looks up `__call__` in the class, so the object gets one of its own.
    tokenizer.__class__ = type(kind.__name__, (kind,), {"__call__": call})


def _key(weight: torch.Tensor) -> object:
    flat = weight.detach().reshape(-1)
    step = max(len(flat) // _SAMPLE, 1)
    sample = flat[::step][:_SAMPLE].float().cpu().numpy().tobytes()
    return tuple(weight.shape), weight.dtype, str(weight.device), sample
