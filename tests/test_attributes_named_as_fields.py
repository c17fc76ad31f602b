"""Columns of a catalog named as the fields of an answer: learned, asked and shown as any other."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.codec import decode, encode
from engine.progress import Silent
from engine.simulation.tiny_shop import COLOURS, MATERIALS, tiny_catalog
from engine.storage.runs import UNTUNED, Run
from engine.storage.workspace import Workspace
from engine.tasks.attributes.answers import PREDICT, AttributesAnswer, AttributesInput
from engine.tasks.attributes.task import TASK
from engine.tasks.base import Bundle
from engine.tasks.classify.answers import HeadExplanation, WhyInput
from engine.training.evaluate import open_bundle
from engine.training.run import train_run
from tests.shop_double import FakeModels, clean, open_page, said_on
from tests.tiny_shop import tiny_settings

NAMES = {"colour": "words", "type": "label"}
LEARNED = ("words", "label", "unsure", "label_confidence")


@pytest.fixture
def shop(home: object) -> Workspace:
    """The tiny catalog with its columns renamed, and two more of what the products are."""
    products = tiny_catalog()
    cells = []
    for cell, thing in zip(products["attributes"], products["category"], strict=True):
        values = {NAMES[name]: value for name, value in json.loads(cell).items()}
        room = thing.split(" > ")[0]
        cells.append(json.dumps(values | {"unsure": room, "label_confidence": room}))
    workspace = Workspace.create("shop", "en")
    workspace.replace_tables({"products": products.assign(attributes=cells)}, {})
    return workspace


@pytest.fixture
def run(shop: Workspace, model: str) -> Run:
    return train_run(shop, "attributes", tiny_settings("attributes", model), Silent())


@pytest.fixture
def bundle(shop: Workspace, run: Run) -> Bundle:
    return open_bundle(shop, "attributes", run.run_id, Silent())


@pytest.fixture
def answering(
    shop: Workspace, bundle: Any, models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> FakeModels:
    """The double, which asks the trained model whatever run is asked for."""

    def predict(item: AttributesInput, run: str) -> AttributesAnswer:
        return TASK.predict(bundle, [item])[0]

    def explain(body: WhyInput[AttributesInput], run: str) -> HeadExplanation:
        return TASK.explain(bundle, body)

    monkeypatch.setattr(models, "_attributes_predict", predict)
    monkeypatch.setattr(models, "_attributes_explain", explain)
    return models


def show(workspace: Workspace, view: str) -> AppTest:
    app = open_page("catalog", workspace)
    app.session_state["catalog_view"] = view
    return clean(app.run())


def test_such_columns_are_learned_asked_and_shown(
    shop: Workspace, run: Run, bundle: Any, answering: FakeModels
) -> None:
    assert {f"{name}.macro_f1" for name in LEARNED} <= set(run.after)

    item = {"title": "alva red mug", "description": "A mug of clay", "words": True}
    (answer,) = TASK.predict(bundle, decode(PREDICT.body, [item]))
    said = encode(answer)
    assert decode(AttributesAnswer, said) == answer
    assert set(said["heads"]) == {"category", *LEARNED}
    assert said["heads"]["words"]["label"] in COLOURS
    assert said["heads"]["label"]["label"] == MATERIALS["mug"]
    assert said["heads"]["unsure"]["label"] == "Kitchen"
    assert said["unsure"] is answer.heads["category"].unsure
    assert set(said["words"]) == set(said["heads"])

    gaps = show(shop, "Fill gaps")
    suggested = gaps.dataframe[0].value
    assert set(suggested["attribute"]) == {"words"}
    assert set(suggested["value"]) <= set(COLOURS)

    one = show(shop, "One product")
    table = one.dataframe[0].value.set_index("attribute")
    assert set(LEARNED) <= set(table.index)
    assert table.loc["label", "tuned"].startswith(table.loc["label", "catalog"])
    for name in LEARNED:
        why = TASK.explain(bundle, WhyInput(AttributesInput("alva red mug"), name))
        assert why.answer == TASK.predict(bundle, [AttributesInput("alva red mug")])[0].heads[name]

    quality = show(shop, "How accurate is it?")
    assert len(quality.get("plotly_chart")) == 2
    assert "held-out" in said_on(quality)
    assert {asked.run for asked in answering.asked if asked.verb == "predict"} == {
        run.run_id,
        UNTUNED,
    }
