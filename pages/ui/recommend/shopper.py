"""For whom a list is, and for what: a shopper of the log or a new one, with what they do here."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine.storage.feedback import Event, Feedback, Shown
from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tables.categories import leaves
from engine.tables.events import FEEDBACK_WEIGHTS
from engine.tasks.interest.answers import PREDICT, InterestAnswer, InterestInput
from engine.tasks.interest.reranking import RerankWeights
from engine.tasks.interest.timeline import build_timeline, count_acts
from pages.ui.frame import link, session, visit
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts

SHOPPER, QUERY = "whom", "wish"
# How many products are ranked: rules may lift some from below the first places.
DEPTH = 40
_LISTED, _CATEGORIES, _LATEST = 500, 8, 100
_EXAMPLES, _CATEGORY = "shopper_examples", "wish_category"


@dataclass(frozen=True)
class Request:
    """One question to the model: `name` is empty for a new shopper, `acts` are this page's."""

    current: Workspace
    run: Run | None
    name: str
    acts: Sequence[tuple[str, Event]]
    query: str

    @property
    def run_id(self) -> str:
        """The run that answers, or the untuned model."""
        return run_id_of(self.run)

    def ask(
        self, weights: RerankWeights, acts: int | None = None
    ) -> answers.Answer[list[InterestAnswer]] | None:
        """The answer with `weights`, after the first `acts` acts (None: all of them)."""
        latest = list(self.acts)[:acts][-_LATEST:]
        item = InterestInput(
            user_id=self.name or None,
            history=tuple(name for name, _ in latest),
            strengths=tuple(FEEDBACK_WEIGHTS[event] for _, event in latest),
            query=self.query,
            k=DEPTH,
            weights=weights,
            why=True,
        )
        return answers.ask(self.current, PREDICT, [item], self.run_id)


def choose_request(current: Workspace, run: Run | None) -> Request:
    """The controls that say for whom and for what; they travel in the address."""
    counts = shoppers(current)
    with st.container(key="for_whom"):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            name = _choose_shopper(counts)
        with right:
            query = _choose_query(current)
    link.show(SHOPPER, name)
    link.show(QUERY, query)
    return Request(current, run, name, _acts(current), query)


def _choose_shopper(counts: pd.Series) -> str:
    """The shopper's id, empty for a new one."""
    chosen = str(st.session_state.get(SHOPPER) or "")
    st.session_state[SHOPPER] = chosen
    names = dict.fromkeys(["", *counts.index[:_LISTED], chosen])
    labels = {name: _label(name, counts) for name in names}
    name: str = st.selectbox(
        t("recommend.shopper.label"),
        list(labels),
        format_func=lambda one: labels.get(one, one),
        help=t("recommend.shopper.help"),
        key=SHOPPER,
        accept_new_options=True,
        on_change=visit.leave,
        persist_state="session",
    )
    examples = _examples(counts)
    st.pills(
        t("recommend.shopper.examples"),
        list(examples),
        format_func=lambda kind: t(f"recommend.shopper.kinds.{kind}"),
        key=_EXAMPLES,
        wrap=True,
        on_change=_take_example,
        args=(examples,),
    )
    name = name or ""
    if name and name not in counts.index:
        st.caption(escape(t("recommend.shopper.unknown", name=charts.cut(name))))
    return name


def _label(name: str, counts: pd.Series) -> str:
    if not name:
        return t("recommend.shopper.new")
    return t("recommend.shopper.known", name=charts.cut(name), n=f"{int(counts.get(name, 0)):,}")


def _examples(counts: pd.Series) -> dict[str, str]:
    """A shopper of each kind: much, average and little history, and nobody."""
    if counts.empty:
        return {}
    rows = {"heavy": 0, "usual": len(counts) // 2, "light": len(counts) - 1}
    return {kind: str(counts.index[row]) for kind, row in rows.items()} | {"new": ""}


def _take_example(examples: dict[str, str]) -> None:
    if (kind := st.session_state[_EXAMPLES]) is not None:
        st.session_state[SHOPPER] = examples[kind]
        st.session_state[_EXAMPLES] = None
        visit.leave()


def _choose_query(current: Workspace) -> str:
    """What the shopper looks for, if anything: typed, or one of the largest categories."""
    query = st.text_input(
        t("recommend.wish.label"),
        placeholder=t("recommend.wish.placeholder"),
        help=t("recommend.wish.help"),
        max_chars=100,
        icon=":material/search:",
        key=QUERY,
        persist_state="session",
    )
    if categories := _categories(current):
        st.pills(
            t("recommend.wish.categories"),
            categories,
            format_func=lambda name: escape(charts.cut(name, 24)),
            key=_CATEGORY,
            wrap=True,
            on_change=_take_category,
        )
    return " ".join((query or "").split())


def _take_category() -> None:
    if (category := st.session_state[_CATEGORY]) is not None:
        st.session_state[QUERY] = category
        st.session_state[_CATEGORY] = None


@session.per_shop()
def _categories(current: Workspace) -> list[str]:
    leaf = pd.Series(leaves(session.tables(current).products["category"]))
    return leaf[leaf != ""].value_counts().index[:_CATEGORIES].tolist()


@session.per_shop()
def shoppers(current: Workspace) -> pd.Series:
    """How often each shopper of the log acted, the most first."""
    return count_acts(session.tables(current))


@session.per_shop(128)
def past(current: Workspace, name: str) -> pd.DataFrame:
    """What a shopper was shown and did before, see `engine.tasks.interest.timeline`."""
    return session.tables(current).work_out(build_timeline, name)


@callback
def act(current: Workspace, name: str, products: Sequence[str], product: str, event: Event) -> None:
    """Remember what the shopper did with a product of the list, as a button's callback."""
    shown = Shown(
        list_id=secrets.token_hex(8),
        visit=visit.begin(),
        shopper=name,
        query="",
        policy="",
        arm="interest",
        probabilities={"interest": 1.0},
        context={},
        products=products,
    )
    with Feedback(current) as feedback:
        feedback.show(shown)
        feedback.record(shown.list_id, product, event)


def _acts(current: Workspace) -> list[tuple[str, Event]]:
    """What this tab's shopper did on this page and in search; a reload keeps it."""
    name = visit.current()
    if not name:
        return []
    with Feedback(current) as feedback:
        return [(product, event) for product, event in feedback.acts(name)]  # type: ignore[misc]
