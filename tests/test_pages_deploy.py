"""Deploying on the compare page: after the verdict, with a way back, keys and working examples."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.codec import decode
from engine.messages import LANGUAGES
from engine.serving.api import build_api
from engine.storage.api_keys import ApiKeys
from engine.storage.deployments import Deployments
from engine.storage.runs import UNTUNED
from engine.tasks import TASKS, find_call
from engine.training.promotion import promote
from pages.ui.compare.deploy_clients import curl_line, example_input, python_client
from tests.api_client import make_key, send
from tests.api_server import serving
from tests.doubles.answerer import FakeAnswerer
from tests.runs_double import make_run, make_shop, make_trained
from tests.shop_double import clean, open_page, said_on, small_shop


@pytest.fixture(autouse=True)
def state(home: Path) -> None:
    """Every test has a state folder of its own."""


def press(app: AppTest, key: str) -> AppTest:
    (button,) = [one for one in app.button if one.key == key]
    return clean(button.click().run())


def keys_of(app: AppTest) -> list[str]:
    return [button.key or "" for button in app.button]


def code_with(app: AppTest, part: str) -> str:
    (text,) = [block.value for block in app.code if part in block.value]
    return text


@pytest.mark.parametrize(
    ("language", "done"), [("en", "the run one is served"), ("zh", "已上线训练 one")]
)
def test_a_run_is_served_after_its_comparison_was_shown(language: str, done: str) -> None:
    shop = make_shop(language)
    make_trained(shop, "intent", "one", skill=0.95)
    app = clean(open_page("compare", shop, language))
    assert not any(key.startswith("rollback") for key in keys_of(app))
    (name,) = [box for box in app.text_input if box.key == "promote_by_intent"]
    name.input("Ada")
    app = press(app, "promote_one")
    assert done in said_on(app)
    assert "promote_served" in keys_of(app)
    (change,) = Deployments(shop).history("intent")
    assert (change.run, change.by) == ("one", "Ada")
    row = app.dataframe[-1].value.iloc[0]
    assert (row["run"], row["by"]) == ("one", "Ada")
    assert re.search(r"\+0\.\d{3} \[\+0\.\d{3}, \+0\.\d{3}\]", row["difference"])
    app = press(app, "rollback_intent")
    assert Deployments(shop).current("intent") == UNTUNED
    assert len(app.dataframe[-1].value) == 2


@pytest.mark.parametrize(
    ("skill", "warning"),
    [(0.65, "not clear whether"), (0.05, "did not help: a baseline"), (0.95, "")],
)
def test_a_run_that_did_not_help_is_served_only_after_a_warning(skill: float, warning: str) -> None:
    shop = make_shop("en")
    make_trained(shop, "intent", "one", skill=skill)
    app = clean(open_page("compare", shop))
    warnings = [box.value for box in app.warning if "Serving" in box.value or "serve" in box.value]
    assert [warning in text for text in warnings] == ([True] if warning else [])
    (button,) = [one for one in app.button if one.key == "promote_one"]
    assert button.label == ("Serve it anyway" if warning else "Serve it now")
    press(app, "promote_one")
    assert Deployments(shop).current("intent") == "one"


def test_a_run_without_a_model_says_why_it_cannot_be_served() -> None:
    shop = make_shop("en")
    make_run(shop, "intent", "one", skill=0.95)
    app = clean(open_page("compare", shop))
    assert "The model of the run one is missing" in said_on(app)
    assert "promote_one" not in keys_of(app)


def test_a_served_run_that_was_deleted_is_no_secret() -> None:
    shop = make_shop("en")
    for name in ("one", "two"):
        make_trained(shop, "intent", name)
        promote(shop, "intent", name, "")
    shutil.rmtree(shop.folder / "runs" / "two")
    app = clean(open_page("compare", shop))
    assert "two should be served, but it has been deleted" in said_on(app)
    press(app, "rollback_intent")
    assert Deployments(shop).current("intent") == "one"


def test_deleting_a_shop_that_is_served_says_who_is_cut_off() -> None:
    shop = make_shop("en")
    make_trained(shop, "intent", "one")
    app = press(clean(open_page("home", shop)), "delete")
    assert "served over HTTP" not in said_on(app)
    promote(shop, "intent", "one", "")
    app = press(clean(open_page("home", shop)), "delete")
    assert "served over HTTP" in said_on(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_is_shown_once_and_revoked(language: str) -> None:
    shop = make_shop(language)
    make_trained(shop, "intent", "one")
    app = clean(open_page("compare", shop, language))
    (name,) = [box for box in app.text_input if box.key == "api_key_name"]
    name.input("**my** app")
    (submit,) = [one for one in app.button if "api_key" in (one.key or "") and "Form" in one.key]
    app = clean(submit.click().run())
    key = code_with(app, "shoplab_")
    with ApiKeys(shop) as keys:
        known = keys.find(key)
    assert known is not None and known.name == "**my** app"
    app = clean(app.run())
    assert not [block for block in app.code if key in block.value]
    assert app.dataframe[-1].value["id"].tolist() == [known.id]
    app = press(app, "revoke_key")
    with ApiKeys(shop) as keys:
        assert keys.find(key) is None
    assert "revoke_key" not in keys_of(app)


def test_the_link_of_the_storefront_opens_the_storefront_alone() -> None:
    shop = small_shop()
    make_trained(shop, "search", "one")
    app = press(clean(open_page("compare", shop, task="search")), "storefront")
    link = code_with(app, "#key=")
    address, _, key = link.partition("#key=")
    assert address == "http://127.0.0.1:8600/shop/shop?lang=en"
    api = build_api(FakeAnswerer())
    body = [{"query": "mug"}]
    assert send(api, "POST", "/v1/shop/search", key, json=body).status_code == 200
    assert send(api, "POST", "/v1/shop/intent", key, json=body).status_code == 403


@pytest.mark.parametrize("task", TASKS)
def test_the_example_of_each_task_is_one_of_its_inputs(task: str) -> None:
    shop = small_shop()
    assert decode(find_call(task, "predict").body, [example_input(shop, task)])


def test_the_examples_work_as_they_stand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = small_shop()
    monkeypatch.setenv("SHOPLAB_KEY", make_key(shop))
    inputs: list[Any] = [{"query": 'it\'s a "red" $mug `x` 红色'}]
    with serving(build_api(FakeAnswerer())) as base:
        client = python_client(base, shop.name, "search", inputs)
        assert len(client.splitlines()) == 10
        exec(compile(client, "client", "exec"), {})
        printed = capsys.readouterr().out
        assert "hybrid_untuned" in printed and "红色" in printed
        if shutil.which("curl"):
            line = curl_line(base, shop.name, "search", inputs)
            done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True)
            document = json.loads(done.stdout)
            assert document["answers"][0]["query"] == inputs[0]["query"]
