"""What each strategy would put on top for an example query, which no log records."""

import pandas as pd
import streamlit as st

from engine.bandit.system_rankings import read_rankings
from engine.bandit.visits import Visit
from engine.retrieval.example_queries import example_queries
from engine.tasks.search.answers import PREDICT, SearchInput
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, tables
from pages.ui.parts.product_card import products
from pages.ui.strategy.setup import Setup, arm_name

_DEPTH, _SHOWN = 100, 4


def show_preview(setup: Setup) -> None:
    """The first products of each strategy for the shop's first example query, side by side."""
    examples = example_queries(session.tables(setup.current))
    if not examples:
        return
    query = examples[0].text
    item = SearchInput(query, _DEPTH)
    answer = answers.ask(setup.current, PREDICT, [item], setup.run_id, by_page=True)
    if answer is None:
        return
    rankings, catalog = read_rankings(answer.value[0]), products(setup.current)
    st.markdown(f"**{t('strategy.preview.title', query=escape(query))}**")
    st.caption(t("strategy.preview.note"))
    lists = {
        strategy.name: [
            charts.cut(catalog[name]["title"], 60)
            for name in strategy.rank(rankings, Visit((), ()))[:_SHOWN]
            if name in catalog
        ]
        for strategy in setup.strategies
    }
    frame = pd.DataFrame({name: pd.Series(titles, dtype="str") for name, titles in lists.items()})
    frame.insert(0, "place", range(1, len(frame) + 1))
    labels = {"place": t("strategy.preview.place")} | {name: arm_name(name) for name in lists}
    tables.show(frame, labels=labels, alt=t("strategy.preview.alt"), key="strategy_preview")
