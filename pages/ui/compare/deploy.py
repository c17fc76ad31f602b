"""What the shop serves outside: promote the run that was compared, roll back, and the history."""

import pandas as pd
import streamlit as st

from engine.errors import InputError
from engine.storage.deployments import Deployment, Deployments
from engine.storage.labels import LONGEST_LABEL
from engine.storage.runs import UNTUNED, Run
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome
from engine.training.promotion import promote, read_evidence, rollback
from pages.ui.compare.deploy_clients import show_clients
from pages.ui.compare.deploy_keys import show_keys
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names, tables
from pages.ui.training.outcome import sentence

_COLUMNS = ("time", "action", "run", "replaced", "by", "system", "difference")


def show_deployment(current: Workspace, run: Run) -> None:
    """What is served for the run's task, and all that brings it out of the app."""
    st.header(t("compare.deploy.title"), anchor=False)
    st.markdown(t("compare.deploy.intro"))
    deployments = Deployments(current)
    served = deployments.current(run.task)
    _show_served(deployments, run.task, served)
    with st.container(horizontal=True, key="deploy"):
        _offer_promotion(current, run, served)
        _offer_rollback(current, run.task, deployments.previous(run.task))
    _show_history(deployments.history(run.task))
    with st.expander(t("compare.deploy.keys.title"), icon=":material/key:", key="deploy_keys"):
        show_keys(current)
    with st.expander(t("compare.deploy.ask.title"), icon=":material/api:", key="deploy_ask"):
        show_clients(current, run.task)


def _show_served(deployments: Deployments, task: str, served: str) -> None:
    if not deployments.serves(served):
        text = t("compare.deploy.gone", task=names.task(task), run=served)
        st.error(escape(text), icon=":material/error:")
        return
    code = "untuned" if served == UNTUNED else "served"
    text = t(f"compare.deploy.{code}", task=names.task(task), run=served)
    st.info(escape(text), icon=":material/cloud_done:")


def _offer_promotion(current: Workspace, run: Run, served: str) -> None:
    """A button that serves the run, once its verdict was read."""
    label = t("compare.deploy.promote")
    if run.run_id == served:
        st.button(label, icon=":material/publish:", key="promote_served", disabled=True)
        return
    with st.popover(label, icon=":material/publish:"):
        try:
            read_evidence(current, run)
        except InputError as error:
            st.warning(escape(error.message(i18n.language())))
            return
        verdict = outcome(run).verdict
        if verdict != "better":
            st.warning(t(f"compare.deploy.doubt.{verdict}"), icon=":material/warning:")
        st.markdown(escape(sentence(run)))
        st.markdown(t("compare.deploy.promote_about"))
        by = st.text_input(
            t("compare.deploy.name"), max_chars=LONGEST_LABEL, key=f"promote_by_{run.task}"
        )
        code = "confirm" if verdict == "better" else "confirm_anyway"
        if st.button(t(f"compare.deploy.{code}"), type="primary", key=f"promote_{run.run_id}"):
            promote(current, run.task, run.run_id, by, anyway=True)
            st.toast(t("compare.deploy.promoted"))
            st.rerun()


def _offer_rollback(current: Workspace, task: str, previous: str | None) -> None:
    if previous is None:
        return
    with st.popover(t("compare.deploy.rollback"), icon=":material/undo:"):
        code = "to_untuned" if previous == UNTUNED else "to_run"
        st.markdown(t(f"compare.deploy.rollback_{code}", run=escape(previous)))
        by = st.text_input(
            t("compare.deploy.name"), max_chars=LONGEST_LABEL, key=f"rollback_by_{task}"
        )
        if st.button(t("compare.deploy.confirm_rollback"), type="primary", key=f"rollback_{task}"):
            rollback(current, task, by)
            st.toast(t("compare.deploy.rolled_back"))
            st.rerun()


def _show_history(history: list[Deployment]) -> None:
    if not history:
        return
    labels = {name: t(f"compare.deploy.history.{name}") for name in _COLUMNS}
    st.markdown(f"**{t('compare.deploy.history.title')}**")
    tables.show(
        pd.DataFrame([_row(change) for change in history]),
        labels=labels,
        alt=t("compare.deploy.history.title"),
        key="deploy_history",
    )


def _row(change: Deployment) -> dict[str, str]:
    shown = change.evidence
    return {
        "time": names.moment(change.time),
        "action": t(f"compare.deploy.actions.{change.action}"),
        "run": names.system(UNTUNED) if change.run == UNTUNED else change.run,
        "replaced": names.system(UNTUNED) if change.replaced == UNTUNED else change.replaced,
        "by": change.by,
        "system": f"{names.system(shown.system)}: {names.metric(shown.metric)} {shown.value:.3f}"
        if shown
        else "",
        "difference": f"{shown.delta:+.3f} [{shown.low:+.3f}, {shown.high:+.3f}]"
        f" ({names.system(shown.baseline)})"
        if shown
        else "",
    }
