"""What strangers bring costs time that is linear in its length, whatever it says."""

import ast
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from engine.assistant import order_answers, policy, understanding
from engine.assistant.answers import Message
from engine.claims.facts import sentences
from engine.claims.lexicon import tokens_of
from engine.claims.vocabulary import word_list
from engine.codec import decode
from engine.commands.training import read_items
from engine.errors import InputError
from engine.images import colours
from engine.labelling import intent_rules
from engine.messages import LANGUAGES
from engine.reading import numbers, time_columns, times
from engine.reading.dialect import find_dialect
from engine.reading.html import visible_text
from engine.reading.input_lines import LINE_BYTES
from engine.reading.language import _SCRIPTS
from engine.reading.layout import Place, find_layout
from engine.reading.mending import decode_queries, mend_mojibake
from engine.reading.missing import find_missing
from engine.reading.nested import fold
from engine.reading.numbers import read_numbers, read_prices
from engine.reading.reader import read_table
from engine.reading.texts import split_category, tidy
from engine.reading.times import read_times
from engine.reading.values import read_choices, read_ids, read_ratings
from engine.retrieval import filters, price
from engine.retrieval.query_suggestions import key_of
from engine.reviews import aspects, keyphrases, prompt_injection, sentiment_lexicon, stream
from engine.settings import LONGEST_NAME, LONGEST_TEXT, PROJECT
from engine.tasks.search.answers import SearchInput
from engine.text import quantities
from engine.text.private import is_private
from engine.text.words import normalise, words
from pages.ui.assistant.checked_messages import read_messages
from pages.ui.frame import link
from pages.ui.frame.i18n import escape
from pages.ui.parts import query_box
from tests.patterns import TAILS, Use, hostile, slow_text, written_patterns
from tests.shop_double import FakeModels, clean, open_page, small_shop

# Ten times the text may take ten times as long, and caches, blocks and a busy machine some more.
# Quadratic work takes a hundred times as long.
MOST = 35


def _column(read: Callable[[pd.Series], object]) -> Callable[[str], object]:
    return lambda text: read(pd.Series([text, "x"], dtype="str"))


# Everything that meets a text of a user before a model does.
DOORS: dict[str, Callable[[str], object]] = {
    "price": price.price_range,
    "quantities": quantities.quantities,
    "rest of a query": filters._trim,
    "suggestions": key_of,
    "private": is_private,
    "normal form": normalise,
    "words": words,
    "tokens": tokens_of.__wrapped__,
    "sentences": sentences,
    "clauses": aspects.clauses,
    "aspects": aspects.seed_aspects().find,
    "word counts": sentiment_lexicon.score_words,
    "phrases": keyphrases.phrases,
    "orders to a machine": prompt_injection.is_prompt_injection,
    "pasted texts": lambda text: stream.read_lines(f"x\n{text}"),
    "markup": visible_text,
    "tidy": _column(tidy),
    "category": _column(split_category),
    "time": _column(read_times),
    "number": _column(read_numbers),
    "price of a shop": _column(read_prices),
    "rating": _column(read_ratings),
    "mojibake": _column(mend_mojibake),
    "encoded queries": _column(decode_queries),
    "words for missing": _column(lambda cells: find_missing(cells, None)),
    "assigned attributes": lambda text: fold({}, pd.Series([text], dtype="str", name="a")),
    "header": lambda text: find_layout(
        [(row, [text, "1"]) for row in range(1, 4)], Place("products")
    ),
    "choice": _column(lambda cells: read_choices(cells, "event")),
    "id": _column(read_ids),
    "dialect": lambda text: find_dialect([f"id{text}\n", "1\n"], is_complete=True),
    "policy": lambda text: policy.split_passages(f"# {text}"),
    "escaping": escape,
}
HOSTILE = (
    *("百", "千万", "不", "a", "A1", "1", "1,", "1.", "-", " ", "\n", " \n", ".", ",", "，", "''"),
    *("of ", "with ", "under 5 ", "max 1 ", "5以内", "between 1 and ", "1/2 ", "1(", "but ", " , "),
    *("a@", "https://", "<", "<a ", "<a '\"", "<!--", "<![", "<script>", "</p", "&", "&amp", "&#1"),
    *("2024-1-1 ", "T ", "system:", "ignore all ", "> ", " / ", "\u3000", "[", "{"),
    # Accents that have to be put in order, and many signs that might separate columns.
    *("\u0327\u0301", "".join(map(chr, range(0x2500, 0x2540)))),
)


