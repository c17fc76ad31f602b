from pages.ui.cross_sell.basket import KEY, choose_basket
from pages.ui.cross_sell.network import show_network
from pages.ui.cross_sell.offers import show_bundles
from pages.ui.cross_sell.products import show_list
from pages.ui.cross_sell.quality import show_quality
from pages.ui.cross_sell.view import show_basket
from pages.ui.frame import link, shell
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views

link.remember(KEY)
workspace = shell.open_page("cross_sell")
run = choose_run(workspace, "cross_sell")
show_views(
    "cross_sell",
    {
        "basket": lambda: show_basket(workspace, choose_basket(workspace), run),
        "network": lambda: show_network(workspace),
        "bundles": lambda: show_bundles(workspace),
        "quality": lambda: show_quality(workspace, run),
        "list": lambda: show_list(workspace, run),
    },
)
