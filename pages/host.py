from pages.ui.frame import shell
from pages.ui.host.door import open_door
from pages.ui.host.view import show_usage

shell.require_frame()
shell.heading("host")
if open_door():
    show_usage()
