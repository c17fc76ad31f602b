from pages.ui.experiment.formulas import FORMULAS
from pages.ui.experiment.looks import show_looks
from pages.ui.experiment.plan import show_plan
from pages.ui.experiment.result import show_result
from pages.ui.experiment.setup import choose_setup
from pages.ui.frame import shell
from pages.ui.parts.formulas import show_formulas
from pages.ui.parts.views import show_views

workspace = shell.open_page("experiment")
setup = choose_setup(workspace)
show_views(
    "experiment",
    {
        "plan": lambda: show_plan(setup),
        "looks": lambda: show_looks(setup),
        "result": lambda: show_result(setup),
        "formulas": lambda: show_formulas("experiment", FORMULAS),
    },
)
