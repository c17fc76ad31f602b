"""How long a training will take and what memory it needs, asked before it starts.

The model process works the plan out; a thread waits for it, so that no page ever does.
"""

import json
from concurrent.futures import Future, ThreadPoolExecutor

import psutil
import streamlit as st

from engine.config import TrainingConfig, traits
from engine.errors import ShoplabError
from engine.serving import client
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.training.answers import PLAN, Plan, PlanInput
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 120
_MB = 1e6


@st.cache_resource(show_spinner=False)
def _waiters() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="estimate")


@st.cache_resource(max_entries=256, show_spinner=False)
def _asked(stamp: str, task: str, config: str, _name: str) -> "Future[Plan]":
    question = Question(_name, PLAN, PlanInput(task, json.loads(config)), background=True)
    return _waiters().submit(client.ask, question, PATIENCE_SECONDS)


def _key(current: Workspace, task: str, config: TrainingConfig) -> tuple[str, str, str]:
    kind = type(config)
    # What changes neither time nor memory asks for no other plan.
    free = {name for name in kind.model_fields if not traits(kind, name).affects_cost}
    return session.stamp(current), task, config.model_dump_json(exclude=free)


def known_plan(current: Workspace, task: str, config: TrainingConfig) -> Plan | None:
    """The plan for these settings if it was worked out already; never waits."""
    asked = _asked(*_key(current, task, config), current.name)
    return asked.result() if asked.done() and asked.exception() is None else None


def show_estimate(current: Workspace, task: str, config: TrainingConfig) -> None:
    """The plan for these settings, or that it is being worked out: then the box looks again."""
    waiting = not _asked(*_key(current, task, config), current.name).done()
    box = st.fragment(_show, run_every=POLL_SECONDS if waiting else None)
    box(current, task, config, waiting)


def _show(current: Workspace, task: str, config: TrainingConfig, waiting: bool) -> None:
    key = _key(current, task, config)
    asked = _asked(*key, current.name)
    if not asked.done():
        st.caption(f":material/hourglass_top: {t('tune.estimate.waiting')}")
        return
    if waiting:
        st.rerun()
    error = asked.exception()
    if error is None:
        _show_plan(asked.result())
        return
    known = error.message(i18n.language()) if isinstance(error, ShoplabError) else ""
    st.caption(escape(f"{t('tune.estimate.failed')} {known}"))
    if st.button(t("tune.estimate.again"), icon=":material/refresh:", key="estimate_again"):
        _asked.clear(*key, current.name)
        st.rerun()


def _show_plan(plan: Plan) -> None:
    with st.container(horizontal=True, gap="large", key="estimate"):
        st.metric(t("tune.estimate.time"), names.duration(plan.seconds), width="content")
        memory = f"{plan.memory_mb / 1000:,.1f} GB"
        st.metric(t("tune.estimate.memory"), memory, width="content")
    counts = {name: f"{getattr(plan, name):,}" for name in ("n_train", "n_validation", "n_test")}
    st.caption(escape(t("tune.estimate.examples", device=plan.device.upper(), **counts)))
    if plan.device == "cpu" and plan.memory_mb > psutil.virtual_memory().available / _MB:
        st.warning(t("tune.estimate.too_little_memory"), icon=":material/memory:")
