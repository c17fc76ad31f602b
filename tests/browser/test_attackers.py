"""While one team does the worst it can, another's searches are answered."""

import asyncio

import pytest

from bench.app_server import AppServer
from bench.attackers import Attack, search_under
from engine.storage.workspace import Workspace
from tests.shop_double import small_shop


def test_a_search_is_answered_while_another_team_attacks(
    server: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_HOME", str(server.home))
    shop = small_shop()
    other = Workspace.create("other", "en")
    other.replace_tables(dict(shop.tables().frames), {})
    attack = Attack(server.url, other.key)
    runs = asyncio.run(search_under(attack, len(attack.done), shop.key, ["rain jacket", "teapot"]))
    assert len(runs.whole) == 2
    assert runs.errors == []
    # A text that is too long is refused in words, never as an error of the page.
    assert attack.runs.errors == []
