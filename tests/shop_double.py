"""A small shop and a model process's double that answers in the true form, for page tests."""

import functools
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd
from streamlit.testing.v1 import AppTest

from engine.codec import encode
from engine.serving.question import Question
from engine.settings import PROJECT
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES
from engine.tasks.attributes.answers import AttributesAnswer, AttributesInput
from engine.tasks.classify.answers import HeadExplanation
from engine.tasks.classify.answers import WhyInput as Why
from engine.tasks.cross_sell.answers import CrossSellAnswer, CrossSellInput
from engine.tasks.interest.answers import InterestAnswer, InterestInput
from engine.tasks.search.answers import (
    FieldWeights,
    SearchAnswer,
    SearchExplanation,
    SearchInput,
    WeightsAnswer,
    WhyInput,
)
from engine.training.answers import GROWTH_STEP, GrowthInput, LabelGrowth
from tests.doubles import attributes, cross_sell, intent, interest, search, sentiment
from tests.doubles.assistant import AssistantModels
from tests.doubles.pipe import receive, reply_each
from tests.waiting import LONG

HOSTILE = (
    '=HYPERLINK("http://x") <img src=x onerror=alert(1)> ![a](http://x/i.png) **bold** :red[x]'
)
QUERIES = ("rain jacket", "something dry for the trail", "teapot", "red mug", HOSTILE)


def small_shop(language: str = "en", log: bool = True, name: str = "shop") -> Workspace:
    """A workspace with 24 products, one of them hostile, and a search log over three weeks."""
    workspace = Workspace.create(name, language)
    workspace.replace_tables(_products() | _searches() if log else _products(), {})
    return workspace


@functools.cache
def _products() -> dict[str, pd.DataFrame]:
    titles = [f"Rain jacket {n}" for n in range(12)] + [f"Teapot {n} mug" for n in range(11)]
    products = pd.DataFrame({"title": [*titles, HOSTILE]})
    products["product_id"] = [f"P{n:02}" for n in range(len(products))]
    products["category"] = ["Clothing > Jackets"] * 12 + ["Kitchen > Pots"] * 12
    products["brand"] = "Acme"
    products["price"] = [10.0 + n for n in range(len(products))]
    products["description"] = HOSTILE
    return {"products": whole("products", products)}


@functools.cache
def _searches() -> dict[str, pd.DataFrame]:
    rows = [
        {"query": query, "session_id": f"S{n}-{query}", "time": f"2025-11-{1 + n:02} 10:00:00"}
        for place, query in enumerate(QUERIES)
        for n in range(20 - 3 * place)
    ]
    searches = pd.DataFrame(rows).assign(event="click", product_id="P00")
    searches["time"] = pd.to_datetime(searches["time"])
    return {"searches": whole("searches", searches)}


def whole(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with every column of `table`, typed as a load leaves them."""
    whole = frame.reindex(columns=TABLES[table].columns)
    kinds = {field.name: field.kind for field in TABLES[table].fields}
    texts = [name for name in whole if kinds[name] not in ("number", "time")]
    return whole.astype(dict.fromkeys(texts, "str"))


def open_app(language: str, workspace: Workspace | None = None) -> AppTest:
    """The app as it opens, in a workspace if there is one."""
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
    app.query_params["lang"] = language
    if workspace is not None:
        app.query_params["w"] = workspace.key
    app.run()
    assert not app.exception
    return app


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
    """As `texts_of`, but as a reader sees it: without the escapes of Markdown, and with cards."""
    plain = re.sub(r"\\(.)", r"\1", texts_of(app)).replace("\u2060", "")
    given = [one.proto for one in app.get("bidi_component")]
    cards = [one.json for one in given if one.component_name == "product_cards"]
    return "\n".join([plain, *(json.dumps(json.loads(one), ensure_ascii=False) for one in cards)])


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
        self.columns = attributes.COLUMNS  # what the attributes model has learned
        self._assistant = AssistantModels()

    def ask(
        self,
        question: Question[Any, Any],
        timeout: float = 60,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        """Answer as the service would."""
        call = question.call
        if call.service == "assistant":
            return self._assistant.ask(question)
        task = call.task or call.service
        self.asked.append(Asked(task, call.verb, question.run, encode(receive(question))))
        return reply_each(question, getattr(self, f"_{task}_{call.verb}"))

    def warm(self, workspace: str, task: str) -> None:
        """Remember that a model is to be made ready."""
        self.asked.append(Asked(task, "warm", UNTUNED, None))

    def _search_predict(self, item: SearchInput, run: str) -> SearchAnswer:
        return search.predict(item, run, self.unknown_share)

    def _search_explain(self, item: WhyInput, run: str) -> SearchExplanation:
        return search.explain(item, run)

    def _search_measure(self, weights: FieldWeights, run: str) -> WeightsAnswer:
        return search.measure(weights)

    def _interest_predict(self, item: InterestInput, run: str) -> InterestAnswer:
        return interest.predict(item, run)

    def _cross_sell_predict(self, item: CrossSellInput, run: str) -> CrossSellAnswer:
        return cross_sell.predict(item, run, title=HOSTILE)

    _intent_predict = staticmethod(intent.predict)
    _intent_explain = staticmethod(intent.explain)
    _sentiment_predict = staticmethod(sentiment.predict)
    _sentiment_explain = staticmethod(sentiment.explain)

    def _training_growth(self, item: GrowthInput, run: str) -> LabelGrowth:
        sizes = list(range(0, item.labels + 1, GROWTH_STEP))
        steady = [0.5 for _ in sizes]
        return LabelGrowth(sizes, [0.5 + 0.01 * n for n in sizes], steady, steady, steady, 90, 60)

    def _attributes_predict(self, item: AttributesInput, run: str) -> AttributesAnswer:
        return attributes.predict(item, run, self.columns)

    def _attributes_explain(self, body: Why[AttributesInput], run: str) -> HeadExplanation:
        return attributes.explain(body, run, self.columns)


def clean(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app
