from pages.ui.duel import opened
from pages.ui.duel.meeting import show_duel
from pages.ui.duel.start import show_start
from pages.ui.frame import link, person, shell

link.remember(opened.KEY)
workspace = shell.open_page("duel")
voter = person.current()
if opened.duel_id():
    show_duel(workspace, voter)
else:
    show_start(workspace)
