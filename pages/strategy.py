from pages.ui.frame import link, shell, visit
from pages.ui.frame.i18n import t
from pages.ui.parts import query_box
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.strategy.board import show_board
from pages.ui.strategy.check import show_check
from pages.ui.strategy.live import show_live
from pages.ui.strategy.setup import choose_setup
from pages.ui.strategy.simulator import show_crowd

link.remember(query_box.KEY, visit.KEY)
workspace = shell.open_page("strategy")
setup = choose_setup(workspace, choose_run(workspace, "search"))
placeholder = t("search.placeholder")
show_views(
    "strategy",
    {
        "live": lambda: show_live(setup, query_box.ask_for_query(workspace, placeholder)),
        "board": lambda: show_board(setup),
        "crowd": lambda: show_crowd(setup),
        "check": lambda: show_check(setup),
    },
)
