"""The report page in both languages: chosen, previewed, downloaded, before and after a training."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.course.activity import read_acts
from engine.course.checks.decisions import REPORTED
from engine.messages import LANGUAGES
from engine.report.build import build
from pages.ui.report.downloads import make_file
from tests.runs_double import make_shop
from tests.shop_double import clean, open_page, said_on
from tests.test_report import full_shop

TITLES = {"en": "What do we tell the others?", "zh": "怎样向其他人汇报？"}


@pytest.fixture(autouse=True)
def state(home: Path) -> None:
    """Every test has a state folder of its own."""


def slides(app: AppTest) -> int:
    return len(app.get("image"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_any_training_the_report_says_what_the_shop_has(language: str) -> None:
    app = clean(open_page("report", make_shop(language), language))
    assert app.title[0].value == TITLES[language]
    (pages,) = app.pills
    assert pages.value == ["shop", "next"]
    assert slides(app) == 4
    assert {"en": "40 products", "zh": "40 件商品"}[language] in said_on(app)
    assert len(app.get("download_button")) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_goes_in_until_something_is_left_out(language: str) -> None:
    app = clean(open_page("report", full_shop(language), language))
    (pages,) = app.pills
    assert {"shop", "run:search-1", "ideas", "case", "plan", "next"} <= {*pages.value}
    everything = slides(app)
    # What somebody wrote is read and nothing more.
    values = [one.value for one in app.markdown]
    assert any(r"\<img src\=x" in value or r"\<img src=x" in value for value in values)
    assert not any("<img" in value.replace(r"\<", "") for value in values)
    clean(pages.set_value(["case"]).run())
    assert 2 < slides(app) < everything
    assert not app.warning


def test_a_file_that_was_made_is_noted_for_the_course() -> None:
    shop = make_shop("en")
    content = make_file(shop, "somebody", ".html", build(shop, "en", ["shop"]))
    assert content.startswith(b"<!DOCTYPE html>")
    (act,) = read_acts(shop)
    assert (act.act, act.details) == (REPORTED, {"format": ".html"})


def test_grey_claims_are_pointed_out() -> None:
    shop = full_shop("en")
    frames = dict(shop.tables().frames)
    frames["products"] = frames["products"].iloc[1:]
    shop.replace_tables(frames, {})
    app = clean(open_page("report", shop))
    assert "changed since" in app.warning[0].value
