"""A job that waits or runs: its place in the queue or how far it is, and a button to stop it."""

import streamlit as st

from engine import jobs
from engine.jobs import Job
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names


def show_active_job(job: Job) -> None:
    """How an active job stands, and the button to stop it."""
    if job.state == "queued":
        show_place(job)
    else:
        stage = names.stage(job.stage) if job.stage else t("job.starting")
        share = min(job.done / job.total, 1.0) if job.total else 0.0
        count = f" · {job.done:,} / {job.total:,}" if job.total else ""
        st.progress(share, text=escape(stage + count))
    offer_stop(job)


def show_place(job: Job) -> None:
    """How many jobs are ahead of a queued one, and when it will start."""
    place = jobs.find_place(job)
    if place.ahead == 0:
        st.markdown(t("job.next"))
        return
    st.markdown(t("job.ahead", n=place.ahead))
    if place.seconds is not None:
        st.caption(t("job.wait", wait=names.duration(place.seconds)))


def offer_stop(job: Job) -> None:
    """The button that stops an active job, or what is said once it was pressed."""
    if job.cancel is not None:
        st.caption(t("job.stopping"))
    elif st.button(t("job.stop"), icon=":material/stop_circle:", key=f"stop_{job.job_id}"):
        jobs.cancel(job.job_id)
        st.rerun()
