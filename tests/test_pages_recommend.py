"""The page of recommendations in both languages, over a tiny trained model in this process."""

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.progress import Silent
from engine.serving import client
from engine.serving.question import Question
from engine.storage import changing
from engine.storage.changing import WorkspaceBusy
from engine.storage.files import write_json
from engine.storage.lock import take
from engine.storage.runs import load_heldout, load_run, run_folder
from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import (
    PREDICT,
    Facts,
    InterestAnswer,
    InterestInput,
    InterestResult,
    PastProduct,
    Reason,
    TradeoffsInput,
)
from engine.tasks.interest.merchandising import Boost, Rules
from engine.tasks.interest.merchandising_file import change_rules, load_rules
from engine.tasks.interest.reranking import ListTraits, RerankWeights
from engine.tasks.interest.task import TASK
from engine.training.run import train_run
from pages.ui.frame.i18n import escape
from pages.ui.parts import download
from pages.ui.recommend import many
from pages.ui.recommend.why import explain
from tests import card_presses
from tests.doubles.pipe import receive, reply
from tests.shop_double import HOSTILE, clean, open_page, said_on
from tests.tiny_shop import tiny_settings, tiny_workspace

VIEWS = {
    "en": (
        "Merchandising rules",
        "New shoppers and products",
        "How accurate is it?",
        "Many shoppers",
    ),
    "zh": ("运营规则", "新顾客与新商品", "有多准？", "多位顾客"),
}
TITLES = {"en": "Recommendations", "zh": "个性化推荐"}
LANGUAGES = tuple(TITLES)


class Models:
    """The model process's answers without the process; `bundles` are kept by workspace and run."""

    def __init__(self, encoder: str) -> None:
        self.encoder = encoder
        self.bundles: dict[tuple[str, str], Any] = {}
        self.calls: list[tuple[str, Any]] = []

    def ask(self, question: Question[Any, Any], timeout: float = 0) -> Any:
        call, run_id = question.call, question.run
        payload = receive(question)
        assert call.task == "interest"
        self.calls.append((call.verb, payload))
        workspace = Workspace.open(question.workspace)
        key = (str(workspace.folder), run_id)
        if key not in self.bundles:
            tables = workspace.tables()
            if run_id == "untuned":
                config = TASK.config("quick", tables, model=self.encoder)
                self.bundles[key] = TASK.untuned(tables, config, Silent())
            else:
                self.bundles[key] = TASK.load(run_folder(workspace, run_id) / "bundle", tables)
        answer: object
        if call.verb == "measure":
            answer = TASK.measure(self.bundles[key], load_heldout(workspace, run_id), payload)
        else:
            answer = TASK.predict(self.bundles[key], payload)
        return reply(question, answer)


