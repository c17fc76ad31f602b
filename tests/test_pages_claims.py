"""Claims marked in a text: told apart without colours, nothing of the text rendered."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from engine.claims import Claim, Fact
from engine.claims.checker import KINDS
from engine.codec import decode, encode
from pages.ui.frame.i18n import catalog
from pages.ui.parts import claim_marks
from tests.claims_shop import checker
from tests.shop_double import HOSTILE, said_on
from tests.waiting import LONG

TEXT = "A grey kettle\nwith a leather handle and a 2 year warranty."


def page(text: str, product: str, language: str) -> None:
    import streamlit as st

    from pages.ui.parts import claim_marks
    from tests.claims_shop import checker

    st.session_state["lang"] = language
    check = checker("en")
    claim_marks.show(text, check.claims(text, check.facts(product)), key="copy")


def shown(text: str, language: str = "en") -> AppTest:
    app = AppTest.from_function(
        page, kwargs={"text": text, "product": "kettle", "language": language}
    )
    app.run(timeout=LONG)
    assert not app.exception
    return app


def marked(text: str) -> str:
    check = checker("en")
    return claim_marks.mark(text, check.claims(text, check.facts("kettle")))


@pytest.mark.parametrize(
    ("language", "finding", "unsupported", "source"),
    [
        ("en", "1 of 4", "✗ unsupported", "attribute warranty"),
        ("zh", "4 处说法中有 1 处", "✗ 无依据", "属性“warranty”"),
    ],
)
def test_claims_are_shown_with_what_they_rest_on(language, finding, unsupported, source) -> None:
    app = shown(TEXT, language)
    assert finding in said_on(app)
    rows = app.dataframe[0].value
    assert list(rows["claim"]) == ["leather", "grey", "2 year", "warranty"]
    assert rows["state"][0] == unsupported
    assert list(rows["source"][1:]) == [
        {"en": "Title", "zh": "标题"}[language],
        source,
        source,
    ]
    assert rows["fact"][2] == "2 years"


def test_signs_and_grounds_tell_claims_apart() -> None:
    assert marked(TEXT) == (
        "A :green-background[✓ grey] kettle  \nwith a :red-background[✗ leather] handle and a "
        ":green-background[✓ 2 year] :green-background[✓ warranty]\\."
    )


def test_a_text_without_claims_says_so() -> None:
    app = shown("A lovely thing for every day.")
    assert "no claim that could be checked" in said_on(app)
    assert not app.dataframe


@pytest.mark.parametrize(
    "text", [HOSTILE, f"leather {HOSTILE} leather", ":red[leather] [x](http://y)"]
)
def test_markdown_and_html_in_a_text_stay_text(text: str) -> None:
    safe = re.sub(r"\\.", "", marked(text))
    ours = re.sub(r":(?:green|red)-background\[(?:✓|✗) [^\[\]]*\]", "", safe)
    assert not re.search(r"[*_`<>\[\]()!:#]", ours)
    assert shown(text).markdown


def test_overlapping_claims_become_one_mark() -> None:
    fact = Fact("title", "Mug", "title")
    claims = [
        Claim("number", "2 kg", 0, 4, fact),
        Claim("name", "kg bag", 2, 8, None),
        Claim("colour", "red", 9, 12, fact),
    ]
    assert claim_marks.mark("2 kg bag red", claims) == (
        ":red-background[✗ 2 kg bag] :green-background[✓ red]"
    )


def test_reviews_are_named_as_sources() -> None:
    assert claim_marks.source(Fact("review", "Great", "review:r7")).endswith("r7")


def test_every_kind_has_a_name() -> None:
    for texts in catalog().texts.values():
        assert {code for code in texts if code.startswith("claims.kinds.")} == {
            f"claims.kinds.{kind}" for kind in KINDS
        }


def test_claims_come_back_from_another_process() -> None:
    for claim in checker("en").claims(TEXT, checker("en").facts("kettle")):
        assert decode(Claim, encode(claim)) == claim
