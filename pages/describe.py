from functools import partial

from pages.ui.describe.brief import KEY
from pages.ui.describe.view import VIEWS, show_view
from pages.ui.frame import link, shell
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views

link.remember(KEY)
workspace = shell.open_page("describe")
run = choose_run(workspace, "describe")
show_views("describe", {name: partial(show_view, name, workspace, run) for name in VIEWS})
