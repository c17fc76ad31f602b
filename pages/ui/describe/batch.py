"""Copy for many products: it is written in the background, kept on disk, and shown as it comes."""

import statistics

import pandas as pd
import streamlit as st

from engine import jobs
from engine.errors import ShoplabError
from engine.jobs.copywriting import (
    BatchProgress,
    discard_batch,
    is_busy,
    read_progress,
    start_batch,
    write_batch,
)
from engine.storage.workspace import Workspace
from engine.tasks.describe.batch import Batch, Row, list_batches
from engine.tasks.describe.brief import Brief
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import download, names, tables
from pages.ui.parts.active_job import offer_stop, show_place
from pages.ui.parts.errors import show_error, shown_errors

MOST = 5000
POLL_SECONDS = 2.0
COLUMNS = ("product_id", "title", "text", "supported", "facts_used", "unsupported")
# While texts come, the last ones are shown; so many also tell how long the rest takes.
_LAST = 20
_CHOSEN = "batch_chosen"


def show_batch(current: Workspace, run_id: str, brief: Brief) -> None:
    """Choose products and start; watch, stop, go on, take the texts along, throw them away."""
    st.markdown(t("describe.batch.intro"))
    ids = _chosen_products(current)
    kept = list_batches(current)
    busy = is_busy(current)
    if st.button(
        t("describe.batch.start", n=f"{len(ids):,}"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=not ids or busy,
        key="batch_start",
    ):
        with shown_errors():
            batch = start_batch(current, run_id, brief, ids, session.owner())
            st.session_state[_CHOSEN] = batch.batch_id
            st.rerun()
    if busy:
        jobs.ensure_supervisor()
    if kept:
        batch = _choose_batch(kept)
        active = read_progress(current, batch).active
        st.fragment(_show, run_every=POLL_SECONDS if active else None)(current, batch, active)


def _chosen_products(current: Workspace) -> list[str]:
    products = session.tables(current).products
    categories = sorted(products["category"].dropna().unique())
    with st.container(horizontal=True):
        chosen = st.multiselect(
            t("describe.batch.categories"),
            categories,
            placeholder=t("describe.batch.all_categories"),
            key="batch_categories",
            width=420,
        )
        bare = st.toggle(t("describe.batch.bare"), key="batch_bare")
        most = st.number_input(
            t("describe.batch.most"),
            min_value=1,
            max_value=MOST,
            value=8,
            key="batch_most",
            width=180,
        )
    if chosen:
        products = products[products["category"].isin(chosen)]
    if bare:
        products = products[products["description"].isna()]
    return list(products["product_id"].head(int(most)))


def _choose_batch(kept: list[Batch]) -> Batch:
    """The newest batch, or the chosen one where there are several."""
    by_id = {batch.batch_id: batch for batch in kept}
    labels = {batch_id: _about(batch) for batch_id, batch in by_id.items()}
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = next(iter(by_id))
    chosen = st.selectbox(
        t("describe.batch.choose"),
        list(by_id),
        format_func=labels.__getitem__,
        key=_CHOSEN,
        width=620,
    )
    return by_id[chosen]


def _about(batch: Batch) -> str:
    channel = t(f"describe.channels.{batch.brief.channel}")
    language = i18n.NAMES[batch.brief.language]
    count = t("describe.batch.products", n=f"{len(batch.product_ids):,}")
    return " · ".join((names.moment(batch.created), channel, language, count))


def _show(current: Workspace, batch: Batch, active: bool) -> None:
    """How the batch stands; the whole page is drawn anew when writing begins or ends."""
    progress = read_progress(current, batch)
    if progress.active != active:
        st.rerun()
    if active:
        _show_progress(progress)
    elif progress.failure:
        show_error(progress.failure)
    frame = _as_frame(progress)
    _offer_controls(current, progress, frame)
    if progress.rows:
        _show_rows(frame, active)


def _show_progress(progress: BatchProgress) -> None:
    job = progress.job
    if job is None:
        return
    if progress.state == "waiting":
        show_place(job)
        offer_stop(job)
        return
    done, total = len(progress.rows), len(progress.batch.product_ids)
    text = t("describe.batch.doing", done=f"{done:,}", total=f"{total:,}")
    seconds = [row.seconds for row in progress.rows[-_LAST:] if row.seconds is not None]
    if seconds:
        left = statistics.median(seconds) * (total - done)
        text += t("describe.batch.left", time=names.duration(left))
    st.progress(done / total, text=escape(text))
    if progress.state == "writing":
        st.caption(t("describe.batch.writing"))
    offer_stop(job)


def _offer_controls(current: Workspace, progress: BatchProgress, frame: pd.DataFrame) -> None:
    batch = progress.batch
    with st.container(horizontal=True):
        left = len(batch.product_ids) - len(progress.rows)
        if progress.state == "stopped" and st.button(
            t("describe.batch.go_on", n=f"{left:,}"),
            icon=":material/resume:",
            key="batch_go_on",
        ):
            with shown_errors():
                write_batch(current, batch, session.owner())
                st.rerun()
        if progress.rows:
            download.offer(frame, t("describe.batch.download"), "copy.csv", key="batch_download")
        if not progress.active:
            with st.popover(t("describe.batch.discard"), icon=":material/delete:"):
                st.markdown(t("describe.batch.discard_note"))
                if st.button(t("describe.batch.discard_yes"), key="batch_discard"):
                    discard_batch(current, batch)
                    st.rerun()


def _show_rows(frame: pd.DataFrame, active: bool) -> None:
    right = int(frame["supported"].sum())
    finding = t("describe.batch.found", n=f"{len(frame):,}", right=f"{right:,}")
    st.markdown(f"**{finding}**")
    labels = {name: t(f"describe.columns.{name}") for name in COLUMNS}
    shown = frame[-_LAST:][::-1] if active else frame
    tables.show(shown, labels=labels, alt=t("describe.batch.table"), key="batch_table")


def _as_frame(progress: BatchProgress) -> pd.DataFrame:
    frame = pd.DataFrame([_readable(row) for row in progress.rows], columns=list(COLUMNS))
    return frame.astype({"supported": "boolean", "facts_used": "Int64"})


def _readable(row: Row) -> dict[str, object]:
    if row.problem:
        problem = ShoplabError(row.problem, product=row.product_id)
        return {"product_id": row.product_id, "unsupported": problem.message(i18n.language())}
    values = {name: getattr(row, name) for name in COLUMNS}
    return values | {"unsupported": "; ".join(row.unsupported)}
