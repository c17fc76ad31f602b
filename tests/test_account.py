"""Signing in: nothing is shown before, and whose a workspace is."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.host.account import account_of
from engine.messages import LANGUAGES, Catalog
from engine.settings import PROJECT
from engine.storage.copies import copy_workspace
from engine.storage.workspace import Workspace
from pages.ui.frame import account, session
from tests.shop_double import open_app, whole

TEXTS = Catalog(PROJECT / "pages" / "ui")
ANN, BEN = account_of("https://id.example", "1"), account_of("https://id.example", "2")
PRODUCTS = whole("products", pd.DataFrame({"product_id": ["1"], "title": ["mug"]}, dtype="str"))


@pytest.fixture
def signed_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A server that asks to sign in; `who` is the account that is signed in."""
    person = {"who": ""}
    monkeypatch.setenv("SHOPLAB_SIGN_IN", "1")
    monkeypatch.setattr(account, "current", lambda: person["who"])
    monkeypatch.setattr(account, "_providers", lambda: ["", "school"])
    monkeypatch.setattr("engine.serving.client.warm", lambda *args: None)
    return person


def shop(owner: str = ANN, workshop: str = "") -> Workspace:
    workspace = Workspace.create(language="en", account=owner)
    workspace.replace_tables({"products": PRODUCTS}, {})
    workspace.set_title("Mugs")
    return copy_workspace(workspace, title="Team", workshop=workshop) if workshop else workspace


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_shown_before_somebody_signs_in(
    signed_in: dict[str, str], language: str
) -> None:
    app = open_app(language, shop())
    assert [title.value for title in app.title] == [TEXTS.say("account.title", language)]
    assert keys(app) == {"sign_in_", "sign_in_school"}
    texts = [element.value for element in [*app.markdown, *app.subheader, *app.caption]]
    assert texts == [TEXTS.say(f"account.{name}", language) for name in ("text", "link_again")]


def test_guests_see_what_a_workshops_team_works_with_where_the_host_lets_them(
    signed_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_GUESTS", "1")
    team = shop(workshop="a workshop")
    assert "sign_in_" not in keys(open_app("en", team))
    assert "sign_in_" in keys(open_app("en", shop()))
    assert account.may_see("join", None)
    assert not account.may_see("host", None)
    monkeypatch.delenv("SHOPLAB_GUESTS")
    assert not account.may_see("join", None)
    assert not account.may_see("search", team)


def test_a_shop_belongs_to_who_made_it_and_opens_by_its_link_while_that_is_shared(
    signed_in: dict[str, str],
) -> None:
    mine, theirs = shop(ANN), shop(BEN)
    signed_in["who"] = ANN
    app = open_app("en")
    assert f"own_{mine.name}" in keys(app)
    assert f"own_{theirs.name}" not in keys(app)
    app.button(key=f"own_{mine.name}").click().run()
    assert app.query_params["w"] == mine.key
    assert "delete" in keys(open_app("en", theirs))
    theirs.set_shared(False)
    assert "delete" not in keys(open_app("en", theirs))
    signed_in["who"] = BEN
    assert "delete" in keys(open_app("en", theirs))
    switch = open_app("en", theirs).toggle(key=f"shared_{theirs.name}")
    switch.set_value(True).run()
    assert Workspace.open(theirs.name).shared


def test_what_is_made_belongs_to_who_is_signed_in(
    signed_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in["who"] = ANN
    monkeypatch.setattr(session, "workspace", lambda: None)
    monkeypatch.setattr(session, "enter", lambda chosen: None)
    made = session.begin("en")
    assert [one.name for one in Workspace.of_account(ANN)] == [made.name]
    assert Workspace.of_account("") == []
    assert session.owner() == f"account {ANN}"
    made.set_shared(False)
    copy = copy_workspace(made, title="Copy")
    assert (copy.account, copy.shared) == ("", True)


def test_accounts_differ_by_issuer_and_subject() -> None:
    pairs = [("a", "bc"), ("ab", "c"), ("a", "b"), ("b", "a")]
    assert len({account_of(*pair) for pair in pairs}) == len(pairs)


def test_without_an_identity_provider_nobody_gets_in(
    signed_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "_providers", list)
    app = open_app("en")
    assert [error.value for error in app.error] == [TEXTS.say("account.not_set_up", "en")]
    assert not keys(app)


def test_no_secrets_are_read_where_the_host_asks_nobody(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "st", None)
    assert account.current() == ""
    assert account.may_see("search", None)
