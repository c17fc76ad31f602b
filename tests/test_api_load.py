"""Promoting, rolling back and revoking while many requests are answered: none is lost."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from engine.serving.api import build_api
from engine.serving.api.settings import ApiSettings
from engine.storage.api_keys import ApiKeys
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.training.promotion import promote, rollback
from tests.api_client import make_key, with_client
from tests.doubles.answerer import NamingAnswerer
from tests.runs_double import make_shop, make_trained

CLIENTS, INPUTS, ROUNDS = 12, 5, 3
Answers = list[httpx2.Response]


@pytest.fixture
def shop(home) -> Workspace:
    shop = make_shop("en")
    for name in ("one", "two"):
        make_trained(shop, "intent", name)
    return shop


class Load:
    """Clients that ask without a pause; `answers` holds what they got, in order."""

    def __init__(self, shop: Workspace, client: httpx2.AsyncClient) -> None:
        self.path, self.client = f"/v1/{shop.name}/intent", client
        self.answers: Answers = []
        self.over = False

    async def ask(self) -> httpx2.Response:
        body = [{"query": f"mug {n}"} for n in range(INPUTS)]
        return await self.client.post(self.path, json=body)

    async def keep_asking(self) -> None:
        while not self.over:
            self.answers.append(await self.ask())

    async def more(self) -> None:
        """Wait until every client has had time for some more answers."""
        want = len(self.answers) + ROUNDS * CLIENTS
        while len(self.answers) < want:
            await asyncio.sleep(0)


def under_load(shop: Workspace, key: str, change: Callable[[Load], Awaitable[None]]) -> Answers:
    """All answers that clients got before, while and after `change` was made."""
    app = build_api(NamingAnswerer(), ApiSettings(rate=1e6, burst=10**6, concurrent=100))

    async def run(client: httpx2.AsyncClient) -> Answers:
        load = Load(shop, client)
        clients = [asyncio.create_task(load.keep_asking()) for _ in range(CLIENTS)]
        await load.more()
        await change(load)
        await load.more()
        load.over = True
        await asyncio.gather(*clients)
        return load.answers

    return with_client(app, key, run)


def runs_of(answers: Answers) -> list[str]:
    """The run of each answer, of which every part is by that run."""
    runs = []
    for response in answers:
        assert response.status_code == 200, response.text
        document = response.json()
        assert document["answers"] == [document["run"]] * INPUTS
        runs.append(document["run"])
    return runs


def test_a_promotion_under_load_loses_no_request(shop: Workspace) -> None:
    promote(shop, "intent", "one", "")
    later = []

    async def change(load: Load) -> None:
        await asyncio.to_thread(promote, shop, "intent", "two", "")
        later.append(await load.ask())

    runs = runs_of(under_load(shop, make_key(shop), change))
    assert set(runs) == {"one", "two"}
    assert (runs[0], runs[-1]) == ("one", "two")
    assert runs_of(later) == ["two"]


def test_a_roll_back_under_load_loses_no_request(shop: Workspace) -> None:
    promote(shop, "intent", "one", "")
    later = []

    async def change(load: Load) -> None:
        await asyncio.to_thread(rollback, shop, "intent", "")
        later.append(await load.ask())

    runs = runs_of(under_load(shop, make_key(shop), change))
    assert set(runs) == {"one", UNTUNED}
    assert runs_of(later) == [UNTUNED]


def test_many_swaps_under_load_never_mix_runs(shop: Workspace) -> None:
    async def change(load: Load) -> None:
        for name in ("one", "two") * 3:
            await asyncio.to_thread(promote, shop, "intent", name, "")
            assert runs_of([await load.ask()]) == [name]

    assert set(runs_of(under_load(shop, make_key(shop), change))) == {UNTUNED, "one", "two"}


def test_a_key_revoked_under_load_is_refused_at_once(shop: Workspace) -> None:
    key = make_key(shop)
    with ApiKeys(shop) as keys:
        (known,) = keys.list()
    later = []

    def revoke() -> None:
        with ApiKeys(shop) as keys:
            keys.revoke(known.id)

    async def change(load: Load) -> None:
        await asyncio.to_thread(revoke)
        later.extend([await load.ask() for _ in range(3)])

    answers = under_load(shop, key, change)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 401}
    assert statuses[-1] == 401
    assert {answer.status_code for answer in later} == {401}
    # What had begun before was answered to its end.
    runs_of([answer for answer in answers if answer.status_code == 200])
