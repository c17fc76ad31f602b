"""Pictures for the sample shops, drawn once a machine and shared by every workspace with that shop.

```
SHOPLAB_HOME/indexes/sample-<language>/pictures-<version>/    see engine.images.image_store
```
"""

import shutil
from pathlib import Path

import numpy as np

from engine.images.image_store import Drawn, Pictures
from engine.settings import home
from engine.simulation.drawing import draw_product, styles_of
from engine.simulation.simulate import SAMPLE_PRODUCTS, make_sample
from engine.storage.files import make_folder
from engine.storage.lock import alone
from engine.storage.workspace import Workspace

# Older drawings than these are drawn anew.
VERSION = 1
# Of so many products the picture shows something else, as in a real shop; the page can find them.
WRONG_SHARE = 0.015
_SEED = 7
_SOURCE = "sample-"


def match_sample_pictures(workspace: Workspace) -> None:
    """Give a sample shop its pictures, and take those of a sample shop from any other."""
    pictures = Pictures(workspace.folder)
    sources = set(pictures.table()["source"])
    wanted = f"{_SOURCE}{workspace.sample}" if workspace.sample else ""
    stale = {source for source in sources if source.startswith(_SOURCE) and source != wanted}
    if stale:
        pictures.drop_sources(stale)
    if wanted and wanted not in sources:
        pictures.share(drawn_pictures(workspace.sample))


def drawn_pictures(language: str) -> Pictures:
    """The pictures of the sample shop of `language`, which the first call on a machine draws."""
    folder = home() / "indexes" / f"sample-{language}"
    make_folder(folder)
    ready = folder / f"pictures-{VERSION}"
    with alone(folder / "pictures.lock"):
        if not ready.is_dir():
            unfinished = folder / f".pictures-{VERSION}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            _draw(language, unfinished)
            unfinished.rename(ready)
    return Pictures(ready)


def _draw(language: str, folder: Path) -> None:
    shop = make_sample(language)
    random = np.random.default_rng(_SEED)
    shown = np.arange(SAMPLE_PRODUCTS)
    wrong = random.choice(SAMPLE_PRODUCTS, round(WRONG_SHARE * SAMPLE_PRODUCTS), replace=False)
    shown[wrong] = random.permutation(SAMPLE_PRODUCTS)[: len(wrong)]
    products: dict[tuple[str, int, int], list[str]] = {}
    for number, other in enumerate(shown):
        category = shop.words.categories[shop.category[other]].id
        style = int(shop.style[other]) % styles_of(category)
        drawing = (category, style, int(shop.color[other]))
        products.setdefault(drawing, []).append(shop.product_id(number))
    Pictures(folder).draw(
        Drawn(draw_product(*drawing), names, f"{_SOURCE}{language}")
        for drawing, names in products.items()
    )
