"""A small shop and a model process's double that answers in the true form, for page tests."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from streamlit.testing.v1 import AppTest

from engine.codec import decode, encode
from engine.labelling.labels import INTENTS
from engine.reviews.aspects import Aspects, find_mentions
from engine.serving.question import Question
from engine.settings import PROJECT
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tables.schema import SENTIMENTS, TABLES
from engine.tasks.cross_sell.answers import CrossSellAnswer, CrossSellInput
from engine.tasks.interest.answers import InterestAnswer, InterestInput
from engine.tasks.search.answers import SearchAnswer, SearchExplanation, SearchInput, WhyInput
from tests.doubles import cross_sell, interest, search

HOSTILE = (
    '=HYPERLINK("http://x") <img src=x onerror=alert(1)> ![a](http://x/i.png) **bold** :red[x]'
)
QUERIES = ("rain jacket", "something dry for the trail", "teapot", "red mug", HOSTILE)


def small_shop(language: str = "en", log: bool = True) -> Workspace:
    """A workspace with 24 products, one of them hostile, and a search log over three weeks."""
    titles = [f"Rain jacket {n}" for n in range(12)] + [f"Teapot {n} mug" for n in range(11)]
    products = pd.DataFrame({"title": [*titles, HOSTILE]})
    products["product_id"] = [f"P{n:02}" for n in range(len(products))]
    products["category"] = ["Clothing > Jackets"] * 12 + ["Kitchen > Pots"] * 12
    products["brand"] = "Acme"
    products["price"] = [10.0 + n for n in range(len(products))]
    products["description"] = HOSTILE
    frames = {"products": whole("products", products)}
    if log:
        rows = [
            {"query": query, "session_id": f"S{n}-{query}", "time": f"2025-11-{1 + n:02} 10:00:00"}
            for place, query in enumerate(QUERIES)
            for n in range(20 - 3 * place)
        ]
        searches = pd.DataFrame(rows).assign(event="click", product_id="P00")
        searches["time"] = pd.to_datetime(searches["time"])
        frames["searches"] = whole("searches", searches)
    workspace = Workspace.create("shop", language)
    workspace.replace_tables(frames, {})
    return workspace


def whole(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with every column of `table`, typed as a load leaves them."""
    whole = frame.reindex(columns=TABLES[table].columns)
    kinds = {field.name: field.kind for field in TABLES[table].fields}
    texts = [name for name in whole if kinds[name] not in ("number", "time")]
    return whole.astype(dict.fromkeys(texts, "str"))


def open_page(page: str, workspace: Workspace, language: str = "en", **link: str) -> AppTest:
    """The page as a visitor with the workspace's link sees it."""
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=30).run()
    app.switch_page(f"pages/{page}.py")
    for name, value in {"w": workspace.key, "lang": language, **link}.items():
        app.query_params[name] = value
    app.session_state["lang"] = language
    return app.run()


