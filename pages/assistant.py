import streamlit as st

from pages.ui.assistant.chat import CHAT, show_chat
from pages.ui.assistant.check import show_check
from pages.ui.assistant.hand_overs import show_hand_overs
from pages.ui.assistant.policy import show_policy
from pages.ui.frame import link, shell
from pages.ui.frame.i18n import t

VIEWS = ("chat", "hand_overs", "policy", "check")

link.remember(CHAT)
workspace = shell.open_page("assistant")
titles = [t(f"assistant.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="assistant_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if not tab.open:
        continue
    with tab:
        match name:
            case "chat":
                show_chat(workspace)
            case "hand_overs":
                show_hand_overs(workspace)
            case "policy":
                show_policy(workspace)
            case "check":
                show_check(workspace)
