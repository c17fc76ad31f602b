"""The page of the business case, in both languages."""

import json

import pytest

from engine.case.assumptions import Assumptions, Range
from engine.case.gain import Gain
from engine.case.store import Case, CaseStore
from engine.evidence.citation import Citation
from engine.experiment.plan import Plan
from engine.experiment.power import Design
from engine.experiment.result import Group, read_result
from engine.experiment.store import KeptResult, PlanStore
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from tests.runs_double import finish_run, make_run, make_shop
from tests.shop_double import clean, open_page, said_on, small_shop

TITLES = {"en": "Business case", "zh": "商业论证"}
VIEWS = {
    "en": ("Money", "Cash", "What to measure", "Cost of errors", "Formulas"),
    "zh": ("金额", "现金", "该测什么", "出错的代价", "公式"),
}
EXAMPLE = {"en": "This is an example", "zh": "这是示例"}
ZERO = {"en": "includes zero", "zh": "区间包含零"}
CHANGED = {"en": "data has changed since", "zh": "不计入"}
RICH = Range(10**6, 2 * 10**6, 3 * 10**6, "own")


def measured(shop: Workspace, low: float, high: float, fingerprint: str = "") -> str:
    """A finished run on today's data whose recommended system gained between `low` and `high`."""
    interval = {"delta": (low + high) / 2, "low": low, "high": high}
    return finish_run(
        shop,
        "search",
        recommended="tuned",
        primary_metric="ndcg@10",
        before={"ndcg@10": 0.3},
        after={"ndcg@10": 0.4},
        baselines={"bm25": {"ndcg@10": 0.3}},
        systems={"tuned": {"ndcg@10": 0.4}},
        paired={"against": {"bm25": interval}},
        data_fingerprint=fingerprint or shop.tables().fingerprint,
    )


def open_view(shop: Workspace, number: int, language: str = "en"):
    app = open_page("case", shop, language)
    app.session_state["case_view"] = VIEWS[language][number]
    return clean(app.run())