@pytest.fixture
def models(home: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> Models:
    """Stands where the process that holds the models would answer, with a tiny real model."""
    double = Models(model)
    monkeypatch.setattr(client, "ask", double.ask)
    return double


@pytest.fixture(scope="module")
def shop(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace with a trained model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(tmp_path_factory.mktemp("home")))
        workspace = tiny_workspace("tiny", "interest")
        train_run(workspace, "interest", tiny_settings("interest", model), Silent())
        return workspace.folder


@pytest.fixture
def trained(models: Models, shop: Path, home: Path) -> Workspace:
    """A copy of the trained shop with a key, and so with answers, of its own."""
    folder = home / "workspaces" / shop.name
    shutil.copytree(shop, folder)
    about = json.loads((folder / "workspace.json").read_text())
    write_json(folder / "workspace.json", about | {"key": secrets.token_hex(8)})
    return Workspace.open(shop.name)


def look_at(app: AppTest, view: str) -> AppTest:
    """The page with another of its tabs."""
    app.session_state["recommend_view"] = view
    return clean(app.run())


def press(app: AppTest, key: str) -> AppTest:
    next(button for button in app.button if button.key == key).click()
    return clean(app.run())


def titles_of(app: AppTest) -> Sequence[str]:
    """The product of each card, from the top."""
    return card_presses.titles(app, "list_cards")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_of_a_trained_shop_answers(trained: Workspace, language) -> None:
    app = clean(open_page("recommend", trained, language, whom="u1"))
    assert app.title[0].value == TITLES[language]
    assert len(titles_of(app)) == 10
    assert app.get("plotly_chart")
    for view in VIEWS[language]:
        look_at(app, view)
        assert not app.error
        assert "recommend." not in said_on(app)
    assert app.get("download_button")


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_training_everybody_gets_a_list(models: Models, language: str) -> None:
    app = clean(open_page("recommend", tiny_workspace("tiny", "interest"), language))
    assert len(titles_of(app)) == 10
    assert not list(app.metric)
    for view in VIEWS[language]:
        look_at(app, view)
        assert not app.error


def test_what_a_new_shopper_does_changes_the_list_at_once_and_is_kept(
    trained: Workspace,
) -> None:
    workspace = trained
    app = clean(open_page("recommend", workspace))
    assert "Nothing is known about this shopper" in said_on(app)
    before = titles_of(app)
    app = clean(card_presses.press(app, "list_cards", "add_to_cart", 2))
    said = said_on(app)
    assert f"You added “{before[1]}” to the cart." in said
    assert before[1] not in titles_of(app)
    assert "Based on 1 product from this shopper's history" in said
    visit = str(app.query_params["visit"])
    again = clean(open_page("recommend", workspace, visit=visit))
    assert titles_of(again) == titles_of(app)
    other = clean(open_page("recommend", tiny_workspace("other", "interest"), visit=visit))
    assert "Nothing is known about this shopper" in said_on(other)
    assert titles_of(press(again, "forget")) == before


def test_shoppers_are_found_by_example_and_by_id(trained: Workspace) -> None:
    app = clean(open_page("recommend", trained))
    pills = next(group for group in app.get("button_group") if group.key == "shopper_examples")
    clean(pills.set_value("heavy").run())
    name = str(app.query_params["whom"])
    assert name.startswith("u")
    assert "from categories they have shown interest in" in said_on(app)
    unknown = clean(open_page("recommend", Workspace.open("tiny"), whom=HOSTILE))
    assert "The log has no shopper" in said_on(unknown)
    assert len(titles_of(unknown)) == 10


def test_reranking_shows_what_it_brings_and_costs(trained: Workspace, models: Models) -> None:
    app = clean(open_page("recommend", trained, whom="u1"))
    plain = titles_of(app)
    assert not app.metric
    sliders = {slider.key: slider for slider in app.slider}
    assert sliders["rerank_freshness"].disabled
    clean(sliders["rerank_diversity"].set_value(90).run())
    assert titles_of(app) != plain
    labels = [one.label for one in app.metric]
    assert labels == ["Diversity", "Novelty (bits)", "Cost: nDCG@10"]
    assert "95% interval" in said_on(app)
    reranked = titles_of(app)
    look_at(app, VIEWS["en"][0])
    rows = "\n".join(str(one.value) for one in app.markdown)
    assert all(f"{rank}\\. {title}" in rows for rank, title in enumerate(reranked, start=1))
    measured = [payload for verb, payload in models.calls if verb == "measure"]
    assert measured == [TradeoffsInput((RerankWeights(diversity=0.9),))]


def test_a_search_turns_the_list_to_it_and_shows_chances(
    trained: Workspace,
) -> None:
    app = clean(open_page("recommend", trained, wish="all lamps"))
    assert titles_of(app)[0].endswith("lamp")
    said = said_on(app)
    assert "what fits “all lamps”" in said and "Click probability" in said


def test_rules_are_made_shown_and_taken_back(trained: Workspace) -> None:
    workspace = trained
    app = clean(open_page("recommend", workspace, whom="u1"))
    first = titles_of(app)
    look_at(app, VIEWS["en"][0])
    assert "The rules change nothing" in said_on(app)
    press(app, "pin_3")
    press(app, "hide_2")
    assert "the rules bring in 1 product and move" in said_on(app)
    rules = load_rules(workspace)
    assert (len(rules.pinned), len(rules.hidden)) == (1, 1)
    assert ("pinned" in said_on(app)) and ("hidden" in said_on(app))
    next(box for box in app.selectbox if box.key == "boost_field").set_value("brand")
    clean(app.run())
    press(app, "boost_add")
    assert load_rules(workspace).boosts == (Boost("brand", "Acme", 5),)
    again = titles_of(clean(open_page("recommend", workspace, whom="u1")))
    assert again[0] == first[2] and first[0] not in again
    press(app, "rules_undo")
    assert load_rules(workspace) == rules
    press(app, "rules_reset")
    assert load_rules(workspace) == Rules()
    press(app, "rules_undo")
    assert load_rules(workspace) == rules


def test_a_button_says_that_somebody_else_changes_the_shop(
    trained: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = look_at(clean(open_page("recommend", trained, whom="u1")), VIEWS["en"][0])
    monkeypatch.setattr(changing, "WAIT_SECONDS", 0.0)
    busy = take(changing.lock_file(trained.folder))
    assert busy is not None
    press(app, "pin_3")
    os.close(busy)
    assert escape(WorkspaceBusy().message()) in [error.value for error in app.error]
    assert load_rules(trained) == Rules()
    press(app, "pin_3")
    assert not app.error
    assert load_rules(trained).pinned


def test_what_is_sold_out_is_left_out_on_a_wish(models: Models) -> None:
    workspace = tiny_workspace("tiny", "interest")
    frames = dict(workspace.tables().frames)
    stock = ['{"stock": "0"}' if n % 2 else '{"stock": "3"}' for n in range(24)]
    products = frames["products"].assign(attributes=stock)
    products.loc[1, "title"] = HOSTILE
    workspace.replace_tables(frames | {"products": products}, {})
    app = look_at(clean(open_page("recommend", workspace)), VIEWS["en"][0])
    clean(app.toggle[0].set_value(True).run())
    assert load_rules(workspace).in_stock
    assert "sold out" in said_on(app)
    app.text_input(key="rule_find").set_value("hyperlink")
    clean(app.run())
    press(app, "pin_chosen")
    assert load_rules(workspace).pinned == (products["product_id"][1],)


def test_the_whole_list_is_a_safe_file_after_the_rules(trained: Workspace, models: Models) -> None:
    workspace = trained
    frames = dict(workspace.tables().frames)
    hostile = frames["products"].copy()
    hostile.loc[0, "title"] = HOSTILE
    workspace.replace_tables(frames | {"products": hostile}, {})
    change_rules(workspace, lambda rules: rules.pin(hostile["product_id"][0]))
    models.bundles.clear()
    app = look_at(clean(open_page("recommend", workspace)), VIEWS["en"][3])
    assert "12 shoppers get" in said_on(app)
    seen: list[pd.DataFrame] = []
    (run_id,) = [one.name for one in (workspace.folder / "runs").glob("[!.]*")]
    run = load_run(workspace, run_id)
    items = [InterestInput(user_id=f"u{n}", k=40, why=True) for n in range(3)]
    lists = models.ask(Question("tiny", PREDICT, items, run.run_id))
    seen.append(many.as_table(workspace, ["u0", "u1", "u2"], lists))
    frame = seen[0]
    assert frame.groupby("user_id").size().tolist() == [5, 5, 5]
    assert set(frame.loc[frame["rank"] == 1, "product_id"]) == {hostile["product_id"][0]}
    assert b"'=HYPERLINK" in download.csv_bytes(frame)


def test_a_reason_is_named_only_where_it_stands_out() -> None:
    history = [PastProduct(f"p{n}", f"T{n}", 1.0) for n in range(4)]
    traits = ListTraits(0, 0, 0)
    answer = InterestAnswer("", "tuned", False, history, [], traits, traits)
    none = dict.fromkeys((field.name for field in fields(Facts)), 0.0)
    facts = Facts(**none | {"price": -9, "clicks": 3, "popularity": 0.2})
    flat = Reason(because=[(2, 0.3), (1, 0.25)], nearest=(0, 0.1), facts=facts)

    def reasons(**changes: Any) -> list[str]:
        reason = replace(flat, **changes)
        return explain(InterestResult(1, "p", "P", 0.5, was=1, reason=reason), answer)

    assert reasons() == []
    assert reasons(nearest=(3, 0.8)) == ["Similar to “T3” from the history"]
    assert reasons(because=[(2, 0.62), (1, 0.2)]) == [
        "Because of “T2”, which makes up 62% of the history's weight"
    ]
    assert reasons(because=[(2, 0.5), (1, 0.4)]) == [
        "Because of “T2” (50% of the history's weight) and “T1” (40%)"
    ]
    assert reasons(facts=replace(facts, clicks=0)) == [
        "Nobody has clicked it yet; its text put it here"
    ]


def test_a_run_of_an_older_version_says_what_is_missing(trained: Workspace) -> None:
    workspace = trained
    (folder,) = (workspace.folder / "runs").glob("[!.]*")
    heldout = load_heldout(workspace, folder.name)
    kept = [name for name in heldout if not name.startswith("known.") and "chances" not in name]
    heldout[kept].to_parquet(folder / "heldout.parquet", index=False)
    app = clean(open_page("recommend", workspace))
    for view in VIEWS["en"][1:3]:
        look_at(app, view)
        assert "Train again" in "\n".join(str(one.value) for one in app.info)
