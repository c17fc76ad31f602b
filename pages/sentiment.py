import streamlit as st

from engine.storage.runs import UNTUNED, Run
from engine.storage.workspace import Workspace
from pages.ui.frame import link, shell
from pages.ui.frame.i18n import t
from pages.ui.parts.runs import choose_run
from pages.ui.sentiment.answers import TASK
from pages.ui.sentiment.overview import show_overview
from pages.ui.sentiment.trends import show_trends
from pages.ui.sentiment.trust import show_trust
from pages.ui.sentiment.view import KEY, show_one
from pages.ui.sentiment.watch import show_list, show_watch
from pages.ui.training.classifier_quality import show_quality

VIEWS = ("one", "overview", "trends", "trust", "watch", "quality", "list")


def show_view(view: str, current: Workspace, run: Run | None) -> None:
    """The chosen view; the newest or chosen run answers, before any the untuned model."""
    whom = run.run_id if run else UNTUNED
    match view:
        case "one":
            show_one(current, run.run_id if run else None)
        case "overview":
            show_overview(current, whom)
        case "trends":
            show_trends(current, whom)
        case "trust":
            show_trust(current, whom)
        case "watch":
            show_watch(current, whom)
        case "quality":
            show_quality(current, TASK, "text", run)
        case "list":
            show_list(current, whom)


link.remember(KEY)
workspace = shell.open_page("sentiment", "reviews")
chosen = choose_run(workspace, TASK)
titles = [t(f"sentiment.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="sentiment_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            show_view(name, workspace, chosen)
