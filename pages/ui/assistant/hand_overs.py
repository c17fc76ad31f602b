"""What waits for a person: who asked what, and why the assistant did not answer."""

from datetime import datetime

import streamlit as st

from engine.assistant.chats import Chats
from engine.storage.workspace import Workspace
from pages.ui.assistant.reply import kind_name, reason_name
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t

_SHOWN = 30


def show_hand_overs(current: Workspace) -> None:
    """The open hand-overs, the longest waiting first, each with a button to tick it off."""
    with Chats(current) as chats:
        waiting = chats.open_hand_overs()
    if not waiting:
        st.info(t("assistant.hand_overs.none"), icon=":material/task_alt:")
        return
    st.markdown(t("assistant.hand_overs.waiting", n=len(waiting)))
    for turn in waiting[:_SHOWN]:
        with st.container(border=True, key=f"hand_over_{turn.number}"):
            with st.container(horizontal=True, gap="xsmall"):
                st.badge(reason_name(turn.reply.reason), icon=":material/flag:", color="orange")
                st.badge(kind_name(turn.reply.kind), icon=":material/psychology:", color="grey")
                who = escape(turn.customer) if turn.customer else t("assistant.chat.guest")
                st.badge(who, icon=":material/person:", color="grey")
                when = datetime.fromtimestamp(turn.time)
                st.badge(f"{when:%Y-%m-%d %H:%M}", icon=":material/schedule:", color="grey")
            st.markdown(escape(turn.message))
            st.button(
                t("assistant.hand_overs.done"),
                icon=":material/done:",
                type="tertiary",
                key=f"done_{turn.number}",
                on_click=_close,
                args=(current, turn.number),
            )


@callback
def _close(current: Workspace, number: int) -> None:
    with Chats(current) as chats:
        chats.close([number])
