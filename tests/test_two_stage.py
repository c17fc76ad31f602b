"""Large catalogs: a static encoder finds what the encoder then puts in order."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import pytest

from engine.labelling.clicks import clicked, most_clicked
from engine.models import timing
from engine.models.encoder import Encoder, load_encoder
from engine.models.static_encoder import distil
from engine.progress import Silent
from engine.retrieval import reading_speed, two_stage
from engine.retrieval.cells import Cells
from engine.retrieval.dense import DenseIndex
from engine.retrieval.known_vectors import KnownVectors
from engine.retrieval.reading_speed import count_readable, recall_reading
from engine.retrieval.two_stage import TwoStageIndex, open_two_stage
from engine.simulation.tiny_shop import tiny_frames
from engine.tables.product_text import passages, passages_in
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.search import cost, opening
from engine.tasks.search.answers import Condition, SearchInput, WhyInput
from engine.tasks.search.bundle import SearchBundle
from engine.tasks.tiny import FAST
from tests.tiny_shop import tiny_tables

WORDS = (
    "red",
    "blue",
    "steel",
    "oak",
    "mug",
    "pan",
    "lamp",
    "scale",
    "made",
    "every",
    "day",
    "for",
)
QUERIES = ["red mug", "steel pan for every day", "a lamp"]


@pytest.fixture(scope="module")
def encoder(model: str) -> Encoder:
    return load_encoder(model, 32)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny shop counts as a large one."""
    monkeypatch.setattr(opening, "LARGE", 10)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each static encoder was distilled from."""
    made: list[int] = []

    def counting(encoder: Encoder, texts: Sequence[str], *others: object) -> object:
        made.append(len(texts))
        return distil(encoder, texts, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(two_stage, "distil", counting)
    return made


def sentences(count: int, seed: int) -> list[str]:
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, draw.integers(3, 9))) for _ in range(count)]


def unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths, dtype=np.float32)


def of_words(texts: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """What an encoder would say that really is a mean of its tokens."""
    return unit(np.stack([truth[[WORDS.index(w) for w in t.split()]].mean(0) for t in texts]))


def test_a_static_encoder_recovers_vectors_that_are_means_of_tokens(encoder: Encoder) -> None:
    truth = np.random.default_rng(5).standard_normal((len(WORDS), encoder.dimension))
    known, others = sentences(400, 1), sentences(50, 2)
    static = distil(encoder, known, of_words(known, truth), Silent())
    cosines = (static.encode(others) * of_words(others, truth)).sum(axis=1)
    # Not 1: of each mean the encoder gives the direction, but not the length.
    assert cosines.mean() > 0.97
    blind = distil(encoder, known, of_words(known, truth)[::-1].copy(), Silent())
    assert (blind.encode(others) * of_words(others, truth)).sum(axis=1).mean() < 0.8


def test_equal_texts_give_equal_static_vectors_of_length_1(encoder: Encoder) -> None:
    texts = sentences(60, 3)
    vectors = encoder.encode(texts)
    first, again = (distil(encoder, texts, vectors, Silent()).encode(texts) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.linalg.norm(first, axis=1) == pytest.approx(1.0, abs=1e-5)
    static = distil(encoder, texts, vectors, Silent())
    assert not static.encode([""]).any()


def test_texts_of_some_rows_are_those_of_the_whole_catalog() -> None:
    products = tiny_frames()["products"]
    products.loc[3, "description"] = None
    in_parts = pd.concat([products.iloc[:7], products.iloc[7:]])
    whole = passages(products).tolist()
    assert passages_in(in_parts, np.array([9, 3, 0])) == [whole[row] for row in (9, 3, 0)]
    assert passages_in(in_parts, slice(5, 12)) == whole[5:12]


def test_rare_rows_are_found_in_whichever_cells_they_lie(tmp_path: Path) -> None:
    vectors = unit(np.random.default_rng(0).standard_normal((4000, 16)))
    Cells.build(vectors, [vectors[:1500], vectors[1500:]]).write(tmp_path / "cells")
    cells = Cells.read(tmp_path / "cells")
    keep = np.zeros(4000, dtype=bool)
    keep[[7, 1700, 3999]] = True
    ((rows, scores),) = cells.nearest(vectors[:1], 10, keep)
    assert sorted(rows) == [7, 1700, 3999]
    assert scores == pytest.approx(vectors[rows] @ vectors[0], abs=0.02)
    ((rows, _),) = cells.nearest(vectors[20:21], 3)
    assert rows[0] == 20
    assert cells.vectors([20])[0] == pytest.approx(vectors[20], abs=0.02)
    assert len(cells.nearest(vectors[:1], 10, np.zeros(4000, dtype=bool))[0][0]) == 0


def both_ways(encoder: Encoder) -> tuple[DenseIndex, TwoStageIndex]:
    products = tiny_frames()["products"]
    ids, texts = products["product_id"].tolist(), passages(products).tolist()
    exact = DenseIndex(ids, ids, encoder.encode(texts))
    staged = open_two_stage(None, encoder, ids, partial(passages_in, products), Silent())
    return exact, staged


def test_two_stages_answer_as_the_encoder_where_it_reads_all_that_is_found(
    encoder: Encoder,
) -> None:
    exact, staged = both_ways(encoder)
    queries = encoder.encode(QUERIES, "query")
    for one, other in zip(exact.search(queries, 10), staged.search(queries, 10), strict=True):
        assert other.scores == pytest.approx(one.scores, abs=1e-5)
        # Equal texts of different products may stand in either order.
        assert exact.cosine(queries[0], one.product_ids[0]) == pytest.approx(
            staged.cosine(queries[0], one.product_ids[0]), abs=1e-5
        )
    keep = np.arange(len(exact.product_ids)) % 3 == 0
    kept = {name for name, wanted in zip(exact.product_ids, keep, strict=True) if wanted}
    assert set(staged.search(queries[:1], 24, keep)[0].product_ids) == kept
    nothing = staged.search(queries, 5, np.zeros(len(keep), dtype=bool))
    assert [one.product_ids for one in nothing] == [[]] * len(queries)


def slow(index: TwoStageIndex, encoder: Encoder, readable: int, known: int) -> TwoStageIndex:
    """The same where the encoder reads few products for a question, and has read few."""
    products = tiny_frames()["products"]
    rows = index.known.rows[:known]
    return TwoStageIndex(
        index.product_ids,
        partial(passages_in, products),
        encoder,
        index.cells,
        KnownVectors(rows, index.known.of(rows)),
        reading_speed.SECONDS / (readable + 0.5),
    )


def test_a_slow_machine_reads_few_products_and_moves_the_others_by_what_that_adds(
    encoder: Encoder,
) -> None:
    exact, whole = both_ways(encoder)
    query = encoder.encode(QUERIES[:1], "query")
    index = slow(whole, encoder, readable=3, known=4)
    (found,) = index.search(query, 24)
    assert list(found.scores) == sorted(found.scores, reverse=True)
    ((rows, scores),) = index.cells.nearest(query, 24)
    static = dict(zip((index.product_ids[row] for row in rows), scores, strict=True))
    read = [index.product_ids[row] for row in rows if row not in index.known.rows][:3]
    read += [index.product_ids[row] for row in rows if row in index.known.rows]
    answered = dict(zip(found.product_ids, found.scores, strict=True))
    assert answered.keys() == static.keys()
    assert 3 < len(read) <= 7
    for name in read:
        assert answered[name] == pytest.approx(exact.cosine(query[0], name), abs=1e-5)
    added = np.mean([answered[name] - static[name] for name in read])
    for name in answered.keys() - set(read):
        assert answered[name] == pytest.approx(static[name] + added, abs=1e-5)


def test_an_answer_depends_neither_on_earlier_questions_nor_on_those_beside_it(
    encoder: Encoder,
) -> None:
    _, whole = both_ways(encoder)
    queries = encoder.encode(QUERIES, "query")
    index = slow(whole, encoder, readable=2, known=0)
    alone = [index.search(query[None], 10)[0] for query in queries]
    together = slow(whole, encoder, readable=2, known=0).search(queries, 10)
    for one, other in zip(alone, together, strict=True):
        assert one.product_ids == other.product_ids
        assert one.scores == pytest.approx(other.scores, abs=1e-5)
    again = [index.search(query[None], 10)[0] for query in queries]
    assert [one.product_ids for one in again] == [one.product_ids for one in alone]


def test_the_products_that_are_sought_are_read_first(encoder: Encoder) -> None:
    products = tiny_frames()["products"]
    ids = products["product_id"].tolist()
    texts_of = partial(passages_in, products)
    sought = [ids[11], "gone", ids[2], ids[5]]
    index = open_two_stage(None, encoder, ids, texts_of, Silent(), 6, lambda: sought)
    read = [ids[row] for row in index.known.rows]
    assert len(read) == 6
    assert {ids[11], ids[2]} <= set(read)
    texts = texts_of(index.known.rows)
    assert index.known.vectors == pytest.approx(encoder.encode(texts), abs=1e-5)


def test_clicks_and_purchases_say_which_products_are_sought() -> None:
    tables = tiny_tables("search")
    weights = clicked(tables).groupby("product_id")["weight"].sum()
    first = most_clicked(tables)
    assert set(first) == set(weights.index)
    assert weights[first].is_monotonic_decreasing
    assert most_clicked(Tables({"products": tables.products}, "en")) == []


def test_reading_is_measured_once_a_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = iter([0.004, 0.02, 0.5])
    assert recall_reading(tmp_path, lambda: next(measured)) == 0.004
    assert recall_reading(tmp_path, lambda: next(measured)) == 0.004
    (file,) = tmp_path.iterdir()
    file.write_text("{", encoding="utf-8")
    assert recall_reading(tmp_path, lambda: next(measured)) == 0.02
    monkeypatch.setattr(timing, "this_machine", lambda: {"processor": "another"})
    assert recall_reading(tmp_path, lambda: next(measured)) == 0.5
    assert [count_readable(seconds) for seconds in (1e-6, 0.004, 0.02, 0.5)] == [32, 20, 4, 1]


def open_shop(tables: Tables, model: str, folder: Path) -> SearchBundle:
    task, fresh = get_task("search"), replace(tables, folder=folder)
    bundle = task.untuned(fresh, task.config("quick", tables, model=model, **FAST), Silent())
    assert isinstance(bundle, SearchBundle)
    return bundle


@pytest.mark.usefixtures("large")
def test_a_large_catalog_is_made_once_and_searched_after_a_restart(
    model: str, tmp_path: Path, made: list[int]
) -> None:
    tables, task = tiny_tables(), get_task("search")
    questions = [SearchInput(query) for query in QUERIES]
    first = open_shop(tables, model, tmp_path)
    assert isinstance(first.dense, TwoStageIndex)
    answers = task.predict(first, questions)
    assert task.predict(open_shop(tables, model, tmp_path), questions) == answers
    assert made == [len(tables.products)]

    cheap = (Condition("price", high=12.0),)
    (some,) = task.predict(first, [SearchInput("red mug", 50, cheap)])
    prices = tables.products.set_index("product_id")["price"]
    assert some.systems["untuned"]
    assert all(prices[name] <= 12 for name, _ in some.systems["untuned"])

    frames = dict(tables.frames)
    frames["products"] = frames["products"].assign(title="a new " + frames["products"]["title"])
    open_shop(Tables(frames, "en"), model, tmp_path)
    assert len(made) == 2, "other texts, other vectors"


@pytest.mark.usefixtures("large")
def test_a_large_catalog_that_the_encoder_has_read_is_searched_by_its_vectors(
    model: str, tmp_path: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = tiny_tables()
    with monkeypatch.context() as small:
        small.setattr(opening, "LARGE", 10_000)
        whole = open_shop(tables, model, tmp_path)
    again = open_shop(tables, model, tmp_path)
    assert isinstance(again.dense, DenseIndex)
    assert (again.dense.vectors == whole.dense.vectors).all()
    frames = dict(tables.frames)
    frames["products"] = frames["products"].assign(title="a new " + frames["products"]["title"])
    assert isinstance(open_shop(Tables(frames, "en"), model, tmp_path).dense, TwoStageIndex)
    assert len(made) == 1


@pytest.mark.usefixtures("large")
def test_damaged_cells_are_made_anew(model: str, tmp_path: Path, made: list[int]) -> None:
    tables, task = tiny_tables(), get_task("search")
    answers = task.predict(open_shop(tables, model, tmp_path), [SearchInput("red mug")])
    (cells,), (about,) = tmp_path.rglob("static.faiss"), tmp_path.rglob("static.json")
    whole = cells.read_bytes()

    def missing(path: Path) -> None:
        path.unlink()

    known, rows = next(tmp_path.rglob("known.npy")), next(tmp_path.rglob("known_rows.npy"))
    damages = [
        (known, lambda path: path.write_bytes(path.read_bytes()[:200])),
        (known, missing),
        (rows, lambda path: np.save(path, np.arange(2))),
        (cells, lambda path: path.write_bytes(whole[: len(whole) // 2])),
        (cells, lambda path: path.write_bytes(b"no index")),
        (cells, lambda path: faiss.write_index(faiss.IndexFlatIP(3), str(path))),
        (cells, missing),
        (about, lambda path: path.write_text("{")),
        (about, lambda path: path.write_text("[]")),
        (about, missing),
    ]
    for count, (path, damage) in enumerate(damages, start=2):
        damage(path)
        assert task.predict(open_shop(tables, model, tmp_path), [SearchInput("red mug")]) == answers
        assert len(made) == count


def test_a_large_catalog_is_not_counted_as_read_whole(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, tables = get_task("search"), tiny_tables("search")
    config = task.config("quick", tables, model=model, **FAST)
    dataset = task.dataset(tables, config)
    monkeypatch.setattr(cost, "EXACT", 0)
    monkeypatch.setattr(cost, "TAUGHT_BY", 2)
    whole = task.workload(dataset, config)
    monkeypatch.setattr(cost, "LARGE", 10)
    some = task.workload(dataset, config)
    assert some.encode_tokens < whole.encode_tokens
    assert len(some.phases) == len(whole.phases) + 1
    assert all(phase.seconds_per_unit() > 0 for phase in some.phases)


@pytest.mark.usefixtures("large")
def test_a_tuned_model_searches_a_large_catalog_and_comes_back_from_disk(
    model: str, tmp_path: Path
) -> None:
    task, tables = get_task("search"), tiny_tables("search")
    config = task.config("quick", tables, model=model, **FAST)
    bundle = task.train(task.dataset(tables, config), config, tmp_path / "run", Silent())
    bundle.save(tmp_path / "bundle")
    loaded = task.load(tmp_path / "bundle", tables)
    assert isinstance(loaded.dense, TwoStageIndex)
    questions = [SearchInput(query) for query in QUERIES]
    assert task.predict(loaded, questions) == task.predict(bundle, questions)
    why = task.explain(loaded, WhyInput("red mug", "mug-red"))
    assert -1 <= why.cosine <= 1
