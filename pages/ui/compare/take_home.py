"""Taking a tuned model home: an archive or a GGUF file to download, or the user's own hub."""

from pathlib import Path

import streamlit as st

from engine import jobs
from engine.model_export.gguf_weights import (
    GENERATORS,
    WEIGHTS,
    Weights,
    find_generator,
    gguf_bytes,
    gguf_name,
)
from engine.model_export.source import is_portable, kind_of
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts.active_job import show_active_job
from pages.ui.parts.errors import shown_errors

POLL_SECONDS = 2.0
_MB = 1_000_000
# A download is held in the server's memory while it goes on.
MOST_MB = 600
_LONGEST_REPOSITORY = 200
_LONGEST_TOKEN = 200


def show_take_home(current: Workspace, run: Run) -> None:
    """How to take the model of `run` home; nothing where it has none that works elsewhere."""
    if not is_portable(current, run):
        return
    st.header(t("compare.take.title"), anchor=False)
    st.markdown(t("compare.take.intro"))
    active = jobs.read_export(current, run).active
    if active:
        jobs.ensure_supervisor()
    st.fragment(_show, run_every=POLL_SECONDS if active else None)(current, run, active)
    if kind_of(current, run) in GENERATORS:
        with st.expander(t("compare.take.gguf"), icon=":material/package_2:", key="take_gguf"):
            st.fragment(_offer_gguf)(current, run, active)
    with st.expander(t("compare.take.hub"), icon=":material/cloud_upload:", key="take_hub"):
        _offer_push(current, run, active)
    st.caption(t("compare.take.command"))
    st.code(
        f"python -m engine export {current.name} {run.task} --run {run.run_id} --out model.zip",
        language="bash",
        wrap_lines=True,
    )


def _show(current: Workspace, run: Run, was_active: bool) -> None:
    export = jobs.read_export(current, run)
    if was_active != export.active:
        st.rerun()
    if export.job is not None and export.job.state == "failed":
        st.error(escape(export.job.message(i18n.language())), icon=":material/error:")
    if export.address:
        text = t("compare.take.pushed", address=escape(export.address))
        st.success(text, icon=":material/cloud_done:")
    if export.job is not None and export.active:
        show_active_job(export.job)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="take_home"):
        label = t("compare.take.again" if export.archive else "compare.take.start")
        if st.button(label, icon=":material/inventory_2:", key=f"take_{run.run_id}"):
            _start(current, run)
        if export.archive:
            _offer_file(export.archive, f"shoplab-{run.run_id}.zip", "application/zip")


def _offer_gguf(current: Workspace, run: Run, active: bool) -> None:
    """A generator as one file for llama.cpp, in the form of weights that is chosen."""
    st.markdown(t("compare.take.gguf_about"))
    with shown_errors():
        source = find_generator(current, run.task, run.run_id)
        sizes = {one: f"{gguf_bytes(source, one) / _MB:,.0f}" for one in WEIGHTS}
        weights = st.segmented_control(
            t("compare.take.weights"),
            WEIGHTS,
            format_func=lambda one: t(f"compare.take.{one}", size=sizes[one]),
            default=WEIGHTS[0],
            required=True,
            key=f"gguf_weights_{run.run_id}",
        )
        file = jobs.read_export(current, run).gguf.get(weights or WEIGHTS[0])
        with st.container(horizontal=True, vertical_alignment="center", key="take_gguf_buttons"):
            label = t("compare.take.again" if file else "compare.take.gguf_start")
            icon = ":material/package_2:"
            if st.button(label, icon=icon, key=f"gguf_{run.run_id}", disabled=active):
                _start(current, run, weights=weights)
            if file:
                _offer_file(file, gguf_name(source, weights or WEIGHTS[0]), "application/gguf")


def _offer_file(file: Path, name: str, mime: str) -> None:
    size = file.stat().st_size / _MB if file.is_file() else 0
    if not size:
        return
    if size > MOST_MB:
        st.caption(t("compare.take.too_big", size=f"{size:,.0f}", most=MOST_MB))
        return
    st.download_button(
        t("compare.take.download", size=f"{size:,.1f}"),
        file.read_bytes,
        file_name=name,
        mime=mime,
        icon=":material/download:",
        type="primary",
        key=f"take_download_{name}",
        on_click="ignore",
    )


def _offer_push(current: Workspace, run: Run, active: bool) -> None:
    st.markdown(t("compare.take.hub_about"))
    # The box of the token is empty again as soon as the form was sent.
    with st.form(f"push_{run.run_id}", clear_on_submit=True, border=False):
        repository = st.text_input(
            t("compare.take.repository"),
            placeholder="owner/name",
            max_chars=_LONGEST_REPOSITORY,
            key=f"push_repository_{run.run_id}",
        )
        token = st.text_input(
            t("compare.take.token"),
            type="password",
            max_chars=_LONGEST_TOKEN,
            key=f"push_token_{run.run_id}",
        )
        sent = st.form_submit_button(
            t("compare.take.push"), icon=":material/cloud_upload:", disabled=active
        )
    if not sent:
        return
    if repository.strip() and token.strip():
        _start(current, run, repository.strip(), token.strip())
    else:
        st.warning(t("compare.take.incomplete"))


def _start(
    current: Workspace,
    run: Run,
    repository: str = "",
    token: str = "",
    weights: Weights | None = None,
) -> None:
    with shown_errors():
        jobs.start_export(
            current,
            run,
            i18n.language(),
            weights=weights,
            repository=repository,
            token=token,
            owner=session.owner(),
        )
        st.rerun()
