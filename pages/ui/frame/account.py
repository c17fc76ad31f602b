"""Who is signed in, where the host asks everybody to sign in with an identity provider.

Streamlit speaks OpenID Connect with the providers that `secrets.toml` names, and keeps who signed
in in a signed cookie.
"""

from collections.abc import Mapping

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from engine.host.account import account_of
from engine.settings import guests_allowed, sign_in_required
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t


def current() -> str:
    """The account of who sits at this tab; empty where nobody is signed in."""
    if not sign_in_required() or not st.user.get("is_logged_in"):
        return ""
    issuer, subject = st.user.get("iss"), st.user.get("sub")
    return account_of(str(issuer), str(subject)) if issuer and subject else ""


def may_open(workspace: Workspace) -> bool:
    """Whether who sits at this tab may open `workspace`, whose link they have."""
    return workspace.shared or not workspace.account or workspace.account == current()


def is_let_in() -> bool:
    """Whether who sits at this tab is signed in, or need not be."""
    return not sign_in_required() or bool(current())


def may_see(page: str, workspace: Workspace | None) -> bool:
    """Whether who sits at this tab may see `page`; guests see what a workshop's team works with."""
    if is_let_in():
        return True
    in_team = workspace is not None and bool(workspace.workshop)
    return guests_allowed() and (page == "join" or in_team)


def ask_to_sign_in(*, came_by_link: bool) -> None:
    """What is shown in place of a page: a button for each identity provider.

    The way back from a provider leads to the home page, so a link has to be opened again.
    """
    st.title(t("account.title"), anchor=False)
    providers = _providers()
    if not providers:
        st.error(t("account.not_set_up"), icon=":material/error:")
        return
    st.markdown(t("account.text"))
    if came_by_link:
        st.markdown(t("account.link_again"))
    for name in providers:
        st.button(
            t("account.sign_in_with", provider=escape(name)) if name else t("account.sign_in"),
            on_click=st.login,
            args=(name or None,),
            type="primary",
            icon=":material/login:",
            key=f"sign_in_{name}",
        )


def show_account() -> None:
    """Who is signed in, and the way out; nothing where nobody is."""
    if not current():
        return
    name = st.user.get("name") or st.user.get("email") or t("account.nameless")
    with st.sidebar, st.container(key="sidebar_account"):
        st.caption(t("account.signed_in", name=escape(str(name)[:80])))
        st.button(
            t("account.sign_out"),
            on_click=st.logout,
            icon=":material/logout:",
            width="stretch",
            key="sign_out",
        )


def offer_sharing(workspace: Workspace) -> None:
    """The switch by which its account closes the link of `workspace` to others."""
    if not workspace.account or workspace.account != current():
        return
    shared = st.toggle(t("account.shared"), workspace.shared, key=f"shared_{workspace.name}")
    if shared != workspace.shared:
        workspace.set_shared(shared)


def _providers() -> list[str]:
    """The providers as `st.login` takes them; the one without a name is empty."""
    try:
        auth = st.secrets["auth"]
    except (StreamlitSecretNotFoundError, KeyError):
        return []
    named = [name for name, about in auth.items() if isinstance(about, Mapping)]
    named = [name for name in named if "client_id" in auth[name]]
    return ([""] if "client_id" in auth else []) + named
