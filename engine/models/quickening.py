"""Reading in 8 bits, where that is faster on this machine and leaves an encoder's vectors near.

    SHOPLAB_HOME/int8/<kind of encoder>.json    how many times as fast, on which machine
        <hash of the weights>-<release of OpenVINO>/    the layers, and how near their vectors are

It is found out by who has many texts to read: a job, or the model process while it prepares a
model. That takes about as long as reading a few hundred texts.
"""

import logging
import shutil
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from transformers import PreTrainedModel

from engine.errors import ShoplabError
from engine.models.encoder import Encoder
from engine.models.int8_layers import Int8Layers, is_installed, write_layers
from engine.models.precision import ENOUGH
from engine.models.timing import fastest_seconds, read_measured, write_measured
from engine.settings import home
from engine.storage.files import replace_folder

# To find out pays off from so many texts on.
MANY = 1_000
SAMPLE, RUNS = 64, 3
# Vectors whose cosine to those of 32 bits is this leave rankings as they are.
NEAR = 0.99
# The layers of so many encoders are kept, 12 to 23 MB each for those that come with the app.
KEPT = 20
_LAYERS, _ABOUT = "layers.xml", "about.json"
_SPEEDUP, _COSINE = "int8_speedup", "worst_cosine"
_LOG = logging.getLogger(__name__)
_TURN = Lock()


def quicken(encoder: Encoder, texts: Sequence[str]) -> None:
    """Let `encoder` read in 8 bits from here on if that is known to pay off on this machine.

    Where it is not known and there are `MANY` texts to read, it is found out with some of them.
    """
    on_processor = encoder.model.device.type == "cpu"
    if encoder.int8 is not None or not on_processor or not is_installed():
        return
    transformer = encoder.model.transformers_model
    if not isinstance(transformer, PreTrainedModel):
        return
    kind = transformer.config
    # Encoders that were tuned are as fast as they were before.
    name = f"{kind.model_type}-{kind.num_hidden_layers}-{kind.hidden_size}"
    speed = home() / "int8" / f"{name}-{encoder.model.max_seq_length}.json"
    with _TURN:
        known = read_measured(speed, _SPEEDUP)
        if known is not None and known < ENOUGH:
            return
        try:
            _decide(encoder, texts, speed, known)
        # A full disk, for instance: it can still be read as before.
        except Exception:
            _LOG.warning("An encoder is not read with in 8 bits", exc_info=True)


def _decide(encoder: Encoder, texts: Sequence[str], speed: Path, speedup: float | None) -> None:
    """Let `encoder` read in 8 bits if its own vectors stay near, and that is faster."""
    folder = speed.parent / f"{encoder.fingerprint}-{version('openvino')}"
    cosine = read_measured(folder / _ABOUT, _COSINE)
    if cosine is not None and cosine < NEAR:
        return
    if None in (cosine, speedup) and len(texts) < MANY:
        return
    sample = list(texts[:: max(len(texts) // SAMPLE, 1)][:SAMPLE])
    short = Encoder(encoder.model)
    try:
        short.int8 = _layers(encoder, folder)
        if cosine is None:
            cosine = float((encoder.encode(sample) * short.encode(sample)).sum(axis=1).min())
            write_measured(folder / _ABOUT, _COSINE, cosine)
    except ShoplabError:
        raise
    except Exception:
        # OpenVINO cannot follow these layers, today or tomorrow.
        write_measured(folder / _ABOUT, _COSINE, 0.0)
        raise
    if cosine < NEAR:
        return
    if speedup is None:
        seconds = [fastest_seconds(partial(one.encode, sample), RUNS) for one in (encoder, short)]
        speedup = seconds[0] / seconds[1]
        write_measured(speed, _SPEEDUP, speedup)
    if speedup >= ENOUGH:
        encoder.int8 = short.int8


def _layers(encoder: Encoder, folder: Path) -> Int8Layers:
    """The layers in `folder`, written first where they are not there."""
    if not (folder / _LAYERS).is_file():
        with replace_folder(folder) as staging:
            write_layers(encoder.transformer, staging / _LAYERS)
        by_use = sorted(folder.parent.glob("*/" + _LAYERS), key=lambda file: file.stat().st_mtime)
        for file in by_use[:-KEPT]:
            shutil.rmtree(file.parent, ignore_errors=True)
    (folder / _LAYERS).touch()
    return Int8Layers(folder / _LAYERS)
