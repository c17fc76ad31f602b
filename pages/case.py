from pages.ui.case.cash import show_cash
from pages.ui.case.decision import show_decision
from pages.ui.case.errors import show_errors
from pages.ui.case.formulas import FORMULAS
from pages.ui.case.money import show_money
from pages.ui.case.setup import choose_setup
from pages.ui.case.verdict import show_verdict
from pages.ui.frame import shell
from pages.ui.parts.formulas import show_formulas
from pages.ui.parts.views import show_views

workspace = shell.open_page("case")
setup = choose_setup(workspace)
show_verdict(setup)
show_views(
    "case",
    {
        "money": lambda: show_money(setup),
        "cash": lambda: show_cash(setup),
        "decision": lambda: show_decision(setup),
        "errors": lambda: show_errors(setup),
        "formulas": lambda: show_formulas("case", FORMULAS),
    },
)
