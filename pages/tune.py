from pages.ui.frame import shell
from pages.ui.training.job_panel import show_panel, show_stopped
from pages.ui.tune.form import show_form
from pages.ui.tune.runs import show_runs

workspace = shell.open_page("tune")
show_panel(workspace)
show_form(workspace)
show_stopped(workspace)
show_runs(workspace)
