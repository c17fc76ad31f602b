"""Whatever JSON is sent to the HTTP interface, it is answered or refused, and never fails."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from engine.serving.api import build_api
from engine.serving.api.bodies import Act, FeedbackInput, ProductsInput, SuggestInput
from engine.serving.api.settings import ApiSettings
from engine.tasks.cross_sell.answers import CrossSellInput
from engine.tasks.search.answers import Condition, SearchInput
from tests.api_client import make_key, send
from tests.doubles.answerer import FakeAnswerer
from tests.shop_double import small_shop

BODIES = (SearchInput, Condition, CrossSellInput, SuggestInput, ProductsInput, FeedbackInput, Act)
NAMES = st.sampled_from([field.name for body in BODIES for field in fields(body)])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["P01", "click", "\ud800", "\x00", "price", "9" * 400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
ROUTES = ("search", "cross_sell", "suggest", "products", "feedback")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An app that serves a small shop, and a key of it."""
    with pytest.MonkeyPatch.context() as patch:
        home: Path = tmp_path_factory.mktemp("fuzz") / "home"
        patch.setenv("SHOPLAB_HOME", str(home))
        app = build_api(FakeAnswerer(), ApiSettings(rate=1e6, burst=10**6))
        yield app, make_key(small_shop())


@pytest.mark.parametrize("route", ROUTES)
@given(value=VALUES, listed=st.booleans())
def test_any_json_is_answered_or_refused(
    served: tuple[FastAPI, str], route: str, value: object, listed: bool
) -> None:
    app, key = served
    body = [value] if listed else value
    response = send(app, "POST", f"/v1/shop/{route}", key, content=dump(body))
    assert response.status_code in (200, 400), response.text
    if response.status_code == 400:
        assert response.json()["error"]["code"].split(".")[0] in ("codec", "serving", "strategy")


@given(
    content=st.binary(max_size=200), header=st.text(st.characters(max_codepoint=255), max_size=80)
)
def test_any_bytes_and_headers_are_refused(
    served: tuple[FastAPI, str], content: bytes, header: str
) -> None:
    app, key = served
    plain = header.encode("latin-1").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    odd = {"Accept-Language": plain, "Content-Length": plain}
    response = send(app, "POST", "/v1/shop/search", key, content=content, headers=odd)
    assert response.status_code in (400, 413)
    response = send(
        app, "POST", "/v1/shop/search", content=content, headers={"Authorization": plain}
    )
    assert response.status_code == 401


def dump(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "replace")
