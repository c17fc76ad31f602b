"""The download of a model that something on the page needs: a job that everybody shares."""

import streamlit as st

from engine import jobs
from engine.errors import ShoplabError
from engine.jobs import Job
from engine.models.pretrained import available, check_name
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import press
from pages.ui.parts.errors import show_error, shown_errors

POLL_SECONDS = 1.0


def is_missing(error: BaseException | None) -> str | None:
    """The model that has to be downloaded before the question can be answered, if that is why."""
    missing = isinstance(error, ShoplabError) and error.code == "models.not_here"
    return str(error.params["model"]) if isinstance(error, ShoplabError) and missing else None


def show_download(current: Workspace, model: str, pressed: str | None = None) -> None:
    """How far the download is, or the button to start it; one of the catalog starts by itself.

    The page runs again when the download has ended. If the model is here then, the button
    `pressed` (`pages.ui.parts.press`), which asked for it, counts as pressed once more.
    """
    try:
        in_catalog = check_name(model) is not None
        job = jobs.latest_download(model)
        if in_catalog and (job is None or job.state == "done") and not available(model):
            jobs.download(current.name, model, session.owner())
            job = jobs.latest_download(model)
    except ShoplabError as error:
        show_error(error)
        return
    active = job is not None and job.active
    if active:
        jobs.ensure_supervisor()
    st.fragment(_show, run_every=POLL_SECONDS if active else None)(current, model, active, pressed)


def _show(current: Workspace, model: str, was_active: bool, pressed: str | None) -> None:
    job = jobs.latest_download(model)
    if was_active != (job is not None and job.active):
        if pressed and available(model):
            press.repeat(pressed)
        st.rerun()
    with st.container(border=True, key=f"download_{model}"):
        st.markdown(escape(t("download.title", model=model)))
        if job is not None and job.active:
            _show_active(job)
        else:
            _offer(current, model, job)


def _show_active(job: Job) -> None:
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    waiting = job.state == "queued" or not job.total
    st.progress(
        share,
        text=t("download.waiting")
        if waiting
        else t("download.running", done=f"{job.done:,}", total=f"{job.total:,}"),
    )
    if job.cancel is not None:
        st.caption(t("download.stopping"))
    elif st.button(t("download.cancel"), icon=":material/stop_circle:", key=f"stop_{job.job_id}"):
        jobs.cancel(job.job_id)
        st.rerun()


def _offer(current: Workspace, model: str, job: Job | None) -> None:
    """The button that starts a download, or goes on with one that was stopped or failed."""
    if job is not None and job.state == "failed":
        st.error(escape(job.message(i18n.language())), icon=":material/error:")
    stopped = job is not None and job.state in ("failed", "cancelled")
    label = t("download.resume" if stopped else "download.start")
    if st.button(label, icon=":material/download:", key=f"get_{model}"):
        with shown_errors():
            if stopped and job is not None:
                jobs.resume(job.job_id)
            else:
                jobs.download(current.name, model, session.owner())
            st.rerun()
    st.caption(t("download.about"))
