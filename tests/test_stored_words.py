"""The word indexes of a large catalog, on disk: equal to those in memory, and made once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.reading.load import clean_file
from engine.retrieval import catalog_words, postings, stored_words
from engine.retrieval.bm25f import equal_weights
from engine.retrieval.catalog_words import (
    field_index,
    full_text_index,
    passage_index,
    title_index,
)
from engine.settings import SAMPLE_DATA
from engine.tables.tables import Tables
from tests.tiny_shop import tiny_tables

QUERIES = ["red mug", "steel pan for every day", "a lamp", "mug mug", "for", "nothing like it", ""]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tiny shop counts as large, and is indexed in many parts; how many products, each time."""
    built: list[int] = []
    build = stored_words._build

    def counting(folder: Path, products: pd.DataFrame) -> None:
        built.append(len(products))
        build(folder, products)

    monkeypatch.setattr(catalog_words, "LARGE", 10)
    monkeypatch.setattr(stored_words, "BLOCK", 7)
    monkeypatch.setattr(postings, "MERGED", 20)
    monkeypatch.setattr(stored_words, "_build", counting)
    return built


def open_shop(folder: Path | None, **titles: str) -> Tables:
    """The tiny shop, as after a restart, with other titles for some of its products."""
    frames = dict(tiny_tables().frames)
    products = frames["products"]
    pairs = zip(products["product_id"], products["title"], strict=True)
    changed = pd.Series([titles.get(name, title) for name, title in pairs], dtype="str")
    return Tables(frames | {"products": products.assign(title=changed)}, folder=folder)


def scores(tables: Tables, queries: Sequence[str] = QUERIES) -> list[np.ndarray]:
    """What each index says of each product, for each query."""
    fields = field_index(tables)
    indexes = (title_index(tables), passage_index(tables), full_text_index(tables))
    by_field = [fields.matches(query).by_field() for query in queries]
    return [index.scores(query) for index in indexes for query in queries] + by_field


def equal(ones: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(ones, others, strict=True))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sample_shop_has_the_same_scores_on_disk_as_in_memory(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = (SAMPLE_DATA / language).glob("products.csv*")
    products = clean_file("products", file)
    queries = [*products["title"].iloc[::100], *products["description"].dropna().iloc[::200]]
    in_memory = scores(Tables({"products": products}), queries)
    assert sum(one.any() for one in in_memory) > len(queries)
    monkeypatch.setattr(catalog_words, "LARGE", len(products))
    monkeypatch.setattr(stored_words, "BLOCK", 500)
    monkeypatch.setattr(postings, "MERGED", 5_000)
    tables = Tables({"products": products}, folder=tmp_path)
    assert equal(scores(tables, queries), in_memory)
    assert isinstance(title_index(tables).model.scores["data"], np.memmap)


def test_indexes_are_made_once_for_all_processes(tmp_path: Path, built: list[int]) -> None:
    first = scores(open_shop(tmp_path))
    assert equal(scores(open_shop(tmp_path)), first)
    assert built == [24]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"words", "words.lock"}, "nothing unfinished is left"
    assert equal(scores(open_shop(None)), first)
    assert built == [24], "without a folder they are in memory"


def test_who_needs_indexes_that_are_being_made_waits_for_them(
    tmp_path: Path, built: list[int]
) -> None:
    shops = [open_shop(tmp_path) for _ in range(3)]
    with ThreadPoolExecutor(len(shops)) as pool:
        first, *others = pool.map(scores, shops)
    assert built == [24]
    assert all(equal(other, first) for other in others)


def test_a_small_catalog_is_indexed_in_memory(tmp_path: Path) -> None:
    scores(open_shop(tmp_path))
    assert not any(tmp_path.iterdir())


def test_the_indexes_of_another_catalog_are_made_anew(
    tmp_path: Path, built: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scores(open_shop(tmp_path))
    changed = {"mug-red": "red pan", "pan-red": "red mug"}
    after = scores(open_shop(tmp_path, **changed))
    assert len(built) == 2
    assert not equal(after, before)
    assert equal(after, scores(open_shop(None, **changed)))
    monkeypatch.setattr(stored_words, "version", lambda name: "0")
    scores(open_shop(tmp_path, **changed))
    assert len(built) == 3, "words may be cut otherwise"


def test_what_is_mapped_stays_whole_while_another_catalog_takes_its_place(
    tmp_path: Path, built: list[int]
) -> None:
    old = open_shop(tmp_path)
    before = scores(old)
    scores(open_shop(tmp_path, **{"mug-red": "something else"}))
    assert len(built) == 2
    assert equal(scores(old), before)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def shorten(path: Path) -> None:
    np.save(path, np.load(path)[:-1])


def test_damaged_indexes_are_made_anew(tmp_path: Path, built: list[int]) -> None:
    before = scores(open_shop(tmp_path))
    words = tmp_path / "words"
    title, brand = words / "title", words / "fields" / "brand"
    damages: list[tuple[Path, Callable[[Path], object]]] = [
        (words / "about.json", cut),
        (words / "about.json", lambda path: path.write_text("[]")),
        (words / "vocabulary.json", cut),
        (words / "vocabulary.json", Path.unlink),
        (title / "data.csc.index.npy", cut),
        (title / "data.csc.index.npy", shorten),
        (title / "indices.csc.index.npy", shorten),
        (title / "indptr.csc.index.npy", shorten),
        (brand / "indptr.csc.index.npy", lambda path: path.write_bytes(b"no index")),
        (brand / "data.csc.index.npy", lambda path: path.write_bytes(b"")),
        (brand / "indices.csc.index.npy", Path.unlink),
    ]
    for count, (path, damage) in enumerate(damages, start=2):
        damage(path)
        assert equal(scores(open_shop(tmp_path)), before), path
        assert len(built) == count


def test_a_catalog_without_words_has_no_scores(tmp_path: Path, built: list[int]) -> None:
    products = open_shop(None).products.assign(
        title="!", description=None, category=None, brand=None, attributes=None
    )
    tables = Tables({"products": products}, folder=tmp_path)
    assert not any(one.any() for one in scores(tables))
    assert len(full_text_index(tables).search("mug", 5)) == 0
    assert len(field_index(tables).search("mug", equal_weights(), 5)) == 0
    assert built == [24]
