"""The page of duels in both languages: blind lists, votes, the standing, and what it gives."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.duel.duel import Match, Side
from engine.duel.store import DuelStore
from engine.evidence.store import EvidenceStore
from engine.messages import LANGUAGES
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from tests.runs_double import make_run
from tests.shop_double import clean, open_page, said_on, small_shop


def press(app: AppTest, key: str) -> AppTest:
    return clean(app.button(key=key).click().run())


def text(code: str, language: str, **values: object) -> str:
    return i18n.catalog().say(f"duel.{code}", language, **values)


def begun(shop: Workspace) -> tuple[DuelStore, str]:
    store = DuelStore(shop)
    ids = tuple(f"P{n:02}" for n in range(20))
    matches = [Match("tea", ids, ids[::-1]), Match("mug", ids, ids[::-1])]
    sides = (Side("untuned", "hybrid_untuned"), Side("untuned", "bm25_all"))
    return store, store.begin(*sides, matches).duel_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_duel_of_two_models_is_begun_with_the_logs_queries(models, language) -> None:
    shop = small_shop(language)
    make_run(shop, "search", "search-1")
    app = clean(open_page("duel", shop, language))
    assert app.title[0].value == text("title", language)
    app = press(app, "duel_begin")
    (duel,) = DuelStore(shop).duels()
    assert (duel.first, duel.second) == (
        Side("search-1", "hybrid_tuned"),
        Side("untuned", "hybrid_untuned"),
    )
    assert {ask.run for ask in models.asked if ask.verb == "predict"} == {"search-1", "untuned"}
    said = said_on(app)
    assert text("ask", language) in said and text("verdict.none", language) in said
    assert "search-1" not in said and text("sides.untuned", language) not in said
    assert app.query_params["duel"] == duel.duel_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_vote_blind_until_somebody_asks_who_is_who(models, language) -> None:
    shop = small_shop(language)
    store, duel_id = begun(shop)
    app = clean(open_page("duel", shop, language, duel=duel_id))
    choice = next(one for one in app.button if (one.key or "").startswith("prefer_"))
    app = clean(choice.click().run())
    duel = store.duel(duel_id)
    assert len(store.winners(duel, "people")) == 1
    assert text("voters", language, n=1) in said_on(app)
    assert text("done", language, done=1, total=2) in [
        bar.proto.text for bar in app.get("progress")
    ]
    assert text("sides.words", language) not in said_on(app)
    assert not [one for one in app.button if one.key == "evidence_duel"]
    app = press(app, next(b.key for b in app.button if (b.key or "").endswith("_-1")))
    assert store.winners(duel, "people")[1] == "tie"
    assert text("all_done", language) in app.success[0].value
    app = press(app, "duel_unmask")
    assert text("sides.words", language) in said_on(app)
    app = press(app, "evidence_duel")
    (citation,) = EvidenceStore(shop).citations()
    assert (citation.kind, citation.page, citation.n) == ("comparison", "duel", 1)


def test_queries_of_ones_own_and_sides_that_are_the_same(models) -> None:
    shop = small_shop("en")
    app = clean(open_page("duel", shop))
    app.text_area(key="duel_queries").set_value("teapot\n\n teapot \nrain jacket")
    app = clean(app.run())
    first = app.selectbox(key="duel_first")
    assert len(first.options) == 2
    app.selectbox(key="duel_second").set_value(first.value)
    app = clean(app.run())
    assert app.button(key="duel_begin").disabled
    app.selectbox(key="duel_second").set_value(Side("untuned", "bm25_all"))
    app = press(clean(app.run()), "duel_begin")
    (duel,) = DuelStore(shop).duels()
    assert [match.query for match in duel.matches] == ["teapot", "rain jacket"]


def test_simulated_shoppers_need_a_log_that_says_what_was_shown(models) -> None:
    shop = small_shop("en")
    _, duel_id = begun(shop)
    app = press(clean(open_page("duel", shop, duel=duel_id)), "duel_simulate")
    assert "50" in app.error[0].value


def test_a_duel_that_is_gone_is_told_of(models) -> None:
    app = clean(open_page("duel", small_shop("en"), duel="nobody"))
    assert "does not exist" in app.error[0].value.replace("\\", "")
