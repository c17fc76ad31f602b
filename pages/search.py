from pages.ui.frame import link, shell, visit
from pages.ui.frame.i18n import t
from pages.ui.parts import query_box
from pages.ui.parts.views import show_views
from pages.ui.search import filters
from pages.ui.search.controls import choose_systems
from pages.ui.search.field_weights import show_weights
from pages.ui.search.many import show_frequent, show_list
from pages.ui.search.one import show_judged, show_results

link.remember(query_box.KEY, visit.KEY)
workspace = shell.open_page("search")
filters.prepare(workspace)
query = query_box.ask_for_query(workspace, t("search.placeholder"))
mode, size, run_id = choose_systems(workspace)
show_views(
    "search",
    {
        "one": lambda: show_results(workspace, query, run_id, mode, size),
        "judge": lambda: show_judged(workspace, query, run_id, mode),
        "many": lambda: show_frequent(workspace, run_id, mode),
        "list": lambda: show_list(workspace, run_id, mode),
        "weights": lambda: show_weights(workspace, run_id),
    },
)
