from pages.ui.frame import link, shell
from pages.ui.frame.room import tab
from pages.ui.room.opening import ask_opening
from pages.ui.room.view import show_room

link.remember(*tab.PARAMETERS)
shell.require_frame()
shell.heading("room")
tab.recall()
workshop = tab.facilitated()
if workshop is None or workshop.closed is not None:
    ask_opening(workshop)
else:
    show_room(workshop)
