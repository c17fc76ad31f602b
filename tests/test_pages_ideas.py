"""The page of ideas in both languages, and the way of a figure from where it was measured."""

import dataclasses
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.evidence.ledger import cite_opinion, cite_run
from engine.evidence.ledger import state as ledger_state
from engine.evidence.store import EvidenceStore
from engine.evidence.words import say_metric
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.ideas.score import level_of
from engine.messages import LANGUAGES, say
from engine.serving import client
from engine.serving.question import Question
from engine.storage.files import write_json
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import Draft
from pages.ui.frame import i18n
from tests.doubles.pipe import receive, reply
from tests.runs_double import make_run, make_shop
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop


@pytest.fixture(autouse=True)
def state(home) -> None:
    """Every test has a state folder of its own."""


def trained(shop: Workspace) -> Run:
    run = make_run(shop, "search", "search-1", skill=0.95)
    run = dataclasses.replace(run, data_fingerprint=shop.tables().fingerprint)
    write_json(shop.folder / "runs" / "search-1" / "run.json", run.as_json())
    return run


def press(app: AppTest, key: str) -> AppTest:
    return clean(app.button(key=key).click().run())


def field(app: AppTest, kind: str, name: str) -> Any:
    return next(box for box in app.get(kind) if (box.key or "").startswith(f"idea_{name}_"))


def press_save(app: AppTest, key: str = "ideas_save") -> AppTest:
    return clean(next(one for one in app.button if one.key == key).click().run())


