"""Keeping what was labelled by hand for a task, and a training that learns from it."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from engine import jobs
from engine.errors import ShoplabError
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import t
from pages.ui.parts import download
from pages.ui.parts.errors import show_error

_TURN, _SAVED = "labels_turn", "labels_saved"


def editor_key(task: str) -> str:
    """The key of the table to fill in: another one after each save, which empties the table."""
    return f"labels_{task}_{st.session_state.get(f'{task}_{_TURN}', 0)}"


def offer_save(
    current: Workspace,
    task: str,
    labels: Mapping[str, Mapping[str, str]],
    *,
    nothing: str,
    saved: str,
) -> None:
    """The button that keeps `labels` (text → head → label), and what it says: `nothing` or `saved`.

    Once they are kept, the next texts take the place of those labelled.
    """
    turn, said = f"{task}_{_TURN}", f"{task}_{_SAVED}"
    if st.button(t("labels.save"), type="primary", icon=":material/save:", key="save_labels"):
        if labels:
            current.correct(task, labels)
            st.session_state[turn] = st.session_state.get(turn, 0) + 1
            st.session_state[said] = saved
            st.rerun()
        st.warning(nothing)
    if text := st.session_state.pop(said, ""):
        st.toast(text, icon=":material/check:")


def show_next(
    current: Workspace, hand: pd.DataFrame, task: str, run: Run | None, column: str
) -> None:
    """How many texts were labelled for `task`, the training that learns them, and a download.

    `hand` holds the corrections of the task, whose texts a file calls `column`.
    """
    n = hand["input"].nunique()
    with st.container(border=True, key="labels_next"):
        st.markdown(f"**{t('labels.have', n=n)}**")
        with st.container(horizontal=True, vertical_alignment="center"):
            if run is None:
                if shell.available("tune"):
                    st.page_link(
                        shell.page_file("tune"), label=t("runs.tune"), icon=shell.ICONS["tune"]
                    )
            elif st.button(t("labels.train"), icon=":material/model_training:", key="train_again"):
                _train_again(current, task, run)
            download.offer(
                hand[["input", "head", "label"]].rename(columns={"input": column}),
                t("labels.download"),
                f"{task}-labels.csv",
                key="download_labels",
            )


def _train_again(current: Workspace, task: str, run: Run) -> None:
    try:
        jobs.submit(
            current.name,
            task,
            run.config,
            predicted_seconds=run.seconds,
            owner=session.owner(),
        )
    except ShoplabError as error:
        show_error(error)
    else:
        st.toast(t("labels.started"), icon=":material/model_training:")
