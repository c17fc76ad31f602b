"""The HTTP interface: what it answers, whom, and what it refuses."""

import asyncio
import dataclasses
import shutil
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from engine.codec import decode
from engine.errors import InputError, ShoplabError
from engine.images.image_store import Brought, Pictures
from engine.messages import LANGUAGES
from engine.serving.api import build_api
from engine.serving.api.errors import STATUS
from engine.serving.api.limits import Limits
from engine.serving.api.settings import ApiSettings
from engine.storage.api_keys import ApiKeys
from engine.storage.feedback import Feedback
from engine.storage.workspace import Workspace
from engine.tasks import TASKS, find_call, get_tiny
from engine.training.promotion import promote
from tests.api_client import make_key, send, with_client
from tests.doubles.answerer import FakeAnswerer
from tests.pictures import encoded, product
from tests.runs_double import make_shop, make_trained
from tests.shop_double import HOSTILE, small_shop

QUERY = [{"query": "teapot", "k": 3}]


@pytest.fixture
def shop(home) -> Workspace:
    return small_shop()


@pytest.fixture
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture
def app(answerer: FakeAnswerer) -> FastAPI:
    return build_api(answerer)


@pytest.fixture
def key(shop: Workspace) -> str:
    return make_key(shop)


def refusal(response: httpx2.Response) -> tuple[int, str]:
    """The status and code of an error, which holds nothing else."""
    document = response.json()
    assert document.keys() == {"error"}
    assert document["error"].keys() == {"code", "message", "details"}
    assert document["error"]["message"]
    return response.status_code, document["error"]["code"]


def test_a_list_of_inputs_is_answered_by_the_run_that_is_served(
    app: FastAPI, shop: Workspace, key: str
) -> None:
    two = [*QUERY, {"query": "rain jacket"}]
    response = send(app, "POST", "/v1/shop/search", key, json=two)
    assert response.status_code == 200
    document = response.json()
    assert document.keys() == {"run", "answers"}
    assert document["run"] == "untuned"
    assert [answer["query"] for answer in document["answers"]] == ["teapot", "rain jacket"]
    assert len(document["answers"][0]["results"]) == 3
    make_trained(shop, "search", "one")
    promote(shop, "search", "one", "")
    document = send(app, "POST", "/v1/shop/search", key, json=QUERY).json()
    assert (document["run"], document["answers"][0]["system"]) == ("one", "hybrid_tuned")
    basket = [{"basket": ["P00"]}]
    assert send(app, "POST", "/v1/shop/cross_sell", key, json=basket).json()["run"] == "untuned"


