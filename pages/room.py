from functools import partial

from pages.ui.frame import link, shell
from pages.ui.frame.room import tab
from pages.ui.parts.views import show_views
from pages.ui.room.board import show_board
from pages.ui.room.controls import show_controls
from pages.ui.room.finish import show_finish
from pages.ui.room.opening import ask_opening
from pages.ui.room.share import show_share
from pages.ui.room.staging import show_staging
from pages.ui.room.voting import show_voting

link.remember(*tab.PARAMETERS)
shell.require_frame()
shell.heading("room")
workshop = tab.facilitated()
if workshop is None or workshop.closed is not None:
    ask_opening(workshop)
else:
    show_controls(workshop)
    show_views(
        "room",
        {
            "board": partial(show_board, workshop),
            "share": partial(show_share, workshop),
            "staging": partial(show_staging, workshop),
            "voting": partial(show_voting, workshop),
            "finish": partial(show_finish, workshop),
        },
    )
