from pages.ui.frame import link, shell
from pages.ui.frame.room import tab
from pages.ui.stage.view import show_stage

link.remember(*tab.PARAMETERS)
shell.require_frame()
show_stage()
