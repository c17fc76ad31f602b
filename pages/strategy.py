from pages.ui.frame import link, shell, visit
from pages.ui.frame.i18n import t
from pages.ui.parts import query_box
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.strategy.learning import show_learning
from pages.ui.strategy.live import show_live
from pages.ui.strategy.off_policy import show_off_policy
from pages.ui.strategy.setup import choose_setup
from pages.ui.strategy.simulator import show_simulator

link.remember(query_box.KEY, visit.KEY)
workspace = shell.open_page("strategy")
setup = choose_setup(workspace, choose_run(workspace, "search"))
placeholder = t("search.placeholder")
# Every list that is shown is learned from, so none is shown before somebody asks for it.
show_views(
    "strategy",
    {
        "live": lambda: show_live(
            setup, query_box.ask_for_query(workspace, placeholder, greet=False)
        ),
        "learning": lambda: show_learning(setup),
        "simulator": lambda: show_simulator(setup),
        "off_policy": lambda: show_off_policy(setup),
    },
)
