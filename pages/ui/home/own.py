"""The shops of who is signed in."""

import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.frame import account, session
from pages.ui.frame.i18n import escape, t


def offer_own() -> None:
    """A button for each shop of the account; nothing where nobody is signed in, or has none."""
    shops = Workspace.of_account(account.current())
    if not shops:
        return
    with st.container(border=True, key="own_shops"):
        st.subheader(t("home.own.title"), anchor=False)
        with st.container(horizontal=True):
            for shop in sorted(shops, key=lambda shop: (shop.title, shop.name)):
                name = escape(shop.title or t("app.sidebar.unnamed"))
                st.button(
                    t("home.own.open", name=name),
                    on_click=session.enter,
                    args=(shop,),
                    key=f"own_{shop.name}",
                )