def test_the_assistant_replies_with_the_search_that_is_served(
    app: FastAPI, answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    make_trained(shop, "search", "one")
    promote(shop, "search", "one", "")
    asked = []

    async def answer(question: Any, seconds: float) -> Any:
        asked.append((question.call.service, question.run, question.body))
        return [{"reply": {}}]

    answerer.answer = answer  # type: ignore[method-assign]
    messages = [{"text": "is it waterproof?", "customer": "U1"}]
    response = send(app, "POST", "/v1/shop/assistant", key, json=messages)
    assert response.json() == {"run": "one", "answers": [{"reply": {}}]}
    ((service, run, body),) = asked
    assert (service, run, body.messages[0].customer) == ("assistant", "one", "U1")


def test_a_deleted_run_is_not_replaced_in_silence(app: FastAPI, shop: Workspace, key: str) -> None:
    make_trained(shop, "search", "one")
    promote(shop, "search", "one", "")
    shutil.rmtree(shop.folder / "runs" / "one")
    response = send(app, "POST", "/v1/shop/search", key, json=QUERY)
    assert refusal(response) == (503, "deployment.run_gone")
    assert "rollback" in response.json()["error"]["message"]


def test_suggestions_products_and_pictures(app: FastAPI, shop: Workspace, key: str) -> None:
    assert Pictures(shop.folder).add([Brought("P01", "a.png", encoded(product((200, 30, 30))))]).new
    found = send(app, "POST", "/v1/shop/suggest", key, json={"text": "tea", "most": 4}).json()
    assert "teapot" in [one["text"] for one in found["suggestions"]]
    ids = {"product_ids": ["P23", "none", "P01"]}
    hostile, jacket = send(app, "POST", "/v1/shop/products", key, json=ids).json()["products"]
    assert hostile["title"] == HOSTILE and hostile["picture"] == ""
    assert (jacket["title"], jacket["price"]) == ("Rain jacket 1", 11.0)
    picture = send(app, "GET", f"/v1/shop/pictures/{jacket['picture']}", key)
    assert picture.headers["content-type"] == "image/webp"
    assert picture.content[8:12] == b"WEBP"
    for name in ("0" * 64, "workspace.json", "..%2F..%2Fworkspace.json", "%2Fetc%2Fpasswd"):
        assert send(app, "GET", f"/v1/shop/pictures/{name}", key).status_code == 404


def test_a_shop_without_tables_answers_with_nothing(app: FastAPI, home) -> None:
    key = make_key(Workspace.create("empty"))
    assert send(app, "POST", "/v1/empty/suggest", key, json={}).json() == {"suggestions": []}
    empty = {"product_ids": ["P01"]}
    assert send(app, "POST", "/v1/empty/products", key, json=empty).json() == {"products": []}


def test_acts_flow_into_the_feedback_of_their_visit(
    app: FastAPI, shop: Workspace, key: str
) -> None:
    seen = {"visit": "v1", "query": "mug", "system": "hybrid", "products": ["P01", "P02"]}
    seen["acts"] = [{"product_id": "P02", "event": "click"}]
    kept = send(app, "POST", "/v1/shop/feedback", key, json=seen).json()
    assert kept["acts"] == 1
    more = {"list": kept["list"], "acts": [{"product_id": "P02", "event": "purchase"}]}
    assert send(app, "POST", "/v1/shop/feedback", key, json=more).json() == {
        "list": kept["list"],
        "acts": 1,
    }
    with Feedback(shop) as feedback:
        assert feedback.acts("v1") == [("P02", "click"), ("P02", "purchase")]
        assert feedback.get(kept["list"]).arm == "hybrid"
        # No policy chose the list, so nothing can be learned from it about strategies.
        assert feedback.log().empty


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"acts": [{"product_id": "P09", "event": "click"}]}, "strategy.not_in_list"),
        ({"acts": [{"product_id": "P01", "event": "steal"}]}, "codec.bad_choice"),
        ({"visit": " "}, "codec.no_text"),
        ({"visit": "v" * 101}, "codec.too_long"),
        ({"products": []}, "codec.no_list"),
        ({"products": ["p"] * 201}, "codec.too_long"),
        ({"list": "none"}, "strategy.unknown_list"),
    ],
)
def test_feedback_that_does_not_fit_is_refused_whole(
    app: FastAPI, shop: Workspace, key: str, change: dict[str, Any], code: str
) -> None:
    good = {"visit": "v", "products": ["P01"], "acts": [{"product_id": "P01", "event": "click"}]}
    response = send(app, "POST", "/v1/shop/feedback", key, json=good | change)
    assert refusal(response) == (400, code)
    with Feedback(shop) as feedback:
        assert feedback.acts("v") == []


@pytest.mark.parametrize("task", TASKS)
def test_inputs_that_do_not_fit_are_refused_as_on_the_command_line(
    app: FastAPI, key: str, task: str
) -> None:
    body = find_call(task, "predict").body
    for wrong in [7, "text", {}, *get_tiny(task).refused]:
        try:
            decode(body, [wrong])
        except InputError as error:
            answer = send(app, "POST", f"/v1/shop/{task}", key, json=[wrong])
            assert refusal(answer) == (400, error.code)


