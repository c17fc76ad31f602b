from pages.ui import shell

shell.require_frame()
shell.heading("data")
