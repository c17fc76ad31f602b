from pages.ui.frame import link, shell, visit
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.recommend.cold import show_cold
from pages.ui.recommend.many import show_many
from pages.ui.recommend.quality import show_quality
from pages.ui.recommend.rules import show_rules
from pages.ui.recommend.shopper import QUERY, SHOPPER, choose_request
from pages.ui.recommend.wish_list import show_list

link.remember(SHOPPER, QUERY, visit.KEY)
workspace = shell.open_page("recommend")
run = choose_run(workspace, "interest")
show_views(
    "recommend",
    {
        "list": lambda: show_list(choose_request(workspace, run)),
        "rules": lambda: show_rules(choose_request(workspace, run)),
        "cold": lambda: show_cold(workspace, run),
        "quality": lambda: show_quality(workspace, run),
        "many": lambda: show_many(workspace, run),
    },
)
