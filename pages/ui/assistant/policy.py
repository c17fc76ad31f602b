"""The shop's policy text: brought, edited, and the last change undone."""

import streamlit as st

from engine.assistant.policy_file import (
    ENDINGS,
    LONGEST,
    can_undo_policy,
    keep_policy,
    policy_stamp,
    read_policy,
    read_upload,
    sample_policy,
    undo_policy,
)
from engine.errors import ShoplabError
from engine.storage.workspace import Workspace
from pages.ui.frame import upload_limit
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import t
from pages.ui.parts.errors import show_error

_MEGABYTES = 1
_UPLOADS = "policy_uploads"
_FAILED = "policy_failed"
_HEIGHT = 420


def show_policy(current: Workspace) -> None:
    """The text as it stands, to be edited or replaced."""
    st.markdown(t("assistant.policy.intro"))
    if failed := st.session_state.pop(_FAILED, None):
        show_error(failed)
    text = read_policy(current)
    # The number makes a fresh widget after each upload, so that none is read twice.
    number = st.session_state.setdefault(_UPLOADS, 0)
    key = f"policy_file_{number}"
    upload_limit.say_if_full(_MEGABYTES)
    st.file_uploader(
        t("assistant.policy.upload"),
        type=[ending[1:] for ending in ENDINGS],
        max_upload_size=_MEGABYTES,
        help=t("assistant.policy.upload_help", most=f"{LONGEST:,}"),
        key=key,
        on_change=_keep_upload,
        args=(current, key),
    )
    with st.container(horizontal=True):
        st.button(
            t("assistant.policy.sample"),
            icon=":material/storefront:",
            key="policy_sample",
            help=t("assistant.policy.sample_help"),
            type="secondary" if text else "primary",
            on_click=_keep,
            args=(current, sample_policy(current.language), "policy.md"),
        )
        if can_undo_policy(current):
            st.button(
                t("assistant.policy.undo"),
                icon=":material/undo:",
                key="policy_undo",
                on_click=callback(undo_policy),
                args=(current,),
            )
    typed = st.text_area(
        t("assistant.policy.text"),
        value=text,
        height=_HEIGHT,
        placeholder=t("assistant.policy.placeholder"),
        max_chars=LONGEST,
        key=f"policy_text_{policy_stamp(current)}",
    )
    st.button(
        t("assistant.policy.save"),
        icon=":material/save:",
        key="policy_save",
        type="primary",
        disabled=not typed or typed == text,
        on_click=_keep,
        args=(current, typed, "policy.md"),
    )


def _keep(current: Workspace, text: str, name: str) -> None:
    try:
        keep_policy(current, text, name)
        st.toast(t("assistant.policy.kept"), icon=":material/check:")
    except ShoplabError as error:
        st.session_state[_FAILED] = error


def _keep_upload(current: Workspace, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    st.session_state[_UPLOADS] += 1
    try:
        text = read_upload(file.getvalue(), file.name)
    except ShoplabError as error:
        st.session_state[_FAILED] = error
        return
    upload_limit.release(file)
    _keep(current, text, file.name)
