"""The page that plans experiments and reads them, in both languages."""

import pandas as pd
import pytest

from engine.experiment.store import PlanStore
from engine.storage.workspace import Workspace
from pages.ui.experiment import looks
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop, whole
from tests.test_experiment import shop_rows

TITLES = {"en": "Experiment", "zh": "实验"}
VIEWS = {
    "en": ("Plan", "Looking early", "Read a result", "Formulas"),
    "zh": ("规划", "提前偷看", "解读结果", "公式"),
}
EXAMPLE = {"en": "This is an example", "zh": "虚构顾客"}
ONCE = {"en": "counts once", "zh": "只算一位"}
CAPPED = {"en": "long tail is cut", "zh": "长尾已截断"}
VERDICTS = {
    "en": ("is better", "is worse", "Nothing is certain", "Do not read this test"),
    "zh": ("更好", "更差", "尚无定论", "请不要解读"),
}
COUNTS = (
    "A 10000 500\nB 10000 600",
    "A 10000 600\nB 10000 500",
    "A 10000 500\nB 10000 510",
    "A 10000 500\nB 12000 700",
)


@pytest.fixture(autouse=True)
def same_game(monkeypatch) -> None:
    """The game's seed is drawn at random: the same one in every test run."""
    monkeypatch.setattr(looks.secrets, "randbelow", lambda _: 7)


def logged(language: str = "en") -> Workspace:
    """A shop whose shoppers come again."""
    shop = small_shop(language)
    searches, orders = shop_rows()
    shop.replace_tables({"searches": searches, "orders": orders}, {})
    return shop


def open_view(shop: Workspace, number: int, language: str = "en"):
    app = open_page("experiment", shop, language)
    app.session_state["experiment_view"] = VIEWS[language][number]
    return clean(app.run())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_opens_on_the_log_or_on_a_marked_example(models, language) -> None:
    for shop, is_example in ((logged(language), False), (bare(language), True)):
        app = open_page("experiment", shop, language)
        for number, view in enumerate(VIEWS[language]):
            app.session_state["experiment_view"] = view
            clean(app.run())
            assert app.title[0].value == TITLES[language]
            assert (EXAMPLE[language] in said_on(app)) == is_example
            assert ONCE[language] in said_on(app)
            assert len(app.get("latex")) == (6 if number == 3 else 0)
            assert number != 0 or app.button(key="keep_plan").disabled == is_example
        shop.delete()


def bare(language: str) -> Workspace:
    """A shop without a log."""
    shop = Workspace.create("bare", language)
    products = pd.DataFrame({"product_id": ["1"], "title": [HOSTILE]})
    shop.replace_tables({"products": whole("products", products)}, {})
    return shop


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_plan_is_kept_with_what_was_chosen(models, language) -> None:
    shop = logged(language)
    app = open_view(shop, 0, language)
    app.selectbox(key="experiment_metric").set_value("revenue_per_shopper")
    app.slider(key="experiment_days").set_value(20)
    app.slider(key="experiment_treated").set_value(20)
    app.toggle(key="experiment_cuped").set_value(True)
    clean(app.run())
    assert CAPPED[language] in said_on(app)
    app.text_area(key="hypothesis").set_value(HOSTILE)
    clean(app.button(key="keep_plan").click().run())
    plan = PlanStore(shop).read()
    assert plan is not None
    assert (plan.metric, plan.days, plan.design.treated) == ("revenue_per_shopper", 20, 0.2)
    assert plan.hypothesis == HOSTILE and plan.cap and 0 < plan.cuped < 1
    assert {one.metric for one in plan.guardrails} == {"search_clicks"}
    assert plan.data_fingerprint == shop.tables().fingerprint
    assert "20" in app.caption[-1].value


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_result_is_read_in_plain_words(models, language) -> None:
    shop = logged(language)
    app = open_view(shop, 2, language)
    for text, verdict in zip(COUNTS, VERDICTS[language], strict=True):
        app.text_area(key="counts").set_value(text)
        clean(app.run())
        assert verdict in said_on(app) + "".join(box.value for box in app.success)
    app.text_area(key="counts").set_value(COUNTS[0])
    clean(app.run())
    clean(app.button(key="keep_result").click().run())
    kept = PlanStore(shop).result()
    assert kept is not None and kept.metric == "visit_conversion"
    assert kept.result.verdict == "better" and kept.result.relative == pytest.approx(0.2)
    app.text_area(key="counts").set_value("nothing")
    clean(app.run())
    assert len(app.error) == 1


def test_stopping_the_game_shows_what_luck_does(models) -> None:
    app = open_view(logged(), 1)
    assert not app.button(key="aa_stop").disabled
    clean(app.button(key="aa_next").click().run())
    assert "Day 4" in said_on(app)
    clean(app.button(key="aa_stop").click().run())
    assert app.button(key="aa_next").disabled
    boxes = "".join(box.value for box in (*app.success, *app.error))
    assert "You stopped on day 4" in boxes and "other games" in said_on(app)
    clean(app.button(key="aa_again").click().run())
    assert "Day 3" in said_on(app) and not app.button(key="aa_stop").disabled
