"""What a signed-in customer ordered: only their own orders, only what the table holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from engine.assistant.reply import Sentence, Source
from engine.assistant.understanding import cue_pattern
from engine.messages import say
from engine.tables.tables import Tables

# So many orders, and lines of one order, are listed one by one.
MOST = 5
_MONTHS = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_MONTH = re.compile(
    rf"\b(?:in|during|of|since|from)\s+({'|'.join(_MONTHS)})[a-z]*\b|(?<!\d)(1[0-2]|[1-9])\s*月(?!\d)"
    r"|(?<![一二三四五六七八九十])([一二三四五六七八九十]+)月份?",
    re.IGNORECASE,
)
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")


@dataclass(frozen=True)
class OrderAnswer:
    """What the orders say, or why they say nothing: a reason's code."""

    sentences: tuple[Sentence, ...] = ()
    reason: str = ""
    rows: tuple[str, ...] = ()


class Orders:
    """The order lines of one shop."""

    def __init__(self, tables: Tables) -> None:
        products = tables.products
        titles = dict(zip(products["product_id"], products["title"], strict=True))
        lines = tables.orders.assign(
            title=tables.orders["product_id"].map(titles).fillna(tables.orders["product_id"])
        )
        lines["quantity"] = pd.to_numeric(lines["quantity"], errors="coerce").fillna(1)
        lines["price"] = pd.to_numeric(lines["price"], errors="coerce")
        self._lines = lines.sort_values("time", kind="stable")
        self._ids = {str(name).lower(): str(name) for name in lines["order_id"].unique()}
        self._users = {str(name).lower() for name in lines["user_id"].dropna().unique()}
        self._of = {str(user): rows for user, rows in self._lines.groupby("user_id")}

    @property
    def customers(self) -> list[str]:
        """Everybody who ordered, those with most orders first."""
        counts = self._lines.groupby("user_id")["order_id"].nunique()
        return [str(user) for user in counts.sort_values(ascending=False, kind="stable").index]

    def named(self, message: str) -> list[str]:
        """The ids of orders that a message names."""
        forms = re.findall(r"[A-Za-z0-9_-]+", message)
        return [self._ids[form.lower()] for form in forms if form.lower() in self._ids]

    def is_of_others(self, message: str, customer: str, language: str) -> bool:
        """Whether a message asks for what somebody else ordered."""
        forms = {form.lower() for form in re.findall(r"[A-Za-z0-9_-]+", message)}
        others = (forms & self._users) - {customer.lower()}
        own = set() if customer not in self._of else set(self._of[customer]["order_id"])
        return bool(
            others
            or any(name not in own for name in self.named(message) if customer)
            or cue_pattern("order", "others", language).search(message)
        )

    def answer(
        self, message: str, customer: str, products: Sequence[str], language: str
    ) -> OrderAnswer:
        """What the customer's own orders say to a message; `products` are the ids that it means."""
        if self.is_of_others(message, customer, language):
            return OrderAnswer(reason="not_yours")
        if not customer:
            return OrderAnswer(reason="not_signed_in")
        if looks_like_id(message) and not self.named(message):
            return OrderAnswer(reason="no_such_order")
        if customer not in self._of:
            return OrderAnswer(reason="no_orders")
        lines, narrowed = self._of[customer], False
        if names := self.named(message):
            lines, narrowed = lines[lines["order_id"].isin(names)], True
        if month := _month(message):
            lines, narrowed = lines[lines["time"].dt.month == month], True
        if products:
            lines, narrowed = lines[lines["product_id"].isin(products)], True
        if lines.empty:
            return OrderAnswer(reason="no_such_order")
        return OrderAnswer(tuple(self._say(message, lines, narrowed, language)))

    def _say(
        self, message: str, lines: pd.DataFrame, narrowed: bool, language: str
    ) -> Sequence[Sentence]:
        def wants(key: str) -> bool:
            return bool(cue_pattern("order", key, language).search(message))

        orders = list(dict.fromkeys(lines["order_id"]))
        if wants("count"):
            rows = tuple((name, 1.0) for name in orders)
            source = Source("orders", orders[-1], field="order_id", rows=rows)
            text = say("assistant.orders.count", language, n=len(orders))
            return [Sentence(text, (source,))]
        if wants("dearest"):
            dearest = lines.loc[[lines["price"].idxmax()]]
            return _of_order(dearest, language)
        if wants("sum") and not narrowed and not wants("last") and not wants("first"):
            return [_total(lines, "total_all", language, orders=len(orders))]
        if wants("first") and not narrowed:
            orders = orders[:1]
        elif not narrowed and (wants("last") or not wants("all")):
            orders = orders[-1:]
        sentences: list[Sentence] = []
        for name in reversed(orders[-MOST:]):
            sentences += _of_order(lines[lines["order_id"] == name], language)
        if len(orders) > MOST:
            sentences.append(Sentence(say("assistant.orders.more", language)))
        return sentences


def looks_like_id(message: str) -> bool:
    """Whether a message names an order by a number."""
    return bool(re.search(r"(?<![A-Za-z0-9])[A-Za-z]{0,3}#?\d{4,}(?!\d)", message))


def _of_order(lines: pd.DataFrame, language: str) -> list[Sentence]:
    """The lines of one order, and their sum where there are several."""
    first = lines.iloc[0]
    code = "assistant.orders.placed" if pd.notna(first["time"]) else "assistant.orders.undated"
    order = str(first["order_id"])
    date = f"{first['time']:%Y-%m-%d}" if pd.notna(first["time"]) else ""
    sources = tuple(_source(line) for _, line in lines.iterrows())
    sentences = [Sentence(say(code, language, order=order, date=date), sources[:1])]
    for (_, line), source in zip(lines.iterrows(), sources, strict=True):
        code = "assistant.orders.line" if pd.notna(line["price"]) else "assistant.orders.unpriced"
        text = say(
            code,
            language,
            title=line["title"],
            quantity=f"{line['quantity']:g}",
            price=f"{line['price']:.15g}",
        )
        sentences.append(Sentence(text, (source,)))
    if len(lines) > 1 or first["quantity"] != 1:
        sentences.append(_total(lines, "total", language))
    return sentences


def _total(lines: pd.DataFrame, key: str, language: str, **params: object) -> Sentence:
    rows = tuple(
        (f"{line['order_id']} {line['product_id']}", float(line["quantity"] * line["price"]))
        for _, line in lines.iterrows()
        if pd.notna(line["price"])
    )
    total = f"{sum(value for _, value in rows):.2f}"
    source = Source("orders", str(lines["order_id"].iloc[-1]), field="price", rows=rows)
    counted = tuple((str(name), 1.0) for name in dict.fromkeys(lines["order_id"]))
    counts = Source("orders", str(lines["order_id"].iloc[-1]), field="order_id", rows=counted)
    text = say(f"assistant.orders.{key}", language, total=total, **params)
    return Sentence(text, (source, counts))


def _source(line: pd.Series) -> Source:
    when = f"{line['time']:%Y-%m-%d}" if pd.notna(line["time"]) else ""
    price = "" if pd.isna(line["price"]) else f"{line['price']:.15g}"
    quote = f"{line['order_id']} · {when} · {line['title']} · {line['quantity']:g} × {price}"
    return Source("orders", str(line["order_id"]), str(line["title"]), "order", quote)


def _month(message: str) -> int | None:
    match = _MONTH.search(message)
    if not match:
        return None
    name, number, numeral = match.groups()
    if name:
        return _MONTHS.index(name.lower()) + 1
    if number:
        return int(number)
    return _NUMERALS.index(numeral) + 1 if numeral in _NUMERALS else None
