import streamlit as st

from pages.ui.frame import link, shell, visit
from pages.ui.frame.i18n import t
from pages.ui.parts.runs import choose_run
from pages.ui.recommend.cold import show_cold
from pages.ui.recommend.many import show_many
from pages.ui.recommend.quality import show_quality
from pages.ui.recommend.rules import show_rules
from pages.ui.recommend.shopper import QUERY, SHOPPER, choose_request
from pages.ui.recommend.wish_list import show_list

VIEWS = ("list", "rules", "cold", "quality", "many")

link.remember(SHOPPER, QUERY, visit.KEY)
workspace = shell.open_page("recommend")
chosen = choose_run(workspace, "interest")
titles = [t(f"recommend.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="recommend_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if not tab.open:
        continue
    with tab:
        match name:
            case "list":
                show_list(choose_request(workspace, chosen))
            case "rules":
                show_rules(choose_request(workspace, chosen))
            case "cold":
                show_cold(workspace, chosen)
            case "quality":
                show_quality(workspace, chosen)
            case "many":
                show_many(workspace, chosen)
