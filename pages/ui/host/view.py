"""Who uses what on this server, and what the host can do about it."""

import time

import pandas as pd
import streamlit as st

from engine import jobs
from engine.host.backup import back_up, restore
from engine.host.usage import Usage, delete_workspace, free_space, read_usage
from engine.settings import home
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names, tables
from pages.ui.parts.errors import shown_errors

_MB = 1_000_000
_COLUMNS = ("name", "title", "mb", "rows", "used", "jobs")


def show_usage() -> None:
    """The workspaces and jobs, then deleting, freeing space, backing up and restoring."""
    usage = read_usage()
    with st.container(horizontal=True, gap="large"):
        st.metric(t("host.shops"), f"{len(usage.workspaces):,}", width="content")
        for name in ("bytes", "model_bytes", "free_bytes"):
            size = f"{getattr(usage, name) / _MB:,.0f} MB"
            st.metric(t(f"host.{name}"), size, width="content")
    _show_workspaces(usage)
    _show_jobs(usage)
    _offer_deletion(usage)
    _offer_backups(usage)


def _show_workspaces(usage: Usage) -> None:
    st.header(t("host.shops"), anchor=False)
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "mb": round(one.bytes / _MB, 1),
            "rows": one.rows,
            "used": names.moment(one.used),
            "jobs": one.jobs,
        }
        for one in usage.workspaces
    ]
    labels = {name: t(f"host.columns.{name}") for name in _COLUMNS}
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    tables.show(frame, labels=labels, alt=t("host.shops"), key="host_shops")


def _show_jobs(usage: Usage) -> None:
    st.header(t("host.jobs"), anchor=False)
    if not usage.jobs:
        st.caption(t("host.no_jobs"))
    for job in usage.jobs:
        with st.container(horizontal=True, vertical_alignment="center"):
            about = t(
                "host.job",
                kind=names.job_kind(job.kind),
                job=job.job_id,
                shop=job.workspace,
                owner=job.owner or "–",
            )
            st.markdown(escape(about), width="stretch")
            if st.button(t("host.stop"), icon=":material/stop_circle:", key=f"stop_{job.job_id}"):
                with shown_errors():
                    jobs.cancel(job.job_id)
                    st.rerun()


def _offer_deletion(usage: Usage) -> None:
    st.header(t("host.space"), anchor=False)
    if st.button(t("host.free"), icon=":material/cleaning_services:", key="host_free"):
        st.toast(t("host.freed", mb=f"{free_space() / _MB:,.0f}"))
    name = st.selectbox(
        t("host.delete_which"), [one.name for one in usage.workspaces], index=None, key="doomed"
    )
    if name is None:
        return
    sure = st.checkbox(t("host.delete_sure", shop=escape(name)), key=f"sure_{name}")
    if st.button(t("host.delete"), icon=":material/delete:", disabled=not sure, key="host_delete"):
        with shown_errors():
            delete_workspace(name)
            st.rerun()


def _offer_backups(usage: Usage) -> None:
    st.header(t("host.backups"), anchor=False)
    folder = home() / "backups"
    st.caption(t("host.backups_about", folder=escape(folder)))
    everything = t("host.everything")
    chosen = st.selectbox(
        t("host.backup_which"), [everything, *(one.name for one in usage.workspaces)], key="kept"
    )
    if st.button(t("host.backup"), icon=":material/archive:", key="host_backup"):
        folder.mkdir(exist_ok=True)
        name = None if chosen == everything else chosen
        file = folder / f"{name or 'all'}-{time.strftime('%Y%m%d-%H%M%S')}.zip"
        with shown_errors():
            back_up(file, name)
            st.success(t("host.backed_up", file=escape(file.name)))
    files = sorted((path.name for path in folder.glob("[!.]*.zip")), reverse=True)
    file_name = st.selectbox(t("host.restore_which"), files, index=None, key="restored")
    if st.button(t("host.restore"), disabled=file_name is None, key="host_restore"):
        with shown_errors():
            restored = restore(folder / str(file_name))
            st.success(t("host.restored", shops=escape(", ".join(restored))))