def test_what_is_no_list_of_inputs_is_refused(app: FastAPI, key: str) -> None:
    def ask(**body: Any) -> tuple[int, str]:
        return refusal(send(app, "POST", "/v1/shop/search", key, **body))

    assert ask(json={"query": "mug"}) == (400, "serving.no_inputs")
    assert ask(json=[]) == (400, "serving.no_inputs")
    assert ask(json=QUERY * 65) == (400, "serving.many_inputs")
    assert ask(json=[{"query": "mug"}, {"query": " "}]) == (400, "codec.no_text")
    for broken in (b"", b"[", b"\xff\xfe", b"[" * 100_000):
        assert ask(content=broken) == (400, "serving.no_json")
    row = send(app, "POST", "/v1/shop/search", key, json=[*QUERY, {"query": ""}]).json()
    assert "2" in row["error"]["message"]


def test_a_wrong_key_and_an_unknown_workspace_get_the_same_answer(
    app: FastAPI, shop: Workspace, key: str
) -> None:
    other = make_shop("en")
    expired = make_key(shop, days=0)
    storefront = make_key(other, "storefront")
    answers = {
        (response.status_code, response.text, response.headers["www-authenticate"])
        for response in (
            send(app, "POST", "/v1/shop/search", json=QUERY),
            send(app, "POST", "/v1/shop/search", key[:-1], json=QUERY),
            send(app, "POST", "/v1/shop/search", expired, json=QUERY),
            send(app, "POST", "/v1/shop/search", make_key(other), json=QUERY),
            send(app, "POST", "/v1/shop/search", storefront, json=QUERY),
            send(app, "POST", "/v1/none/search", key, json=QUERY),
            send(app, "POST", "/v1/..%20/search", key, json=QUERY),
            send(app, "POST", f"/v1/{other.name}/search", key, json=QUERY),
            send(app, "POST", "/v1/shop/none", "wrong", json=QUERY),
            send(app, "GET", "/v1/shop/pictures/" + "0" * 64, "wrong"),
        )
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401
    assert not (shop.folder.parent / "none").exists()


def test_strangers_leave_no_file_in_a_workspace(app: FastAPI, home) -> None:
    shop = Workspace.create("quiet")
    assert send(app, "POST", "/v1/quiet/search", "shoplab_1_2", json=QUERY).status_code == 401
    assert not (shop.folder / "api_keys.sqlite").exists()


def test_only_chosen_workspaces_are_served(
    answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    other = make_shop("en")
    app = build_api(answerer, ApiSettings(workspaces=frozenset(("shop",))))
    assert send(app, "POST", "/v1/shop/search", key, json=QUERY).status_code == 200
    path = f"/v1/{other.name}/search"
    assert refusal(send(app, "POST", path, make_key(other), json=QUERY)) == (401, "serving.bad_key")


def test_a_storefront_key_opens_what_a_shopper_needs(
    app: FastAPI, answerer: FakeAnswerer, shop: Workspace
) -> None:
    key = make_key(shop, "storefront")
    bodies: dict[str, Any] = {
        "search": QUERY,
        "cross_sell": [{"basket": ["P00"]}],
        "suggest": {},
        "products": {"product_ids": []},
    }
    for name, body in bodies.items():
        assert send(app, "POST", f"/v1/shop/{name}", key, json=body).status_code == 200
    for name in {*TASKS, "assistant", "none"} - {*bodies}:
        answer = send(app, "POST", f"/v1/shop/{name}", key, json=[])
        assert refusal(answer) == (403, "serving.key_scope")


def test_unknown_paths_and_methods(app: FastAPI, shop: Workspace, key: str) -> None:
    assert refusal(send(app, "GET", "/")) == (404, "serving.no_path")
    assert refusal(send(app, "GET", "/docs")) == (404, "serving.no_path")
    assert refusal(send(app, "GET", "/v1/shop/search", key)) == (405, "serving.bad_method")
    assert refusal(send(app, "POST", "/v1/shop/none", key, json=[])) == (404, "tasks.unknown")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, zh;q=0.3, en;q=0.7", "en"),
        ("de", "en"),
        ("", "en"),
        ("zh;q=x,;;q=,=", "en"),
    ],
)
def test_errors_are_in_the_language_of_the_client(app: FastAPI, header: str, language: str) -> None:
    response = send(app, "GET", "/none", headers={"Accept-Language": header})
    assert response.headers["content-language"] == language
    assert response.json()["error"]["message"] == ShoplabError("serving.no_path").message(language)


