"""The pictures of a workspace: small copies on disk, and which product each one shows.

```
<workspace>/pictures/
  files/<sha256>.webp     a small copy, made new: pixels and nothing else of what was brought
  pictures.parquet        one row per product and picture, see COLUMNS
  vectors/                what an image encoder made of them, see engine.images.image_vectors
```
"""

import hashlib
import io
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from PIL import Image

from engine.errors import InputError, ShoplabError
from engine.images.colours import Colour, Palette, dominant
from engine.images.decode import as_webp, open_picture
from engine.storage.changing import changing
from engine.storage.files import changed_at, link, make_folder, write_atomically
from engine.storage.quota import check_room

# `source` is the file's name or the link; `colours` a list of [name, example, share] as JSON.
COLUMNS = ("product_id", "picture", "source", "ground", "colours")
MOST_PICTURES = 20_000  # about 300 MB, and 100 MB of vectors


@dataclass(frozen=True)
class Brought:
    """A picture that somebody brought for a product: its content, or why there is none."""

    product_id: str
    source: str
    content: bytes | ShoplabError


@dataclass(frozen=True)
class Drawn:
    """A picture that Shoplab drew, and the products that it shows."""

    image: Image.Image
    product_ids: Sequence[str]
    source: str


@dataclass
class Added:
    """What became of pictures that were brought; `refused` says by source what went wrong."""

    new: int = 0
    known: int = 0
    refused: list[tuple[str, ShoplabError]] = field(default_factory=list)


class Pictures:
    """The pictures of one workspace."""

    def __init__(self, workspace_folder: Path) -> None:
        self.folder = workspace_folder / "pictures"

    def table(self) -> pd.DataFrame:
        """Which picture shows which product: the columns of `COLUMNS`, all text."""
        try:
            return pd.read_parquet(self.folder / "pictures.parquet")
        except FileNotFoundError:
            return pd.DataFrame(columns=list(COLUMNS), dtype="str")

    def add(self, brought: Iterable[Brought]) -> Added:
        """Keep a small copy of each picture. What cannot be opened is told and left out.

        The same picture for the same product is kept once. Raises InputError once the workspace
        holds `MOST_PICTURES` or takes all the disk that it may. What was taken before an error or a
        stop stays.
        """
        check_room(self.folder.parent)
        added = Added()
        table = self.table()
        have = set(zip(table["product_id"], table["picture"], strict=True))
        rows: list[dict[str, str]] = []
        try:
            for one in brought:
                if len(have) >= MOST_PICTURES:
                    raise InputError("images.too_many_pictures", most=f"{MOST_PICTURES:,}")
                try:
                    image = _open(one)
                except ShoplabError as error:
                    added.refused.append((one.source, error))
                    continue
                name = self._keep(image)
                if (one.product_id, name) in have:
                    added.known += 1
                    continue
                have.add((one.product_id, name))
                added.new += 1
                rows.append(_row(one.product_id, one.source, name, dominant(image)))
        finally:
            self._append(rows)
        return added

    def draw(self, drawn: Iterable[Drawn]) -> None:
        """Keep pictures that are known to be good."""
        rows = [
            _row(product_id, one.source, name, palette)
            for one in drawn
            for name, palette in [(self._keep(one.image), dominant(one.image))]
            for product_id in one.product_ids
        ]
        self._append(rows)

    def share(self, others: "Pictures") -> None:
        """Show the pictures of `others` too, whose files are linked and not copied.

        A product that has pictures of its own keeps them alone.
        """
        with self._changing() as table:
            theirs = others.table()
            theirs = theirs[~theirs["product_id"].isin(set(table["product_id"]))]
            for picture in theirs["picture"].unique():
                if not self.file(picture).is_file():
                    make_folder(self.file(picture).parent)
                    link(others.file(picture), self.file(picture))
            self._write(pd.concat([table, theirs]))

    def drop_sources(self, sources: Container[str]) -> None:
        """Forget the pictures that came from `sources`, and copies that show nothing any more."""
        with self._changing() as table:
            kept = table[[source not in sources for source in table["source"]]]
            self._write(kept)
            for picture in set(table["picture"]) - set(kept["picture"]):
                self.file(picture).unlink(missing_ok=True)

    def remove(self, picture: str) -> None:
        """Forget a picture of every product, and its copy."""
        with self._changing() as table:
            self._write(table[table["picture"] != picture])
            self.file(picture).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget all pictures."""
        with self._changing() as table:
            self._write(table.head(0))
            for file in (self.folder / "files").glob("*.webp"):
                file.unlink()

    def file(self, picture: str) -> Path:
        """Where the small copy of a picture is."""
        return self.folder / "files" / f"{picture}.webp"

    def open(self, picture: str) -> Image.Image:
        """The small copy of a picture, RGB or RGBA."""
        with Image.open(io.BytesIO(self.file(picture).read_bytes()), formats=("WEBP",)) as image:
            image.load()
            return image

    def stamp(self) -> int:
        """A mark that changes whenever pictures come or go."""
        return changed_at(self.folder / "pictures.parquet")

    def size(self) -> int:
        """How many bytes the copies take."""
        return sum(file.stat().st_size for file in (self.folder / "files").glob("*.webp"))

    def _keep(self, image: Image.Image) -> str:
        content = as_webp(image)
        name = hashlib.sha256(content).hexdigest()
        if not self.file(name).is_file():
            write_atomically(self.file(name), lambda path: path.write_bytes(content))
        return name

    def _append(self, rows: list[dict[str, str]]) -> None:
        if rows:
            with self._changing() as table:
                more = pd.concat([table, pd.DataFrame(rows, columns=list(COLUMNS))])
                self._write(more.drop_duplicates(["product_id", "picture"]))

    def _write(self, table: pd.DataFrame) -> None:
        write_atomically(
            self.folder / "pictures.parquet",
            lambda path: table.astype("str").to_parquet(path, index=False),
        )

    @contextmanager
    def _changing(self) -> Iterator[pd.DataFrame]:
        """The table, while nobody else changes it."""
        with changing(self.folder.parent):
            yield self.table()


def palettes(table: pd.DataFrame) -> dict[str, Palette]:
    """The colours of every picture in a table of `Pictures.table`."""
    rows = table.drop_duplicates("picture")
    return {
        picture: Palette(tuple(Colour(*colour) for colour in json.loads(colours)), ground)
        for picture, colours, ground in zip(
            rows["picture"], rows["colours"], rows["ground"], strict=True
        )
    }


def missing_links(products: pd.DataFrame, table: pd.DataFrame) -> Mapping[str, list[str]]:
    """The picture links of the catalog that are not fetched yet, each with its products."""
    linked = products.loc[products["image"].notna(), ["product_id", "image"]]
    have = set(zip(table["product_id"], table["source"], strict=True))
    missing: dict[str, list[str]] = {}
    for product_id, address in zip(linked["product_id"], linked["image"], strict=True):
        if (product_id, address) not in have:
            missing.setdefault(address, []).append(product_id)
    return missing


def _open(one: Brought) -> Image.Image:
    if isinstance(one.content, ShoplabError):
        raise one.content
    return open_picture(one.content, one.source)


def _row(product_id: str, source: str, name: str, palette: Palette) -> dict[str, str]:
    colours = [[colour.name, colour.example, colour.share] for colour in palette.colours]
    return {
        "product_id": product_id,
        "picture": name,
        "source": source,
        "ground": palette.ground,
        "colours": json.dumps(colours),
    }
