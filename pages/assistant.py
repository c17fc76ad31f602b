from pages.ui.assistant.chat import CHAT, show_chat
from pages.ui.assistant.check import show_check
from pages.ui.assistant.hand_overs import show_hand_overs
from pages.ui.assistant.policy import show_policy
from pages.ui.frame import link, shell
from pages.ui.parts.views import show_views

link.remember(CHAT)
workspace = shell.open_page("assistant")
show_views(
    "assistant",
    {
        "chat": lambda: show_chat(workspace),
        "hand_overs": lambda: show_hand_overs(workspace),
        "policy": lambda: show_policy(workspace),
        "check": lambda: show_check(workspace),
    },
)
