"""The commands that deploy a run, hand out keys and serve."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from engine.cli import main
from engine.storage.api_keys import ApiKeys
from engine.storage.deployments import Deployments
from engine.storage.workspace import Workspace
from tests.api_client import send
from tests.doubles.answerer import FakeAnswerer
from tests.runs_double import make_shop, make_trained


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("SHOPLAB_LANGUAGE", "en")
    monkeypatch.setenv("LOGNAME", "ada")
    return make_shop("en")


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, Any]:
        status = main([*arguments, "--json"])
        out = capfd.readouterr().out
        return status, json.loads(out) if out else None

    return run


def test_promote_shows_the_comparison_and_roll_back_undoes_it(shop: Workspace, command) -> None:
    run = make_trained(shop, "intent", "weak", skill=0.05)
    status, document = command("promote", shop.name, "intent", "weak")
    assert (status, document["error"]["code"]) == (2, "deployment.did_not_help")
    assert re.search(r"-0\.\d+ \[-0\.\d+, -0\.\d+\]", document["error"]["message"])
    assert command("runs", shop.name)[1]["served"] == {}
    status, document = command("promote", shop.name, "intent", "weak", "--anyway")
    assert status == 0
    evidence = document["evidence"]
    assert (evidence["system"], evidence["verdict"]) == (run.recommended, "worse")
    assert evidence["low"] <= evidence["delta"] <= evidence["high"]
    assert "did not help" in document["message"]
    assert (document["by"], document["replaced"]) == ("ada", "untuned")
    assert command("runs", shop.name)[1]["served"] == {"intent": "weak"}
    status, document = command("rollback", shop.name, "intent", "--by", "Bob")
    assert (status, document["run"], document["by"]) == (0, "untuned", "Bob")
    assert document["evidence"] is None
    assert command("runs", shop.name)[1]["served"] == {}
    assert len(Deployments(shop).history("intent")) == 2
    for arguments, code in (
        (("rollback", shop.name, "intent"), "deployment.nothing_before"),
        (("promote", shop.name, "search", "weak"), "tasks.other_run"),
        (("promote", "nowhere", "intent", "weak"), "workspace.unknown"),
        (("rollback", shop.name, "none"), "tasks.unknown"),
    ):
        status, document = command(*arguments)
        assert (status, document["error"]["code"]) == (2, code)


def test_keys_are_made_listed_and_revoked(shop: Workspace, command) -> None:
    status, made = command("key", shop.name, "--name", "my app")
    assert status == 0 and "only once" in made["message"]
    with ApiKeys(shop) as keys:
        assert keys.find(made["key"]) is not None
    _, store = command("key", shop.name, "--storefront")
    assert (made["scope"], made["expires"]) == ("shop", None)
    assert store["scope"] == "storefront"
    assert store["expires"] - store["created"] == pytest.approx(7 * 86_400)
    _, listed = command("key", shop.name, "--list")
    assert {key["id"] for key in listed["keys"]} == {made["id"], store["id"]}
    assert made["key"] not in json.dumps(listed) and "hash" not in json.dumps(listed)
    _, revoked = command("key", shop.name, "--revoke", made["id"])
    assert revoked["revoked"]["revoked"] is not None
    with ApiKeys(shop) as keys:
        assert keys.find(made["key"]) is None
    status, document = command("key", shop.name, "--revoke", "none")
    assert (status, document["error"]["code"]) == (2, "api_keys.unknown")


def test_serve_listens_and_serves_what_it_is_told(
    shop: Workspace, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own loop is left out: what it would serve, and where, is looked at instead."""
    monkeypatch.setattr("engine.serving.api.opening.open_answerer", lambda log: FakeAnswerer())
    served: list[tuple[Any, tuple[str, int]]] = []

    def run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        (listener,) = sockets
        served.append((server.config.app, listener.getsockname()))
        listener.close()

    monkeypatch.setattr(uvicorn.Server, "run", run)
    other = Workspace.create("other")
    options = ("--port", "0", "--workspace", shop.name, "--cors", "https://shop.example")
    assert command("serve", *options)[0] == 0
    ((app, (host, port)),) = served
    assert host == "127.0.0.1" and port > 0
    assert send(app, "GET", "/readyz").status_code == 200
    headers = {"Origin": "https://shop.example"}
    response = send(app, "GET", "/healthz", headers=headers)
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    with ApiKeys(shop) as mine, ApiKeys(other) as theirs:
        (_, key), (_, unserved) = mine.create(), theirs.create()
    assert send(app, "POST", f"/v1/{shop.name}/suggest", key, json={}).status_code == 200
    assert send(app, "POST", "/v1/other/suggest", unserved, json={}).status_code == 401
    status, document = command("serve", "--workspace", "nowhere")
    assert (status, document["error"]["code"]) == (2, "workspace.unknown")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, document = command("serve", "--port", str(taken.getsockname()[1]))
    assert (status, document["error"]["code"]) == (2, "serving.port_taken")