def test_every_code_with_a_status_has_a_text_in_both_languages() -> None:
    for code in STATUS:
        texts = {
            ShoplabError(
                code, most=1, seconds=1, rate=1, run="r", task="t", known="k", status=1, log="l"
            ).message(language)
            for language in LANGUAGES
        }
        assert len(texts) == 2


def test_a_large_body_is_refused_before_it_is_read(
    answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    app = build_api(answerer, ApiSettings(body_bytes=1000))
    sent = 0

    async def chunks() -> Any:
        nonlocal sent
        for _ in range(50):
            sent += 1
            yield b" " * 400

    assert refusal(send(app, "POST", "/v1/shop/search", key, content=chunks()))[1] == (
        "serving.too_large"
    )
    assert sent == 3
    sent = 0
    headers = {"Content-Length": "20000"}
    response = send(app, "POST", "/v1/shop/search", key, content=chunks(), headers=headers)
    assert refusal(response) == (413, "serving.too_large")
    assert sent == 0
    # Without a key nothing of the body is read at all.
    assert send(app, "POST", "/v1/shop/search", content=chunks()).status_code == 401
    assert sent == 0


def test_a_body_that_never_ends_is_given_up(
    answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    app = build_api(answerer, ApiSettings(body_seconds=0.01))

    async def slow() -> Any:
        yield b"["
        await asyncio.Event().wait()

    answer = send(app, "POST", "/v1/shop/search", key, content=slow())
    assert refusal(answer) == (408, "serving.slow_body")


def test_a_key_asks_at_most_so_often() -> None:
    now = 0.0
    limits = Limits(ApiSettings(rate=2, burst=3), clock=lambda: now)

    def ask(key: str = "a") -> float:
        """0, or the seconds to wait."""
        try:
            with limits.request(key):
                return 0.0
        except ShoplabError as error:
            assert error.code == "serving.too_fast"
            return float(str(error.params["seconds"]))

    assert [ask() for _ in range(4)] == [0, 0, 0, 0.5]
    assert ask("b") == 0
    now = 0.25
    assert ask() == 0.25
    now = 0.5
    assert [ask(), ask()] == [0, 0.5]
    now = 100.0
    assert [ask() for _ in range(4)] == [0, 0, 0, 0.5]


def test_too_many_requests_are_told_when_to_come_back(
    answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    app = build_api(answerer, ApiSettings(rate=0.001, burst=2))
    answers = [send(app, "POST", "/v1/shop/search", key, json=QUERY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[-1])[1] == "serving.too_fast"
    assert int(answers[-1].headers["retry-after"]) > 900
    other = make_key(shop)
    assert send(app, "POST", "/v1/shop/search", other, json=QUERY).status_code == 200


def test_a_key_has_so_many_requests_at_a_time(
    answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    app = build_api(answerer, ApiSettings(concurrent=2))

    async def crowd(client: httpx2.AsyncClient) -> list[httpx2.Response]:
        answerer.held.clear()
        tasks = [asyncio.create_task(client.post("/v1/shop/search", json=QUERY)) for _ in range(5)]
        refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        while len(refused) < 3:
            refused, _ = await asyncio.wait(tasks, timeout=0.05)
        answerer.held.set()
        # Room is given back once they are answered.
        return [*await asyncio.gather(*tasks), await client.post("/v1/shop/search", json=QUERY)]

    answers = with_client(app, key, crowd)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429, 429]
    assert answers[-1].status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(
    answerer: FakeAnswerer, shop: Workspace, key: str
) -> None:
    app = build_api(answerer, ApiSettings(seconds=0.01))
    answerer.held.clear()
    answer = send(app, "POST", "/v1/shop/search", key, json=QUERY)
    assert refusal(answer) == (504, "inference.too_slow")


def test_what_the_models_raise_is_answered(app: FastAPI, answerer: FakeAnswerer, key: str) -> None:
    answerer.error = ShoplabError("inference.busy", stage="load", done=1, total=2)
    response = send(app, "POST", "/v1/shop/search", key, json=QUERY)
    assert refusal(response) == (503, "inference.busy")
    assert response.headers["retry-after"] == "2"
    answerer.error = ShoplabError("tasks.unreadable_run", run="one")
    answer = send(app, "POST", "/v1/shop/search", key, json=QUERY)
    assert refusal(answer) == (500, "tasks.unreadable_run")
    answerer.error = ZeroDivisionError("secret")
    response = send(app, "POST", "/v1/shop/search", key, json=QUERY)
    assert refusal(response) == (500, "serving.failed")
    assert "secret" not in response.text


def test_health_and_metrics(app: FastAPI, answerer: FakeAnswerer, key: str) -> None:
    assert send(app, "GET", "/healthz").json() == {"status": "ok"}
    assert send(app, "GET", "/readyz").status_code == 200
    answerer.is_ready = False
    assert send(app, "GET", "/readyz").status_code == 503
    send(app, "POST", "/v1/shop/search", key, json=QUERY)
    send(app, "POST", "/v1/shop/search", "wrong", json=QUERY)
    send(app, "GET", "/v1/strange/path/here")
    answerer.error = ZeroDivisionError()
    send(app, "POST", "/v1/shop/search", key, json=QUERY)
    text = send(app, "GET", "/metrics").text
    assert 'shoplab_requests_total{route="search",status="200"} 1.0' in text
    assert 'shoplab_requests_total{route="search",status="401"} 1.0' in text
    assert 'shoplab_requests_total{route="search",status="500"} 1.0' in text
    assert 'shoplab_requests_total{route="none",status="404"} 1.0' in text
    assert 'shoplab_request_seconds_count{route="search"} 3.0' in text
    assert 'shoplab_errors_total{code="serving.bad_key"} 1.0' in text
    assert 'shoplab_errors_total{code="serving.failed"} 1.0' in text
    assert "shoplab_requests_running 0.0" in text
    assert "shoplab_models 1" in text
    assert "strange" not in text and 'shop"' not in text


def test_only_named_origins_may_ask_from_a_browser(
    answerer: FakeAnswerer, app: FastAPI, key: str
) -> None:
    headers = {"Origin": "https://shop.example"}
    response = send(app, "POST", "/v1/shop/search", key, json=QUERY, headers=headers)
    assert not [name for name in response.headers if name.startswith("access-control")]
    named = build_api(answerer, ApiSettings(origins=("https://shop.example",)))
    response = send(named, "POST", "/v1/shop/search", key, json=QUERY, headers=headers)
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    headers["Origin"] = "https://other.example"
    response = send(named, "POST", "/v1/shop/search", key, json=QUERY, headers=headers)
    assert "access-control-allow-origin" not in response.headers


def test_the_description_holds_the_types_and_loads_nothing_from_elsewhere(app: FastAPI) -> None:
    document = send(app, "GET", "/openapi.json").json()
    paths, components = document["paths"], document["components"]["schemas"]
    for task in TASKS:
        operation = paths[f"/v1/{{workspace}}/{task}"]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert body["type"] == "array"
        assert body["items"]["$ref"].rpartition("/")[2] in components
        assert operation["security"]
    answer = paths["/v1/{workspace}/search"]["post"]["responses"]["200"]
    fields = answer["content"]["application/json"]["schema"]["properties"]
    assert fields["answers"]["items"]["$ref"].endswith("SearchAnswer")
    assert "query" in components["SearchInput"]["required"]
    assert "/v1/{workspace}/{task}" not in paths
    assert "http" not in str(paths)


def test_answers_are_not_kept_by_browsers(app: FastAPI, key: str) -> None:
    for response in (
        send(app, "POST", "/v1/shop/search", key, json=QUERY),
        send(app, "POST", "/v1/shop/search", json=QUERY),
    ):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "server" not in response.headers


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ApiSettings().rate = 1  # type: ignore[misc]


def test_the_last_use_of_a_key_is_noted(app: FastAPI, shop: Workspace, key: str) -> None:
    send(app, "POST", "/v1/shop/search", key, json=QUERY)
    with ApiKeys(shop) as keys:
        (one,) = keys.list()
        assert one.used is not None and one.used >= one.created
