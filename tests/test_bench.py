"""What `python -m engine bench` measures and writes."""

from pathlib import Path

import pytest

from engine.benchmarks import document, events, search
from engine.benchmarks.comparison import Comparison, Figure
from engine.benchmarks.cost import Cost, alternate
from engine.benchmarks.machine import this_machine
from engine.benchmarks.shop import simulated_products
from engine.cli import main


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
    # By words the two differ for some queries: words such as "for" find nothing with us.
    assert rows[0].holds, rows[0].check
    for row in rows:
        assert all(figure.ours > 0 and figure.peer for figure in row.figures)


def test_a_missing_peer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.benchmarks.loading.is_installed", lambda _: False)
    rows = events.compare("smallest")
    assert [row.missing for row in rows] == ["not_installed"]
    text = document.table(this_machine(), rows, "bench")
    assert "duckdb is not installed here: pip install -r requirements-bench.txt" in text


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
