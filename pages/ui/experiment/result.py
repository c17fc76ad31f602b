"""Reads a finished test: counts are pasted or uploaded, and a verdict and a case follow."""

import hashlib
import time
from functools import partial

import streamlit as st

from engine.case.from_log import current_assumptions
from engine.case.gain import gain_of_result
from engine.case.simulation import simulate
from engine.case.store import CaseStore
from engine.errors import ShoplabError
from engine.evaluation.compare import Interval
from engine.evidence.ledger import cite_experiment
from engine.experiment.counts import LONGEST, read_counts
from engine.experiment.plan import SALES_METRICS
from engine.experiment.result import Result, read_result
from engine.experiment.store import KeptResult, PlanStore
from pages.ui.experiment.setup import Setup
from pages.ui.frame import session, shell, upload_limit
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, evidence, names
from pages.ui.parts.amounts import money, percent
from pages.ui.parts.errors import show_error, shown_errors
from pages.ui.training.outcome import BOXES, ICONS

_EXAMPLE = "A\t10000\t512\nB\t10050\t574"
_MEGABYTES = 1
# As the verdict on a training, and groups of the wrong sizes beside.
_BOXES = BOXES | {"mismatch": st.error}
_ICONS = ICONS | {"mismatch": ":material/report:"}


def show_result(setup: Setup) -> None:
    """The counts, and what they say."""
    st.markdown(t("experiment.result.intro"))
    counts = _ask_counts()
    watched = st.toggle(
        t("experiment.result.watched"), help=t("experiment.result.watched_help"), key="watched"
    )
    try:
        groups = read_counts(counts)
        result = read_result(*groups, setup.design, watched=watched)
    except ShoplabError as error:
        show_error(error)
        return
    if counts.strip() == _EXAMPLE:
        st.caption(t("experiment.result.example"))
    _show_verdict(result, is_share=groups[0].sd is None, watched=watched)
    shoppers = sum(group.shoppers for group in groups)
    # Neither the example nor groups of the wrong sizes say anything about an idea.
    if counts.strip() != _EXAMPLE and result.verdict != "mismatch":
        name = hashlib.sha256(counts.encode("utf-8", "replace")).hexdigest()[:8]
        gain = Interval(result.difference, result.low, result.high)
        cite = partial(cite_experiment, f"experiment:{name}", setup.metric, gain, shoppers)
        evidence.offer(setup.current, cite, "experiment")
    _show_case(setup, KeptResult(result, setup.metric, time.time()), shoppers)


def _ask_counts() -> str:
    """What was pasted; a file that was uploaded counts instead."""
    pasted = st.text_area(
        t("experiment.result.paste"),
        _EXAMPLE,
        max_chars=LONGEST,
        height=100,
        help=t("experiment.result.paste_help"),
        key="counts",
        persist_state="session",
    )
    upload_limit.say_if_full(_MEGABYTES)
    file = st.file_uploader(
        t("experiment.result.upload"),
        type=["csv", "tsv", "txt"],
        max_upload_size=_MEGABYTES,
        key="counts_file",
    )
    if file is None:
        return str(pasted or "")
    return file.getvalue()[: 4 * LONGEST].decode("utf-8-sig", "replace")


def _show_verdict(result: Result, *, is_share: bool, watched: bool) -> None:
    code = result.verdict
    scale, digits = (100, "+,.2f") if is_share else (1, "+,.4g")
    text = t(
        f"experiment.result.{code}",
        p=f"{result.mismatch_p:.2g}",
        difference=format(scale * result.difference, digits),
        low=format(scale * result.low, digits),
        high=format(scale * result.high, digits),
        unit=t("experiment.result.points" if is_share else "experiment.result.units"),
    )
    _BOXES[code](escape(text), icon=_ICONS[code])
    details = [t("experiment.result.sizes", p=f"{result.mismatch_p:.2g}")]
    details.append(
        t("experiment.result.always_valid")
        if watched
        else t("experiment.result.once", p=f"{result.p:.2g}")
    )
    if result.relative is not None:
        ends = (result.relative, result.relative_low or 0.0, result.relative_high or 0.0)
        value, low, high = (percent(end, signed=True) for end in ends)
        details.append(t("experiment.result.relative", value=value, low=low, high=high))
    st.caption(escape(" ".join(details)))
    charts.draw(
        charts.forest(
            [t("experiment.result.treated")],
            [scale * result.difference],
            [scale * result.low],
            [scale * result.high],
            value_name=t(f"experiment.result.{'axis_points' if is_share else 'axis_units'}"),
            value_format="+.2f",
        ),
        title=t(f"experiment.result.{code}_title"),
        key="result_chart",
    )


def _show_case(setup: Setup, kept: KeptResult, shoppers: int) -> None:
    """The same case with this result instead of the link from an offline metric."""
    st.markdown(f"**{t('experiment.result.case_title')}**")
    if kept.metric not in SALES_METRICS:
        text = t("experiment.result.not_sales", metric=names.metric(kept.metric))
        st.caption(escape(text))
        return
    gain = gain_of_result(kept)
    if gain is None:
        st.caption(t("experiment.result.no_case"))
        return
    saved = CaseStore(setup.current).read()
    tables = session.tables(setup.current)
    assumptions = current_assumptions(tables, saved.assumptions if saved else None)
    outcome = simulate(assumptions, gain)
    text = t(
        "experiment.result.case",
        metric=names.metric(kept.metric),
        mean=money(outcome.mean),
        low=money(outcome.low),
        high=money(outcome.high),
        loss=percent(outcome.chance_of_loss),
        months=outcome.months,
    )
    st.markdown(escape(text))
    with st.container(horizontal=True, key="result_buttons"):
        st.button(
            t("experiment.result.keep"),
            icon=":material/save:",
            key="keep_result",
            on_click=_keep,
            args=(PlanStore(setup.current), kept),
        )
        if shell.available("case"):
            st.page_link(
                shell.page_file("case"),
                label=t("experiment.result.open_case"),
                icon=shell.ICONS["case"],
            )
        change = Interval(gain.delta, gain.low, gain.high)
        evidence.offer(
            setup.current,
            lambda: cite_experiment("experiment", kept.metric, change, shoppers),
            key="result",
        )


def _keep(store: PlanStore, kept: KeptResult) -> None:
    with shown_errors():
        store.save_result(kept)
        st.toast(t("experiment.result.kept"), icon=":material/check:")
