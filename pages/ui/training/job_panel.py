"""The trainings of a workspace, live: one box that polls every two seconds while any is active."""

import time

import pandas as pd
import streamlit as st

from engine import jobs
from engine.errors import ShoplabError
from engine.jobs import Job
from engine.jobs.job import CURVE, SWEEP, TRAIN, TRAININGS
from engine.storage.runs import load_run
from engine.storage.sweeps import Sweep, load_sweep
from engine.storage.workspace import Workspace
from engine.training.sweep_outcome import say_changes, say_sweep
from pages.ui.frame import i18n, session, shell
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names, tables
from pages.ui.parts.active_job import show_place
from pages.ui.parts.errors import show_error, shown_errors
from pages.ui.training.curves import read_curves, show_curves
from pages.ui.training.outcome import show_outcome
from pages.ui.training.systems import link_to_compare

POLL_SECONDS = 2.0
STOPPED = ("failed", "cancelled")
_WATCHED = "watched_jobs"
_BADGES = {
    "queued": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/autorenew:"),
    "done": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
    "cancelled": ("gray", ":material/cancel:"),
}


def show_panel(current: Workspace) -> None:
    """Every training that waits or runs, and those that ended while this tab was looking."""
    active = _active(_trainings(current))
    if active:
        jobs.ensure_supervisor()
    st.fragment(_show_watched, run_every=POLL_SECONDS if active else None)(current, active)


def show_followed(current: Workspace, kind: str, task: str) -> bool:
    """The newest job of a kind and task, live, unless it is done; whether it waits or runs."""
    job = _newest(current, kind, task)
    if job is None or job.state == "done":
        return False
    if job.active:
        jobs.ensure_supervisor()
    box = st.fragment(_show_followed, run_every=POLL_SECONDS if job.active else None)
    box(current, kind, task, job.state)
    return job.active


def _show_followed(current: Workspace, kind: str, task: str, before: str) -> None:
    job = _newest(current, kind, task)
    if job is None or job.state != before:
        # Rerun the whole page, so that it shows what was measured.
        st.rerun()
    show_job(current, job)


def _newest(current: Workspace, kind: str, task: str) -> Job | None:
    listed = jobs.list_jobs(current.name)
    return next((job for job in listed if (job.kind, job.task) == (kind, task)), None)


def show_stopped(current: Workspace) -> None:
    """Trainings that failed or were cancelled before, each with its reason and how to go on."""
    watched = _watched()
    listed = [job for job in _trainings(current) if job.state in STOPPED]
    stopped = [job for job in listed if job.job_id not in watched]
    if stopped:
        label = t("tune.stopped", n=len(stopped))
        with st.expander(label, icon=":material/history:", key="stopped"):
            for job in stopped:
                show_job(current, job)


def _trainings(current: Workspace) -> list[Job]:
    # A download is shown where its model is needed.
    return [job for job in jobs.list_jobs(current.name) if job.kind in TRAININGS]


def _watched() -> list[str]:
    watched: list[str] = st.session_state.setdefault(_WATCHED, [])
    return watched


def _active(listed: list[Job]) -> list[str]:
    return [job.job_id for job in listed if job.active]


def _show_watched(current: Workspace, before: list[str]) -> None:
    watched = _watched()
    listed = _trainings(current)
    active = _active(listed)
    watched += [job_id for job_id in active if job_id not in watched]
    if active != before:
        # Rerun the whole page, so that it shows the new run and polls only while jobs are active.
        st.rerun()
    for job in listed:
        if job.job_id in watched:
            show_job(current, job)


def show_job(current: Workspace, job: Job) -> None:
    """One training: what it is, how it stands, and what can be done about it."""
    with st.container(border=True, key=f"job_{job.job_id}"):
        color, icon = _BADGES[job.state]
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(f"**{_title(job)}**", width="content")
            st.badge(t(f"tune.states.{job.state}"), icon=icon, color=color)  # type: ignore[arg-type]
        st.caption(escape(_about(job)))
        _SHOW[job.state](current, job)


def _title(job: Job) -> str:
    task = names.task(job.task)
    return task if job.kind == TRAIN else t(f"tune.kinds.{job.kind}", task=task)


def _about(job: Job) -> str:
    preset = names.preset(job.config.get("preset", ""))
    parts = [names.moment(job.created), str(job.config.get("model", "")), preset]
    return " · ".join(part for part in parts if part)


