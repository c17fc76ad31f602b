"""The facilitator's page of an open workshop."""

from functools import partial

from engine.room.workshop import Workshop
from pages.ui.parts.views import show_views
from pages.ui.room.board import show_board
from pages.ui.room.controls import show_controls
from pages.ui.room.finish import show_finish
from pages.ui.room.share import show_share
from pages.ui.room.staging import show_staging
from pages.ui.room.voting import show_voting


def show_room(workshop: Workshop) -> None:
    """The controls, then the board and the other views."""
    show_controls(workshop)
    views = {
        "board": show_board,
        "share": show_share,
        "staging": show_staging,
        "voting": show_voting,
        "finish": show_finish,
    }
    show_views("room", {name: partial(show, workshop) for name, show in views.items()})