def _built() -> Iterator[Use]:
    """The patterns that are put together from lists of words."""
    for kind, rows in price._words().items():
        for place in rows.keys() & {"before", "weak", "after"}:
            way = "match" if place == "after" else "search"
            yield Use("engine/retrieval/price.py", price._pattern(kind, place), way)
    yield Use("engine/retrieval/price.py", price._pattern("money"), "match")
    yield Use("engine/retrieval/price.py", price._pattern("between"), "fullmatch")
    yield Use("engine/retrieval/price.py", price._pattern("numeral"), "search")
    yield Use("engine/text/quantities.py", quantities._pattern(), "finditer")
    yield Use("engine/text/quantities.py", quantities._idioms(), "sub")
    yield Use("engine/reviews/prompt_injection.py", prompt_injection._forms(), "search")
    terms = aspects.seed_aspects()._pattern
    assert terms is not None
    yield Use("engine/reviews/aspects.py", terms, "findall")
    counted = sentiment_lexicon.lexicon().pattern
    yield Use("engine/reviews/sentiment_lexicon.py", counted, "findall")
    yield Use("engine/images/colours.py", colours._pattern(), "finditer")
    for _, letters in _SCRIPTS.values():
        yield Use("engine/reading/language.py", re.compile(letters), "search")
    for written, way in ((numbers._CURRENCY, "sub"), (numbers._EUROPEAN, "search")):
        yield Use("engine/reading/numbers.py", re.compile(written), way)
    for written, way in (
        (times._NAMED_MONTH, "sub"),
        (times._ABBREVIATED, "sub"),
        (times.FOREIGN_DIGIT, "search"),
    ):
        yield Use("engine/reading/times.py", re.compile(written), way)
    yield Use("engine/reading/time_columns.py", re.compile(time_columns._OWN_ZONE), "search")
    packing = re.compile(word_list("columns")["packing"]["pattern"])
    yield Use("engine/claims/numbers.py", packing, "search")
    for patterns in intent_rules._patterns().values():
        yield from (Use("engine/labelling/intent_rules.py", one, "search") for one in patterns)
    yield Use("engine/assistant/order_answers.py", order_answers._MONTH, "search")
    for name in understanding._read("cues").keys() - {"dimensions"}:
        for language in LANGUAGES:
            for forms in understanding.cues(name, language).values():
                if isinstance(forms, list):
                    pattern = understanding.pattern_of(tuple(forms))
                    yield Use("engine/assistant/understanding.py", pattern, "search")


# These put together forms of `understanding`, and titles as they are.
BUILT_OF_OTHERS = {"engine/assistant/product_facts.py", "engine/assistant/product_resolution.py"}


def test_every_pattern_that_is_built_is_tried() -> None:
    assert written_patterns()[1] == {use.where for use in _built()} | BUILT_OF_OTHERS


def test_every_pattern_is_linear() -> None:
    uses = [*written_patterns()[0], *_built()]
    distinct = {(use.pattern.pattern, use.pattern.flags, use.way): use for use in uses}
    assert len(distinct) > 300
    slow = {
        f"{use.where} {use.pattern.pattern!r}": text
        for use in distinct.values()
        if (
            text := slow_text(
                use.run,
                [(*parts, tail) for parts in sorted(hostile(use.pattern)) for tail in TAILS],
                MOST,
            )
        )
    }
    assert slow == {}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_is_linear(door: str) -> None:
    DOORS[door]("a 1 百")  # what is read once and kept
    assert slow_text(DOORS[door], [("a ", body, TAILS[1]) for body in HOSTILE], MOST) == ""


def test_texts_too_long_for_a_model_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        decode(SearchInput, {"query": "百" * (LONGEST_NAME + 1)})
    assert refused.value.code == "codec.too_long"
    with pytest.raises(InputError) as refused:
        decode(Message, {"text": "a" * (LONGEST_TEXT + 1)}, row=3)
    assert refused.value.params == {"row": 3, "field": "text", "most": "20,000"}


def test_a_line_of_inputs_is_read_up_to_a_limit() -> None:
    for line in (b'{"query": "' + b"a" * LINE_BYTES, b"[" * 100_000):
        with pytest.raises(InputError) as refused:
            list(read_items(io.BytesIO(b'{"query": "cup"}\n' + line), "inputs.jsonl"))
        assert refused.value.code in ("reader.long_line", "reader.broken_json_line")
        assert refused.value.params["row"] == 2


def test_a_deeply_nested_message_is_refused_by_its_line() -> None:
    with pytest.raises(InputError) as refused:
        read_messages("messages.jsonl", b'{"message": "cup?"}\n' + b"[" * 100_000)
    assert refused.value.code == "reader.broken_json_line"
    assert refused.value.params["row"] == 2


@pytest.mark.parametrize("name", ["shop.csv", "shop.jsonl"])
def test_a_column_name_has_a_limit(name: str, tmp_path: Path, home: Path) -> None:
    long = "x" * 1_001
    record = json.dumps({"id": 1, long: 2}) if name.endswith("jsonl") else f"id,{long}\n1,2\n"
    (tmp_path / name).write_text(record)
    with pytest.raises(InputError) as refused:
        read_table(tmp_path / name)
    assert refused.value.code == "reader.long_column_name"
    assert refused.value.params["position"] == 2


def test_every_box_for_text_has_a_limit() -> None:
    # Streamlit cuts what a browser sends to this many characters.
    boxes = [
        (file, {keyword.arg for keyword in node.keywords})
        for file in sorted((PROJECT / "pages").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in ("text_input", "text_area", "chat_input")
    ]
    assert len(boxes) > 10
    assert [file for file, arguments in boxes if "max_chars" not in arguments] == []


def test_a_value_of_a_link_has_a_limit(models: FakeModels) -> None:
    shop = small_shop()
    app = clean(open_page("search", shop, q="a" * (query_box.LONGEST + 1)))
    assert app.query_params["q"] == "a" * query_box.LONGEST
    app = clean(open_page("search", shop, q="百" * (link.LONGEST + 1)))
    assert "百" not in app.query_params.get("q", "")
    assert any("5,000" in warning.value for warning in app.warning)
