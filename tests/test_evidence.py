"""Citations: what they carry, when they hold, and that a grey one never counts."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.evaluation.compare import Interval
from engine.evidence import ledger
from engine.evidence.citation import Citation, CitationState
from engine.evidence.log_figures import read_log_figures
from engine.evidence.store import EvidenceStore, measured
from engine.evidence.words import say_citation, say_state, say_value
from engine.messages import LANGUAGES
from engine.storage.files import write_json
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome, tuning
from tests.runs_double import make_run, make_shop


@pytest.fixture(autouse=True)
def state_folder(home: Path) -> None:
    """Every test has a state folder of its own."""


def trained(shop: Workspace, run_id: str = "search-1", task: str = "search", **about) -> Run:
    """A run of the data as it is now."""
    run = make_run(shop, task, run_id, **about)
    run = dataclasses.replace(run, data_fingerprint=shop.tables().fingerprint)
    write_json(shop.folder / "runs" / run_id / "run.json", run.as_json())
    return run


def test_a_run_is_cited_against_its_hardest_baseline_and_its_twin() -> None:
    shop = make_shop("en")
    run = trained(shop)
    citation = ledger.cite_run(shop, run)
    result = outcome(run)
    assert (citation.against, citation.value) == (result.baseline, result.interval.delta)
    assert (citation.low, citation.high) == (result.interval.low, result.interval.high)
    assert citation.base == run.baselines[result.baseline][run.primary_metric]
    assert (citation.page, citation.parameters["run"]) == ("compare", run.run_id)
    twin = tuning(run)
    of_tuning = ledger.cite_tuning(shop, run)
    if twin is None:
        assert of_tuning is None
    else:
        assert of_tuning.against == twin.twin
    with pytest.raises(InputError):
        ledger.cite_run(shop, run, "nobody")


def test_a_comparison_is_that_of_the_same_rows_alone() -> None:
    shop = make_shop("en")
    strong, weak = trained(shop, "a", skill=0.95), trained(shop, "b", skill=0.3)
    citation = ledger.cite_comparison(shop, strong, weak)
    other_way = ledger.cite_comparison(shop, weak, strong)
    assert citation.value > 0 and citation.low > 0
    assert citation.value == pytest.approx(-other_way.value)
    with pytest.raises(InputError):
        ledger.cite_comparison(shop, strong, trained(shop, "c", rows=50))


def test_a_citation_survives_json_and_has_one_id() -> None:
    shop = make_shop("en")
    citation = ledger.cite_run(shop, trained(shop))
    again = Citation.from_json(citation.as_json())
    assert again == citation
    assert dataclasses.replace(citation, created=9.0).id == citation.id
    assert dataclasses.replace(citation, value=0.0).id != citation.id
    with pytest.raises(InputError):
        Citation.from_json({"kind": "rumour", "source_id": "x"})


def test_a_citation_holds_while_run_and_data_are_those_that_were_measured() -> None:
    shop = make_shop("en")
    citation = ledger.cite_run(shop, trained(shop))
    assert ledger.state(shop, citation) == CitationState("valid")
    products = shop.tables().products.copy()
    products.loc[0, "title"] = "Another kettle"
    shop.replace_tables({"products": products}, {})
    assert ledger.state(shop, citation).reason == "data_changed"
    shop.undo_load()
    assert ledger.state(shop, citation).valid
    shutil.rmtree(shop.folder / "runs" / "search-1")
    assert ledger.state(shop, citation).reason == "run_gone"


def test_labels_of_its_own_task_turn_it_grey_and_those_of_others_do_not() -> None:
    shop = make_shop("en")
    shop.correct("search", {"kettle": {"p1": "3"}})
    citation = ledger.cite_run(shop, trained(shop))
    shop.correct("sentiment", {"fine": {"sentiment": "positive"}})
    shop.correct("sentiment", {"fine": {"sentiment": "negative"}, "bad": {"sentiment": "neutral"}})
    assert ledger.state(shop, citation).valid
    shop.correct("search", {"kettle": {"p1": "0"}})
    assert ledger.state(shop, citation).reason == "judgments_changed"
    report = ledger.cite_queries(shop, "changed@10", [1.0, 2.0, 5.0])
    shop.correct("search", {"kettle": {"p1": "1"}})
    assert ledger.state(shop, report).valid


def test_a_run_that_was_measured_on_other_data_is_grey() -> None:
    shop = make_shop("en")
    citation = ledger.cite_run(shop, make_run(shop, "search", "search-1"))
    assert ledger.state(shop, citation).reason == "data_changed"
    changed = dataclasses.replace(citation, data_fingerprint=shop.tables().fingerprint)
    assert ledger.state(shop, changed).reason == "run_changed"


def test_queries_are_cited_with_an_interval_around_their_mean() -> None:
    shop = make_shop("en")
    citation = ledger.cite_queries(
        shop, "ndcg@10", [0.1, 0.3, float("nan"), -0.2], kind="judgments"
    )
    assert citation.value == pytest.approx(0.2 / 3)
    assert citation.low < citation.value < citation.high
    assert citation.n == 3 and citation.includes_zero
    with pytest.raises(InputError):
        ledger.cite_queries(shop, "ndcg@10", [float("nan")])


def test_figures_of_the_log_are_counted_from_the_tables() -> None:
    shop = make_shop("en")
    figures = {figure.name: figure for figure in read_log_figures(shop.tables())}
    # The shop's log has no sessions and it has no reviews, so only the catalog can be counted.
    assert set(figures) == {"bare_products"}
    assert figures["bare_products"].share.value == 0.0
    citation = ledger.cite_log(shop, figures["bare_products"])
    assert citation.unit == "share" and ledger.state(shop, citation).valid


def test_the_store_keeps_each_figure_once_and_offers_all_that_was_measured() -> None:
    shop = make_shop("en")
    run = trained(shop)
    store = EvidenceStore(shop)
    assert store.citations() == ()
    opinion = ledger.cite_opinion("  Shoppers \n want this. ")
    assert opinion.note == "Shoppers want this."
    simulation = ledger.cite_simulation(shop, run.run_id, "thompson", Interval(3.0, 1.0, 5.0), 500)
    assert store.add(simulation) == store.add(simulation) == simulation.id
    assert [one.id for one in store.citations()] == [simulation.id]
    kinds = [one.kind for one in measured(shop, shop.tables())]
    assert kinds[0] == "simulation" and {"run", "log"} < {*kinds}
    with pytest.raises(InputError):
        ledger.cite_opinion(" \n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citation_is_said_with_all_that_finds_it(language: str) -> None:
    shop = make_shop(language)
    citation = ledger.cite_run(shop, trained(shop))
    sentence = say_citation(citation, language)
    assert say_value(citation) in sentence and "search-1" in sentence and "nDCG@10" in sentence
    assert say_state(ledger.state(shop, citation), language)
    experiment = ledger.cite_experiment("plan-1", "bought", Interval(0.01, 0.002, 0.018), 9000)
    assert ledger.state(shop, experiment).valid
    assert "+0.010" in say_citation(experiment, language)
