from pages.ui.frame import link, shell
from pages.ui.frame.room import tab
from pages.ui.join.form import ask_to_join
from pages.ui.join.team import show_team

link.remember(*tab.PARAMETERS)
shell.require_frame()
shell.heading("join")
member = tab.member()
if member is None:
    ask_to_join()
else:
    show_team(member)