def figures(app) -> list[str]:
    return [metric.value for metric in app.metric]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_opens_on_a_marked_example(models, language) -> None:
    app = open_page("case", small_shop(language), language)
    for number, view in enumerate(VIEWS[language]):
        app.session_state["case_view"] = view
        clean(app.run())
        assert app.title[0].value == TITLES[language]
        assert EXAMPLE[language] in said_on(app)
        assert len(figures(app)) == 4
        assert len(app.get("latex")) == (6 if number == 4 else 0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_newest_run_is_where_a_case_starts(models, language) -> None:
    shop = small_shop(language)
    run_id = measured(shop, 0.02, 0.06)
    CaseStore(shop).save(Case(Assumptions().with_ranges(visits=RICH), None, 1.0))
    app = open_view(shop, 0, language)
    assert app.selectbox(key="case_gain").value == run_id
    assert "+0.040 [+0.020, +0.060]" in said_on(app)
    assert EXAMPLE[language] not in said_on(app) and ZERO[language] not in said_on(app)
    assert len(app.success) == 1
    clean(app.button(key="keep_case").click().run())
    gain = CaseStore(shop).read().gain
    assert gain is not None and gain.citation["source_id"] == run_id
    assert Citation.from_json(gain.citation).against == "bm25"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_interval_that_includes_zero_never_shows_only_profit(models, language) -> None:
    shop = small_shop(language)
    measured(shop, -0.001, 0.2)
    CaseStore(shop).save(Case(Assumptions().with_ranges(visits=RICH), None, 1.0))
    app = open_view(shop, 0, language)
    assert ZERO[language] in said_on(app)
    assert not app.success and len(app.warning) >= 1
    assert figures(app)[1].startswith("-") and float(figures(app)[2].rstrip("%")) >= 2.4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_gain_on_data_that_changed_never_counts(models, language) -> None:
    shop = small_shop(language)
    measured(shop, 0.05, 0.1, fingerprint="other data")
    CaseStore(shop).save(Case(Assumptions().with_ranges(visits=RICH), None, 1.0))
    app = open_view(shop, 0, language)
    assert CHANGED[language] in said_on(app)
    assert figures(app)[0].startswith("-") and figures(app)[2] == "100%"
    # A saved gain of a run that is gone is no choice any more.
    gone = Gain(0.5, 0.4, 0.6, "ndcg@10", {"kind": "run", "source_id": "search-gone"})
    CaseStore(shop).save(Case(Assumptions(), gone, 2.0))
    app = open_view(shop, 0, language)
    assert figures(app)[2] == "100%"


def test_what_the_team_changes_is_kept_and_can_be_taken_back(models) -> None:
    shop = small_shop()
    app = open_view(shop, 0)
    app.slider(key="case_months").set_value(24)
    clean(app.run())
    clean(app.button(key="keep_case").click().run())
    kept = CaseStore(shop).read()
    assert kept is not None and kept.assumptions.months == 24
    assert kept.gain is None  # an example is nobody's gain
    own = kept.assumptions.with_ranges(margin=Range(0.5, 0.6, 0.7, "own"))
    CaseStore(shop).save(Case(own, kept.gain, 5.0))
    app = open_view(shop, 0)
    clean(app.button(key="reset_case").click().run())
    reset = CaseStore(shop).read()
    assert reset is not None and reset.assumptions == Assumptions()


def test_a_gain_of_ones_own_and_one_that_cannot_be(models) -> None:
    app = open_view(small_shop(), 0)
    app.selectbox(key="case_gain").set_value("own")
    clean(app.run())
    assert "+0.030 [+0.010, +0.050]" in said_on(app)
    app.number_input(key="own_gain_low").set_value(0.04)
    clean(app.run())
    assert figures(app)[2] == "100%" and len(app.error) == 2


def test_a_kept_experiment_replaces_the_link(models) -> None:
    shop = small_shop()
    result = read_result(Group(20_000, 0.05), Group(20_000, 0.06), Design())
    PlanStore(shop).save_result(KeptResult(result, "visit_conversion", 3.0))
    app = open_view(shop, 0)
    app.selectbox(key="case_gain").set_value("experiment")
    clean(app.run())
    assert "Sales: +20%" in said_on(app)
    mismatch = read_result(Group(20_000, 0.05), Group(25_000, 0.06), Design())
    PlanStore(shop).save_result(KeptResult(mismatch, "visit_conversion", 4.0))
    app = open_view(shop, 0)
    app.selectbox(key="case_gain").set_value("experiment")
    clean(app.run())
    assert figures(app)[2] == "100%"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_to_measure_names_the_planned_experiment(models, language) -> None:
    shop = small_shop(language)
    PlanStore(shop).save(
        Plan("", "visit_conversion", "ratio", 0.1, 0.1, 0.05, 21, 40_000, created=1.0)
    )
    CaseStore(shop).save(
        Case(Assumptions().with_ranges(visits=Range(5e4, 1e5, 2e5, "own")), None, 1.0)
    )
    app = open_view(shop, 2, language)
    assert any("21" in str(box.value) for box in app.info)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_two_prices_become_a_threshold_and_money(models, language) -> None:
    shop = make_shop(language)
    run: Run = make_run(shop, "intent", "intent-1")
    app = open_view(shop, 3, language)
    assert "75%" in said_on(app)
    assert app.selectbox(key="error_run_id").value == run.run_id
    app.number_input(key="price_miss").set_value(9.0)
    clean(app.run())
    assert "25%" in said_on(app)


def test_hostile_texts_on_disk_are_shown_as_they_are(models) -> None:
    shop = small_shop()
    run_id = measured(shop, 0.02, 0.06)
    file = shop.folder / "runs" / run_id / "run.json"
    record = json.loads(file.read_text()) | {"primary_metric": "**x** <b> :red[y]"}
    file.write_text(json.dumps(record))
    assert "**x** <b> :red[y]" in said_on(open_view(shop, 0))