def texts_of(app: AppTest) -> str:
    """Everything the page says, as one text."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error")
    said = [str(element.value) for kind in kinds for element in app.get(kind)]
    options = [
        option.content for group in app.get("button_group") for option in group.proto.options
    ]
    return "\n".join([*said, *options])


def said_on(app: AppTest) -> str:
    """As `texts_of`, but as a reader sees it: without the escapes of Markdown."""
    return re.sub(r"\\(.)", r"\1", texts_of(app))


class Asked(NamedTuple):
    """A question as it went through the pipe; `task` is the service where no task was asked."""

    task: str
    verb: str
    run: str
    body: Any


class FakeModels:
    """Stands where `engine.serving.client.ask` does; `asked` keeps what it was asked.

    Answers go through the codec as those of the model process do: one in another form fails.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.unknown_share = 0.0

    def ask(
        self,
        question: Question[Any, Any],
        timeout: float = 60,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        """Answer as the service would."""
        call, run = question.call, question.run
        body = decode(call.body, encode(question.body))
        task = call.task or call.service
        self.asked.append(Asked(task, call.verb, run, encode(body)))
        answer = getattr(self, f"_{task}_{call.verb}")
        value = (
            [answer(item, run) for item in body] if call.verb == "predict" else answer(body, run)
        )
        return decode(call.answer, encode(value))

    def warm(self, workspace: str, task: str) -> None:
        """Remember that a model is to be made ready."""
        self.asked.append(Asked(task, "warm", UNTUNED, None))

    def _search_predict(self, item: SearchInput, run: str) -> SearchAnswer:
        return search.predict(item, run, self.unknown_share)

    def _search_explain(self, item: WhyInput, run: str) -> SearchExplanation:
        return search.explain(item, run)

    def _interest_predict(self, item: InterestInput, run: str) -> InterestAnswer:
        return interest.predict(item, run)

    def _cross_sell_predict(self, item: CrossSellInput, run: str) -> CrossSellAnswer:
        return cross_sell.predict(item, run, title=HOSTILE)

    def _intent_predict(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        query = item["query"]
        intent = INTENTS[len(query) % len(INTENTS)]
        sure = 0.9 if run_id != "untuned" else 0.3
        rest = (1 - sure) / (len(INTENTS) - 1)
        category = "Clothing" if "jacket" in query else "Kitchen"
        other = {"Clothing": "Kitchen", "Kitchen": "Clothing"}[category]
        return {
            "query": query, "intent": intent, "intent_confidence": sure,
            "category": category, "category_confidence": 0.8,
            "unsure": sure < 0.5, "category_unsure": False, "uncertainty": 1 - sure,
            "probabilities": {
                "intent": {name: sure if name == intent else rest for name in INTENTS},
                "category": {category: 0.8, other: 0.2},
            },
        }  # fmt: skip

    def _sentiment_predict(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        found = _judged(item["text"], run_id)
        mentions = find_mentions(item["text"], Aspects(item.get("aspects", {})))
        kept = ("sentiment", "sentiment_confidence", "sentiment_unsure")
        found["aspects"] = [
            vars(mention) | {name: _judged(mention.clause, run_id)[name] for name in kept}
            for mention in mentions
        ]
        return found

    def _sentiment_explain(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        found = _judged(item["text"], run_id)
        words = item["text"].split()
        facts = {"head": "sentiment"} | {
            name: found[name] for name in ("sentiment", "sentiment_confidence", "unsure")
        }
        return {"weights": [[word, 1 / len(words)] for word in words], "facts": facts}

    def _attributes_predict(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        given = {
            name: item[name] for name in ("product_id", "title", "description") if name in item
        }
        if "labels" in item:
            names = [name for name, _ in item["labels"]]
            shares = {name: 0.7 if place == 0 else 0.1 for place, name in enumerate(names)}
            return given | {
                "label": names[0], "label_confidence": 0.7, "probabilities": shares,
            }  # fmt: skip
        sure = 0.95 if run_id != "untuned" else 0.4
        colour = "red" if "red" in item["title"] else "blue"
        answer = given | {
            "colour": colour, "colour_confidence": sure, "colour_unsure": sure < 0.5,
            "category": "Kitchen > Mugs", "category_confidence": sure, "category_unsure": False,
            "unsure": sure < 0.5, "uncertainty": 1 - sure,
            "probabilities": {
                "colour": {colour: sure, "other": 1 - sure},
                "category": {"Kitchen > Mugs": sure, "other": 1 - sure},
            },
        }  # fmt: skip
        return answer | ({"words": {"colour": [colour]}} if item.get("words") else {})

    def _attributes_explain(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        found = self._attributes_predict(item, run_id)
        words = item["title"].split()
        weights = [[word, 1 / len(words)] for word in words]
        return {"weights": weights, "facts": found | {"head": item.get("head", "colour")}}

    def _intent_explain(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        found = self._intent_predict(item, run_id)
        words = item["query"].split()
        facts = {"head": "intent"} | {
            name: found[name]
            for name in ("intent", "intent_confidence", "category", "category_confidence", "unsure")
        }
        return {"weights": [[word, 1 / len(words)] for word in words], "facts": facts}


def _judged(text: str, run_id: str) -> dict[str, Any]:
    feeling, sure = _feeling(text), 0.9 if run_id != "untuned" else 0.4
    table = {name: sure if name == feeling else (1 - sure) / 2 for name in SENTIMENTS}
    return {
        "text": text, "sentiment": feeling, "sentiment_confidence": sure,
        "sentiment_unsure": sure < 0.5, "unsure": sure < 0.5, "uncertainty": 1 - sure,
        "probabilities": {"sentiment": table},
    }  # fmt: skip


def _feeling(text: str) -> str:
    words = text.lower()
    if "bad" in words or "差" in words:
        return "negative"
    return "positive" if "good" in words or "好" in words else "neutral"


def clean(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app
