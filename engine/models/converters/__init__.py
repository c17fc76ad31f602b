"""From a model's file, as a package carries it, to a folder that the libraries load.

Each imports torch and the libraries only when it converts: pages ask which models there are.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.models.converters.e5 import convert as convert_e5
from engine.models.converters.efficientnet import convert as convert_efficientnet
from engine.models.converters.gguf import convert as convert_gguf

# By the format that a package of the catalog names.
CONVERTERS: Mapping[str, Callable[[Path, Path], None]] = {
    "e5": convert_e5,
    "efficientnet": convert_efficientnet,
    "gguf": convert_gguf,
}
