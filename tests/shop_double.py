"""A small shop and a model process's double that answers in the true form, for page tests."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from engine.data.labels import INTENTS
from engine.data.schema import SENTIMENTS, TABLES
from engine.reviews.aspects import Aspects, find_mentions
from engine.settings import PROJECT
from engine.storage.workspace import Workspace
from tests.waiting import LONG

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
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG).run()
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


class FakeModels:
    """Stands where `engine.inference.client.ask` does; `asked` keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, Any]] = []
        self.unknown_share = 0.0

    def ask(
        self,
        workspace: str,
        task: str,
        verb: str,
        run_id: str,
        payload: Any = None,
        timeout: float = 60,
    ) -> Any:
        """Answer as the task would."""
        self.asked.append((task, verb, run_id, payload))
        answer = getattr(self, f"_{task}_{verb}")
        return (
            [answer(item, run_id) for item in payload]
            if verb == "predict"
            else answer(payload, run_id)
        )

    def _search_predict(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        query, k = item["query"], item["k"]
        place = "untuned" if run_id == "untuned" else "tuned"
        by_words = _by_words(query, k)
        dense = _ranked(range(24) if place == "untuned" else [23, *range(3, 24), 0, 1, 2], k)
        systems = {"bm25": by_words, "bm25_all": by_words, place: dense, f"hybrid_{place}": dense}
        results = [
            {"rank": rank, "product_id": name, "title": name, "score": score}
            for rank, (name, score) in enumerate(dense, start=1)
        ]
        answer = {
            "query": query, "system": f"hybrid_{place}", "results": results, "systems": systems,
        }  # fmt: skip
        return answer | {"unknown_share": self.unknown_share}

    def _search_explain(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        shares = [[word, 0.5] for word in item["query"].split()]
        facts = {"words": {"rain": 1.0}, "cosine": 0.61, "rank_bm25": None, "rank_dense": 2}
        return {"weights": shares, "facts": facts}

    def _interest_predict(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        results = [{"product_id": name} for name in reversed(item["among"])]
        return {"query": item["query"], "system": "tuned", "results": results[: item["k"]]}

    def _cross_sell_predict(self, item: Mapping[str, Any], run_id: str) -> dict[str, Any]:
        basket, k = item["basket"], item["k"]
        place = "untuned" if run_id == "untuned" else "tuned"
        known = [f"P{row:02}" for row in range(24) if f"P{row:02}" not in basket]
        ranked = [[name, 1 / (rank + 1)] for rank, name in enumerate(reversed(known))][:k]
        reason = {
            "with": basket[0], "together": 0, "lift": 0.0, "confidence": 0.0, "bought": 0,
            "alike": basket[0], "closeness": 0.5, "categories": None, "category_lift": 1.0,
        }  # fmt: skip
        met = reason | {"together": 3, "lift": 2.5, "confidence": 0.25, "bought": 9}
        kinds = reason | {"bought": 2, "categories": ["Jackets", "Pots"], "category_lift": 1.8}
        results = [
            {"rank": rank, "product_id": name, "title": name, "score": score, "reason": why}
            for rank, ((name, score), why) in enumerate(
                zip(ranked, [met, kinds] + [reason] * k, strict=False), start=1
            )
        ]
        systems = dict.fromkeys(("popularity", "lift", "cosine", "ease", place), ranked)
        instead = {"product_id": "P23", "title": HOSTILE, "of": basket[0]}
        return {
            "basket": basket, "unknown": [], "system": f"blend_{place}", "results": results,
            "systems": systems | {f"blend_{place}": ranked},
            "substitutes": [
                instead | {"looks": 4, "closeness": 0.7},
                instead | {"product_id": "P22", "looks": 0, "closeness": 0.9},
            ],
        }  # fmt: skip

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


def _by_words(query: str, k: int) -> list[list[Any]]:
    words = set(re.findall(r"[a-z]+", query.lower()))
    rows = range(12) if "jacket" in words else range(12, 23) if words & {"teapot", "mug"} else []
    return _ranked(rows, k)


def _ranked(rows: Sequence[int] | range, k: int) -> list[list[Any]]:
    return [[f"P{row:02}", 1 / (place + 1)] for place, row in enumerate(list(rows)[:k])]


def clean(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app
