"""The demo storefront: a page that holds nothing of a shop and trusts nothing in it."""

import re

import pytest
from fastapi import FastAPI

from engine.messages import LANGUAGES, engine_catalog
from engine.serving.api import build_api
from engine.serving.api.storefront import POLICY
from engine.settings import PROJECT
from tests.api_client import send
from tests.doubles.answerer import FakeAnswerer

STATIC = PROJECT / "engine" / "serving" / "api" / "static"
# What would turn a text into markup or code.
MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return build_api(FakeAnswerer())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_languages(app: FastAPI, language: str) -> None:
    texts = engine_catalog().texts[language]
    accepted = send(app, "GET", "/shop/some", headers={"Accept-Language": language})
    chosen = send(app, "GET", f"/shop/some?lang={language}", headers={"Accept-Language": "fr"})
    assert accepted.text == chosen.text
    assert f'<html lang="{language}">' in chosen.text
    assert texts["storefront.search_label"] in chosen.text
    assert "$" not in chosen.text


def test_the_page_may_load_from_this_server_alone(app: FastAPI) -> None:
    page = send(app, "GET", "/shop/some")
    assert page.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY and "http" not in POLICY and "*" not in POLICY
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert send(app, "GET", f"/shop/{name}").status_code == 200, name
    files = [*STATIC.iterdir()]
    assert len(files) == 4
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"https?://|//\w+\.\w", text), file
        assert not [word for word in MARKUP if word in text], file
    assert not re.search(r"<style|<script>|\son\w+=|style=", (STATIC / "shop.html").read_text())


def test_every_text_of_the_script_is_written() -> None:
    used = set(re.findall(r"\btexts\.(\w+)", (STATIC / "shop.js").read_text(encoding="utf-8")))
    assert used
    for language in LANGUAGES:
        texts = engine_catalog().texts[language]
        assert {f"storefront.{name}" for name in used} <= set(texts)


def test_a_name_in_the_address_stays_text(app: FastAPI) -> None:
    page = send(app, "GET", "/shop/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").text
    assert "<script>" not in page and "&lt;script&gt;" not in page  # a slash is no part of a name
    page = send(app, "GET", "/shop/%22%3E%3Cimg%20src=x%3E").text
    assert "<img src=x" not in page
    assert "&quot;&gt;&lt;img src=x&gt;" in page


def test_the_files_of_the_page_are_no_way_out(app: FastAPI) -> None:
    for path in ("..%2fapp.py", "..%2f..%2f__init__.py", "none.js"):
        assert send(app, "GET", f"/shop/static/{path}").status_code == 404
