"""What a query asks for beside words, as chips that can be taken off."""

import hashlib
import math
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import streamlit as st

from engine.retrieval.filter_reader import FilterReader, shop_filters
from engine.retrieval.filters import Filter
from engine.storage.workspace import Workspace
from engine.tasks.search.answers import Condition
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts

_SECONDS = 5.0  # a big catalog is read once, and searched without filters until then
_LONGEST = 40
_POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="filters")


@dataclass(frozen=True)
class Asked:
    """What is searched for: the words that are left, and the filters."""

    text: str
    filters: Sequence[Condition]


def prepare(current: Workspace) -> None:
    """Read the shop's values in the background, for the first query to find them."""
    _reader(current)


def choose_filters(current: Workspace, query: str) -> Asked:
    """The chips of `query`, all on at first, and what is searched for with those that stay on."""
    future = _reader(current)
    wait([future], timeout=_SECONDS)
    if not future.done():
        st.caption(t("search.filters.later"))
        return Asked(query, [])
    reader = future.result()
    understood = reader.read(query)
    if not understood.filters:
        return Asked(query, [])
    chips = {one.mark: one for one in understood.filters}
    on = st.pills(
        t("search.filters.label"),
        list(chips),
        selection_mode="multi",
        default=list(chips),
        format_func=lambda mark: label(chips[mark]),
        help=t("search.filters.help"),
        key=f"filters_{hashlib.sha256(query.encode('utf-8', 'replace')).hexdigest()[:12]}",
        wrap=True,
    )
    kept = [one for mark, one in chips.items() if mark in on]
    text = understood.rest(off={mark for mark in chips if mark not in on})
    _explain(reader, kept, text)
    return Asked(text, [Condition(**one.as_json()) for one in kept])


def label(one: Filter) -> str:
    """A filter in words, as safe Markdown."""
    if one.kind == "price":
        if math.isinf(one.high):
            return t("search.filters.price_from", low=f"{one.low:,g}")
        code = "price" if one.low else "price_to"
        return t(f"search.filters.{code}", low=f"{one.low:,g}", high=f"{one.high:,g}")
    value = escape(charts.cut(one.value, _LONGEST))
    if one.kind in ("brand", "category"):
        return t(f"search.filters.{one.kind}", value=value)
    field = escape(charts.cut(one.field, _LONGEST))
    return value if value == field else t("search.filters.attribute", field=field, value=value)


def _explain(reader: FilterReader, kept: Sequence[Filter], text: str) -> None:
    if not kept:
        return
    n = int(reader.keep(one.as_json() for one in kept).sum())
    if n:
        st.caption(t("search.filters.searched", text=escape(text), n=f"{n:,}"))
    else:
        st.warning(t("search.filters.nothing"), icon=":material/filter_alt_off:")


@session.per_shop(8)
def _reader(current: Workspace) -> Future[FilterReader]:
    return _POOL.submit(shop_filters, session.tables(current))
