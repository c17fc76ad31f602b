"""Colours by name: which ones a picture mostly shows, which ones a text says.

Distances are CIE76 in CIELAB (D65), where about 2 is just visible and 100 is black to white.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.cluster.vq import kmeans2

Ground = Literal["cut_out", "plain", "middle"]
Lab = NDArray[np.float64]

CLUSTERS = 5
LEAST_SHARE = 0.06  # of the product's pixels; less is a label, a shadow or a button
_SIDE = 96
_SEED = 13
_PLAIN = 10.0  # how far a pixel may be from the colour of a plain background
_PLAIN_BORDER = 0.8  # share of the border that must have it
_LEAST_PRODUCT = 0.03
_OPAQUE = 128
_FEWEST_CUT_OUT = 0.02


@dataclass(frozen=True)
class Colour:
    """One colour of a picture: its name, an example as `#RRGGBB`, and its share of the product."""

    name: str
    example: str
    share: float


@dataclass(frozen=True)
class Palette:
    """What colours a product shows, the largest first.

    `ground` says how the product was told from what is behind it: the picture was `cut_out`
    (transparent around it), has a `plain` background, or only its `middle` was looked at, which is
    the least sure.
    """

    colours: tuple[Colour, ...]
    ground: Ground

    def similarity(self, other: "Palette") -> float:
        """How much of both is the same colours, 0 to 1: the Bhattacharyya coefficient."""
        shares = {colour.name: colour.share for colour in other.colours}
        common = sum((one.share * shares.get(one.name, 0.0)) ** 0.5 for one in self.colours)
        whole = sum(one.share for one in self.colours) * sum(shares.values())
        return float(common / whole**0.5)


def dominant(image: Image.Image) -> Palette:
    """The colours of the product in `image`, by k-means in CIELAB."""
    small = image.convert("RGBA")
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(small)
    lab = to_lab(pixels[..., :3])
    mask, ground = _product(lab, pixels[..., 3])
    chosen = lab[mask]
    clusters = min(CLUSTERS, len(np.unique(chosen.round(), axis=0)))
    random = np.random.default_rng(_SEED)
    centres, nearest = kmeans2(chosen, clusters, minit="++", rng=random)
    shares = np.bincount(nearest, minlength=clusters) / len(chosen)
    rgb = pixels[..., :3][mask]
    merged: dict[str, tuple[float, str]] = {}
    for cluster in np.argsort(-shares)[: np.count_nonzero(shares)]:
        name = name_of(centres[cluster])
        example = "#{:02X}{:02X}{:02X}".format(
            *np.median(rgb[nearest == cluster], axis=0).astype(int)
        )
        share, first = merged.get(name, (0.0, example))
        merged[name] = (share + float(shares[cluster]), first)
    found = [Colour(name, example, round(share, 3)) for name, (share, example) in merged.items()]
    found = sorted(found, key=lambda colour: -colour.share)
    kept = [colour for colour in found if colour.share >= LEAST_SHARE]
    return Palette(tuple(kept or found[:1]), ground)


def to_lab(rgb: NDArray[np.uint8]) -> Lab:
    """Bytes of sRGB, shape (..., 3), in CIELAB under D65 (IEC 61966-2-1, CIE 15)."""
    value = rgb.astype(np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = linear @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    bent = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def name_of(lab: Lab) -> str:
    """The name of the shade nearest to one colour."""
    names, shades = _shades()
    return names[int(np.argmin(np.linalg.norm(shades - lab, axis=1)))]


def distance(name: str, example: str) -> float:
    """How far the colour `example` (`#RRGGBB`) is from the nearest shade called `name`."""
    names, shades = _shades()
    own = shades[[named == name for named in names]]
    return float(np.linalg.norm(own - to_lab(_rgb(example)), axis=1).min())


def said_colours(text: str) -> list[str]:
    """The colours that `text` names, in English or Chinese, in its order.

    “Navy blue” is navy, not blue; “咖啡色” is brown; olive oil and 蓝牙 are no colours, “olive” by
    itself is one.
    """
    parts = [_plain(part) for part in re.split(r"[,;/|&+、，；]", text)]
    alone, words = _words_alone(), _words()
    if all(part in alone or part in words for part in parts):
        return list(dict.fromkeys(alone.get(part) or words[part] for part in parts))
    found = (match.group() for match in _pattern().finditer(text))
    return list(dict.fromkeys(words[_plain(word)] for word in found))


def is_fuzzy(name: str) -> bool:
    """Whether what a text calls `name` may look like other colours, as metals do."""
    return bool(_table()[name].get("fuzzy", False))


def _product(lab: Lab, alpha: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], Ground]:
    """Which pixels are the product's, and how that was told."""
    opaque = alpha >= _OPAQUE
    if opaque.mean() < 1 - _FEWEST_CUT_OUT and opaque.mean() > _LEAST_PRODUCT:
        return opaque, "cut_out"
    border = np.ones(alpha.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    behind = np.median(lab[border], axis=0)
    near = np.linalg.norm(lab - behind, axis=-1) < _PLAIN
    if near[border].mean() >= _PLAIN_BORDER:
        # Only what hangs together with the border: a white cup on white paper keeps its label.
        parts, _ = ndimage.label(near)
        product = ~np.isin(parts, np.setdiff1d(parts[border], [0]))
        if product.mean() >= _LEAST_PRODUCT:
            # Its edge is a mixture with the background, unless there is little else of it.
            inner = ndimage.binary_erosion(product)
            return (inner if inner.sum() > product.sum() / 2 else product), "plain"
        return np.ones_like(product), "plain"
    height, width = alpha.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (x**2 + y**2) < 0.5, "middle"


def _rgb(example: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(example.removeprefix("#")), dtype=np.uint8)


@functools.cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = Path(__file__).with_name("colours.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def _shades() -> tuple[list[str], Lab]:
    pairs = [
        (name, shade)
        for name, about in _table().items()
        if not about.get("fuzzy")
        for shade in about["shades"]
    ]
    return [name for name, _ in pairs], to_lab(np.stack([_rgb(shade) for _, shade in pairs]))


def _plain(text: str) -> str:
    return re.sub(r"[\s-]+", " ", text).strip().lower()


@functools.cache
def _words() -> Mapping[str, str]:
    """Each word that means a colour anywhere, and its name."""
    table = _table().items()
    return {_plain(word): name for name, about in table for word in (*about["en"], *about["zh"])}


@functools.cache
def _words_alone() -> Mapping[str, str]:
    """Each word that means a colour only by itself, and its name."""
    return {
        _plain(word): name
        for name, about in _table().items()
        for key in ("en_alone", "zh_alone")
        for word in about.get(key, ())
    }


@functools.cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_words(), key=len, reverse=True)
    english = "|".join(word.replace(" ", r"[\s-]+") for word in longest_first if word.isascii())
    chinese = "|".join(word for word in longest_first if not word.isascii())
    return re.compile(rf"(?<![a-z])(?:{english})(?![a-z])|{chinese}", re.IGNORECASE)