def page(name: str, language: str, **values: object) -> str:
    return i18n.catalog().say(f"ideas.{name}", language, **values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_board_shows_an_example_that_can_be_opened_and_taken_over(language) -> None:
    shop = make_shop(language)
    app = clean(open_page("ideas", shop, language))
    assert say("ideas.example.title", language) in said_on(app)
    assert page("example", language) in said_on(app)
    app = press(app, "open_example")
    assert field(app, "text_area", "pain").value == say("ideas.fields.pain.example", language)
    assert say("ideas.levels.opinion", language) in said_on(app)
    assert IdeaBoard(shop).cards() == ()
    app = press(press(app, "ideas_back"), "take_over")
    (card,) = IdeaBoard(shop).cards()
    assert card.title == say("ideas.example.title", language) and not card.evidence
    assert page("empty", language) not in said_on(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_is_written_saved_moved_voted_for_and_undone(language) -> None:
    shop = make_shop(language)
    app = press(clean(open_page("ideas", shop, language)), "ideas_new")
    field(app, "text_input", "title").set_value(HOSTILE)
    field(app, "text_area", "idea").set_value("meaning")
    app = press_save(app)
    (card,) = IdeaBoard(shop).cards()
    assert (card.title, card.idea) == (HOSTILE[:80].strip(), "meaning")
    field(app, "text_area", "idea").set_value("other")
    app = press_save(app)
    assert IdeaBoard(shop).card(card.id).idea == "other"
    app = press(app, "ideas_undo")
    assert field(app, "text_area", "idea").value == "meaning"
    app = press(press(app, "ideas_back"), f"forward_{card.id}")
    assert IdeaBoard(shop).card(card.id).column == "framed"
    app = press(app, f"vote_{card.id}")
    assert IdeaBoard(shop).votes() == {card.id: 1}
    app = press(app, f"vote_{card.id}")
    assert IdeaBoard(shop).votes() == {}
    assert "<img" in said_on(app)


def test_somebody_who_was_faster_is_told_of_and_both_texts_can_be_kept() -> None:
    shop = make_shop("en")
    board = IdeaBoard(shop)
    card = board.save(Card(title="Idea", idea="start"))
    app = press(clean(open_page("ideas", shop)), f"open_{card.id}")
    board.save(dataclasses.replace(card, idea="theirs", author="Ada"))
    field(app, "text_area", "idea").set_value("mine")
    app = press_save(app)
    assert "Ada changed" in said_on(app) and board.card(card.id).idea == "theirs"
    app = press(app, "keep_both")
    assert board.card(card.id).idea == "theirs\nmine"
    assert field(app, "text_area", "idea").value == "theirs\nmine"


@pytest.mark.parametrize("language", LANGUAGES)
def test_evidence_is_attached_from_what_was_measured_and_decides_the_confidence(language) -> None:
    shop = make_shop(language)
    run = trained(shop)
    card = IdeaBoard(shop).save(Card(title="Idea", impact=4, effort=2))
    app = press(clean(open_page("ideas", shop, language)), f"open_{card.id}")
    assert say("ideas.levels.none", language) in said_on(app)
    choice = next(box for box in app.selectbox if (box.key or "").startswith("idea_choose_"))
    citation = cite_run(shop, run)
    choice.set_value(citation.id)
    app = press(clean(app.run()), "attach")
    assert IdeaBoard(shop).card(card.id).evidence == (citation,)
    assert say("ideas.levels.offline", language) in said_on(app)
    products = shop.tables().products.copy()
    products.loc[0, "title"] = "Another"
    shop.replace_tables({"products": products}, {})
    app = clean(app.run())
    assert say("evidence.states.data_changed", language) in said_on(app)
    assert say("ideas.levels.none", language) in said_on(app)
    field(app, "text_input", "opinion").set_value("I believe it")
    app = press_save(app, "add_opinion")
    assert say("ideas.levels.opinion", language) in said_on(app)
    app = press(app, f"detach_{citation.id}")
    assert [one.kind for one in IdeaBoard(shop).card(card.id).evidence] == ["opinion"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_compare_offers_its_verdict_as_an_idea(language) -> None:
    shop = make_shop(language)
    run = trained(shop)
    app = clean(open_page("compare", shop, language, task="search"))
    app = press(app, "evidence_run")
    assert app.title[0].value == page("title", language)
    (citation,) = EvidenceStore(shop).citations()
    assert citation.id == cite_run(shop, run).id
    app = clean(open_page("ideas", shop, language, cite=citation.id))
    app = press(app, "brought_attach")
    field(app, "text_input", "title").set_value("From a run")
    app = press_save(app)
    (card,) = IdeaBoard(shop).cards()
    assert card.column == "measured" and [one.id for one in card.evidence] == [citation.id]


def test_a_citation_opens_its_run_on_the_compare_page() -> None:
    shop = make_shop("en")
    make_run(shop, "search", "old")
    make_run(shop, "search", "new")
    app = clean(open_page("compare", shop, task="search", run="old"))
    first = next(box for box in app.selectbox if (box.key or "").startswith("first_search"))
    assert first.value == "old"
    assert "run" not in app.query_params
    first.set_value("new")
    app = clean(app.run())
    assert next(b for b in app.selectbox if (b.key or "").startswith("first_")).value == "new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_is_marked_and_its_invented_number_too(language, monkeypatch) -> None:
    shop = make_shop(language)

    def ask(question: Question[Any, Any], timeout: float = 60, on_text: Any = None) -> Any:
        assert question.call.verb == "draft" and receive(question).role
        return reply(question, Draft("Sales rise by 37%."))

    monkeypatch.setattr(client, "ask", ask)
    card = IdeaBoard(shop).save(Card(title="Idea"))
    app = press(clean(open_page("ideas", shop, language)), f"open_{card.id}")
    app = press(app, "draft_write")
    assert field(app, "text_area", "customer").value == "Sales rise by 37%."
    assert page("draft", language) in field(app, "text_area", "customer").label
    assert page("numbers.some", language, n=1, total=1) in said_on(app)
    app = press_save(app)
    assert IdeaBoard(shop).card(card.id).drafts == {"customer"}
    app = press(app, "ideas_confirm")
    assert IdeaBoard(shop).card(card.id).drafts == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_canvases_are_kept_with_the_card_and_the_bet_is_a_sentence(language) -> None:
    shop = make_shop(language)
    card = IdeaBoard(shop).save(Card(title="Idea"))
    app = press(clean(open_page("ideas", shop, language)), f"open_{card.id}")
    choice = next(group for group in app.get("button_group") if group.key == "ideas_canvas")
    app = clean(choice.set_value("hypothesis").run())
    for name in ("change", "whom", "outcome", "reason"):
        field(app, "text_area", f"hypothesis_{name}").set_value(f"some {name}")
    app = press_save(app, "canvas_save")
    answers = IdeaBoard(shop).card(card.id).canvases["hypothesis"]
    assert answers["whom"] == "some whom"
    assert say("ideas.hypothesis", language, **answers) in said_on(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_says_which_idea_leads_and_why(language) -> None:
    shop = make_shop(language)
    board = IdeaBoard(shop)
    board.save(Card(title="Loud", impact=5, effort=3))
    board.save(Card(title="Sound", impact=4, effort=2, evidence=(cite_opinion("yes"),)))
    app = open_page("ideas", shop, language)
    app.session_state["ideas_view"] = page("views.matrix", language)
    app = clean(app.run())
    assert "Sound" in app.markdown[-1].value or "Sound" in said_on(app)
    assert list(app.dataframe[0].value["title"]) == ["Sound", "Loud"]
    assert len(app.get("plotly_chart")) == 1


def test_a_card_of_a_link_that_is_gone_is_told_of() -> None:
    app = clean(open_page("ideas", make_shop("en"), card="nobody"))
    assert say("ideas.unknown_card", "en") in app.error[0].value.replace("\\", "")


@pytest.mark.parametrize(("key", "metric"), [("changed", "changed@10"), ("gaps", "few_by_words")])
def test_a_report_on_many_queries_can_be_taken_along(models, key, metric) -> None:
    shop = small_shop()
    app = open_page("search", shop)
    app.session_state["search_view"] = i18n.catalog().say("search.views.many", "en")
    press(clean(app.run()), f"evidence_{key}")
    (citation,) = EvidenceStore(shop).citations()
    assert (citation.kind, citation.metric, citation.n) == ("query_report", metric, 5)
    assert citation.low <= citation.value <= citation.high


def test_a_round_of_judgments_is_measured_on_all_judged_queries(models) -> None:
    shop = small_shop()
    shop.correct("search", {"rain jacket": {"P00": "3", "P23": "0"}, "teapot": {"P12": "2"}})
    app = open_page("search", shop, q="rain jacket")
    app.session_state["search_view"] = i18n.catalog().say("search.views.judge", "en")
    press(clean(app.run()), "evidence_judged")
    (citation,) = EvidenceStore(shop).citations()
    assert (citation.kind, citation.metric, citation.n) == ("judgments", "ndcg@10", 2)
    assert (citation.system, citation.against) == ("hybrid_untuned", "bm25_all")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finished_experiment_is_the_strongest_evidence(models, language) -> None:
    shop = small_shop(language)
    app = open_page("experiment", shop, language)
    app.session_state["experiment_view"] = i18n.catalog().say("experiment.views.result", language)
    app = clean(app.run())
    assert not [one for one in app.button if one.key == "evidence_experiment"]
    app = clean(app.text_area(key="counts").set_value("A 10000 500\nB 10000 600").run())
    press(app, "evidence_experiment")
    (citation,) = EvidenceStore(shop).citations()
    assert (citation.kind, citation.n) == ("experiment", 20_000)
    assert level_of(citation, ledger_state(shop, citation)) == "experiment"
    assert say_metric(citation.metric, language) != citation.metric
