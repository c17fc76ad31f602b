"""What `python -m engine bench` measures and writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from engine.benchmarks import document, events, held, memory, page, products, search, tuning
from engine.benchmarks.comparison import Comparison, Figure
from engine.benchmarks.cost import Cost, alternate
from engine.benchmarks.machine import this_machine
from engine.benchmarks.race import Look, race
from engine.benchmarks.shop import simulated_products
from engine.cli import main
from tests.tiny_shop import tiny_workspace


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a process of its own to show its memory runs here, where libraries are loaded."""

    def run_here(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
        held.main(*command[-2:])
        return Cost(1, 1, 1000)

    monkeypatch.setattr(held, "run_command", run_here)


def test_both_sides_are_measured_in_turn() -> None:
    order: list[str] = []

    def side(name: str, wall: float) -> Cost:
        order.append(name)
        return Cost(wall, 0.0)

    costs = alternate({"ours": lambda: side("ours", 1), "peer": lambda: side("peer", 2)}, 3)
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert costs["ours"].wall / costs["peer"].wall == 0.5


def test_search_has_both_sides_and_the_same_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "sample_products", lambda: simulated_products(120))
    rows = search.compare("smallest")
    assert [row.peer.split(" ")[0] for row in rows] == ["faiss-cpu", "bm25s"]
    for row in rows:
        assert row.holds, row.check
        assert all(figure.ours > 0 and figure.peer for figure in row.figures)


def test_memory_is_of_processes_that_find_the_same(
    monkeypatch: pytest.MonkeyPatch, model: str, in_this_process: None, home: Path
) -> None:
    monkeypatch.setattr("engine.models.precision.half_type", lambda _: None)
    monkeypatch.setattr("engine.benchmarks.openings.default_encoder", lambda _: model)
    monkeypatch.setattr(memory, "sample_products", lambda: simulated_products(120))
    (row,) = memory.compare("smallest")
    assert row.holds, row.check
    figures = {figure.name: figure for figure in row.figures}
    assert figures["peak memory"].ours == figures["peak memory"].peer == 1000
    assert figures["private memory"].ours > 0


def test_words_of_a_growing_catalog_score_the_same(in_this_process: None) -> None:
    (row,) = products.compare("smallest")
    assert row.holds, row.check
    names = [figure.name for figure in row.figures]
    assert names[:4] == [
        "opening, wall",
        "opening, processor",
        "a query, wall",
        "a query, processor",
    ]
    assert all(figure.ours > 0 and figure.peer > 0 for figure in row.figures)


def test_tunings_of_all_libraries_learn_from_the_same_rows(
    monkeypatch: pytest.MonkeyPatch, model: str, small_fits: None, home: Path
) -> None:
    monkeypatch.setattr(tuning, "default_encoder", lambda _: model)
    monkeypatch.setattr(tuning, "sample_shop", tiny_workspace)
    many, few, search_encoder = tuning.compare("smallest")
    assert [row.peer.split(" ")[0] for row in (many, few, search_encoder)] == [
        "transformers",
        "setfit",
        "sentence-transformers",
    ]
    for row in (many, search_encoder):
        # Three epochs are the default of both.
        assert row.check.count(",") == 2
        assert all(figure.ours > 0 and figure.peer > 0 for figure in row.figures)


def test_a_peer_has_got_there_after_the_first_epoch_as_good_as_ours() -> None:
    def looks(*qualities: float) -> list[Look]:
        return [Look(Cost(n, n), one) for n, one in enumerate(qualities, start=1)]

    def beside(*course: float) -> Comparison:
        return race("work", "peer", "F1", lambda _: looks(0.5), lambda _: looks(*course), 3)

    assert beside(0.4, 0.5, 0.6).figures[0] == Figure("wall", "s", 1, 2)
    never = beside(0.3, 0.2, 0.4)
    assert not never.holds
    assert never.figures[0] == Figure("wall", "s", 1, 3)


def test_a_missing_peer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.benchmarks.loading.is_installed", lambda _: False)
    rows = events.compare("smallest")
    assert [row.missing for row in rows] == ["not_installed"]
    text = document.table(this_machine(), rows, "bench")
    assert "duckdb is not installed here: pip install -r requirements-bench.txt" in text


def test_a_missing_browser_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "is_installed", lambda _: False)
    rows = page.compare("smallest")
    assert [row.missing for row in rows] == ["no_browser"]
    assert "Chromium" in document.table(this_machine(), rows, "bench")


def test_no_ratio_where_both_sides_did_something_else() -> None:
    figure = Figure("wall", "s", 1.0, 4.0)
    assert Comparison("work", "peer", (figure,)).ratio(figure) == 0.25
    other = Comparison("work", "peer", (figure,), "rows 1 and 2", holds=False)
    assert other.ratio(figure) is None
    assert "no ratio" in document.table(this_machine(), [other], "bench")


def test_the_table_is_written_between_the_marks(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    assert not document.write(file, "table\n")
    file.write_text(f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n", encoding="utf-8")
    assert document.write(file, "table\n")
    expected = f"before\n{document.BEGIN}\ntable\n{document.END}\nafter\n"
    assert file.read_text(encoding="utf-8") == expected
    file.write_text("no marks", encoding="utf-8")
    assert not document.write(file, "table\n")


def test_an_unknown_part_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--only", "astrology"]) == 2
    assert "loading" in capfd.readouterr().err