def _show_queued(current: Workspace, job: Job) -> None:
    show_place(job)
    _offer_cancel(job)


def _show_running(current: Workspace, job: Job) -> None:
    stage = names.stage(job.stage) if job.stage else t("job.starting")
    if job.total:
        share = min(job.done / job.total, 1.0)
        st.progress(share, text=escape(f"{stage} · {job.done:,} / {job.total:,}"))
    else:
        st.progress(0.0, text=escape(stage))
    started = job.started or job.created
    elapsed = names.duration(time.time() - started)
    # The worker's own measurement is closer than the estimate made before the start.
    seconds = read_curves(job).predicted_seconds or job.predicted_seconds
    if seconds:
        late = "elapsed_late" if time.time() - started > seconds else "elapsed_of"
        st.caption(t(f"tune.{late}", elapsed=elapsed, predicted=names.duration(seconds)))
    else:
        st.caption(t("tune.elapsed", elapsed=elapsed))
    if job.cancel is None:
        _offer_cancel(job)
    else:
        st.caption(t("job.stopping"))
    show_curves(job)


def _offer_cancel(job: Job) -> None:
    if st.button(t("tune.cancel"), icon=":material/stop_circle:", key=f"cancel_{job.job_id}"):
        jobs.cancel(job.job_id)
        st.rerun()


def _show_done(current: Workspace, job: Job) -> None:
    if job.kind == CURVE:
        st.markdown(t("tune.curve_done"))
        link_to_compare()
        return
    try:
        run = load_run(current, job.run_id)
    except ShoplabError as error:
        show_error(error)
        return
    if job.kind == SWEEP:
        _show_trials(load_sweep(current, job.run_id))
    show_outcome(run)
    with st.container(horizontal=True):
        link_to_compare()
        page = shell.page_of(job.task)
        if shell.available(page):
            label = names.task_text(job.task, "open")
            st.page_link(shell.page_file(page), label=label, icon=shell.ICONS[page])
    with st.expander(t("tune.curves"), icon=":material/show_chart:", key=f"more_{job.job_id}"):
        show_curves(job)


def _show_trials(sweep: Sweep) -> None:
    """What each setting reached on validation, under the choice in a sentence."""
    st.markdown(escape(say_sweep(sweep, i18n.language())))
    metric = names.metric(sweep.primary_metric)
    labels = {name: t(f"tune.sweep.{name}") for name in ("trial", "low", "high", "system")}
    rows = [
        {
            "trial": say_changes(trial.changes, i18n.language()),
            "value": trial.value,
            "low": trial.low,
            "high": trial.high,
            "system": names.system(trial.recommended),
        }
        for trial in sweep.trials
    ]
    number = st.column_config.NumberColumn
    labels |= {"value": metric}
    tables.show(
        pd.DataFrame(rows),
        labels=labels,
        config={name: number(labels[name], format="%.3f") for name in ("value", "low", "high")},
        alt=t("tune.sweep.title"),
        key=f"trials_{sweep.sweep_id}",
    )


def _show_failed(current: Workspace, job: Job) -> None:
    st.error(escape(job.message(i18n.language())), icon=":material/error:")
    with st.container(horizontal=True):
        size = int(job.config.get("batch_size", 0)) // 2
        if job.reason == "jobs.out_of_memory" and size >= 2:
            label = t("tune.smaller_batch", size=size)
            if st.button(label, type="primary", key=f"smaller_{job.job_id}"):
                _again(job, {"batch_size": size})
        _offer_resume(current, job)
    show_curves(job)


def _show_cancelled(current: Workspace, job: Job) -> None:
    st.caption(t("tune.was_cancelled"))
    _offer_resume(current, job)


def _offer_resume(current: Workspace, job: Job) -> None:
    runs = current.folder / "runs"
    kept = any(runs.glob(f"*{job.run_id}*/**/trainer_state.json"))
    label = t("tune.resume") if kept else t("tune.restart")
    if st.button(label, icon=":material/play_circle:", key=f"resume_{job.job_id}"):
        with shown_errors():
            jobs.resume(job.job_id)
            st.rerun()


def _again(job: Job, changes: dict[str, object]) -> None:
    with shown_errors():
        jobs.submit(
            job.workspace, job.task, job.config | changes, kind=job.kind, owner=session.owner()
        )
        st.rerun()


_SHOW = {
    "queued": _show_queued,
    "running": _show_running,
    "done": _show_done,
    "failed": _show_failed,
    "cancelled": _show_cancelled,
}
