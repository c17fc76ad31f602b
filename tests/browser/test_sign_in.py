"""Signing in and out with an identity provider on this machine."""

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.app_server import AppServer
from engine.host.account import account_of
from engine.storage.workspace import Workspace
from tests.browser.conftest import OpenTab, settle

provider = pytest.importorskip("oidc_provider_mock", reason="pip install -r requirements-dev.txt")
from werkzeug.serving import make_server  # noqa: E402 - comes with the provider


@pytest.fixture
def issuer() -> Iterator[str]:
    """The address of an identity provider that lets in whoever says who they are."""
    app = provider.app()

    def leave_out_style_of_another_machine(response: Any) -> Any:
        response.set_data(response.get_data().replace(b"https://cdn.jsdelivr.net", b""))
        return response

    app.after_request(leave_out_style_of_another_machine)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_signing_in_and_out(
    issuer: str,
    chromium: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_tab: OpenTab,
) -> None:
    server = AppServer(tmp_path / "home")
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    (folder / "secrets.toml").write_text(f"""
[auth]
redirect_uri = "{server.url}/oauth2callback"
cookie_secret = "{secrets.token_hex(32)}"
client_id = "shoplab"
client_secret = "{secrets.token_hex(8)}"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
""")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHOPLAB_SIGN_IN", "1")
    monkeypatch.setenv("SHOPLAB_HOME", str(server.home))
    server.start()
    try:
        mine = Workspace.create(language="en", account=account_of(issuer, "ann"))
        page = open_tab(f"{server.url}/?lang=en")
        expect(page.locator("[data-testid=stSidebarNav]")).to_have_count(0)
        expect(page.locator(".st-key-load_sample")).to_have_count(0)
        page.locator(".st-key-sign_in_ button").click()
        page.locator("input[name=sub]").fill("ann")
        page.get_by_role("button", name="Authorize").click()
        expect(page.locator(".st-key-sidebar_account")).to_contain_text("ann")
        page.locator(f".st-key-own_{mine.name} button").click()
        page.wait_for_url(f"**w={mine.key}*")
        settle(page)
        page.locator(".st-key-sign_out button").click()
        page.get_by_role("button", name="End session").click()
        expect(page.locator(".st-key-sign_in_ button")).to_be_visible()
        expect(page.locator(".st-key-sidebar_account")).to_have_count(0)
    finally:
        server.stop()
