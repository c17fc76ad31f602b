from pages.ui.frame import shell
from pages.ui.host.view import show_usage
from pages.ui.parts.host.door import open_door

shell.require_frame()
shell.heading("host")
if open_door():
    show_usage()
