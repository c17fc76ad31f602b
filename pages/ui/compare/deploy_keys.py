"""The keys that open a shop's models to programs: made, listed, revoked."""

import time

import pandas as pd
import streamlit as st

from engine.storage.api_keys import ApiKey, ApiKeys
from engine.storage.labels import LONGEST_LABEL
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names, tables

_COLUMNS = ("id", "name", "scope", "created", "used", "state")


def show_keys(current: Workspace) -> None:
    """A form for a new key, the keys there are, and a way to revoke each."""
    st.markdown(t("compare.deploy.keys.about"))
    _create(current)
    with ApiKeys(current) as keys:
        known = keys.list()
    if not known:
        st.caption(t("compare.deploy.keys.none"))
        return
    tables.show(
        pd.DataFrame([_row(key) for key in known]),
        labels={name: t(f"compare.deploy.keys.{name}") for name in _COLUMNS},
        alt=t("compare.deploy.keys.title"),
        key="api_keys",
    )
    _revoke(current, [key for key in known if key.is_valid(time.time())])


def _create(current: Workspace) -> None:
    form = st.form("api_key", border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            t("compare.deploy.keys.what_for"), max_chars=LONGEST_LABEL, key="api_key_name"
        )
        created = st.form_submit_button(t("compare.deploy.keys.create"), icon=":material/add:")
    if created:
        with ApiKeys(current) as keys:
            _, text = keys.create(name)
        st.success(t("compare.deploy.keys.once"), icon=":material/visibility:")
        st.code(text, language=None)


def _revoke(current: Workspace, valid: list[ApiKey]) -> None:
    if not valid:
        return
    labels = {key.id: " · ".join(filter(None, (key.id, key.name))) for key in valid}
    with st.popover(t("compare.deploy.keys.revoke"), icon=":material/block:"):
        chosen = st.selectbox(
            t("compare.deploy.keys.which"),
            list(labels),
            format_func=labels.__getitem__,
            key="api_key_revoked",
        )
        st.markdown(t("compare.deploy.keys.revoke_about"))
        if st.button(
            t("compare.deploy.keys.revoke_confirm", id=escape(chosen)),
            type="primary",
            key="revoke_key",
        ):
            with ApiKeys(current) as keys:
                keys.revoke(chosen)
            st.toast(t("compare.deploy.keys.was_revoked"))
            st.rerun()


def _row(key: ApiKey) -> dict[str, str]:
    if key.revoked is not None:
        state = t("compare.deploy.keys.revoked", time=names.moment(key.revoked))
    elif not key.is_valid(time.time()):
        state = t("compare.deploy.keys.expired")
    elif key.expires is not None:
        state = t("compare.deploy.keys.until", time=names.moment(key.expires))
    else:
        state = t("compare.deploy.keys.valid")
    return {
        "id": key.id,
        "name": key.name,
        "scope": t(f"compare.deploy.keys.scopes.{key.scope}"),
        "created": names.moment(key.created),
        "used": t("compare.deploy.keys.never") if key.used is None else names.moment(key.used),
        "state": state,
    }
