from engine.storage.runs import run_id_of
from engine.tasks.sentiment.answers import PREDICT
from pages.ui.frame import link, shell
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.sentiment import labels, overview, trends, trust, view, watch
from pages.ui.sentiment.answers import as_input
from pages.ui.training.classifier_quality import show_quality

link.remember(view.KEY)
workspace = shell.open_page("sentiment", "reviews")
run = choose_run(workspace, "sentiment")
run_id = run_id_of(run)
show_views(
    "sentiment",
    {
        "one": lambda: view.show_one(workspace, run.run_id if run else None),
        "overview": lambda: overview.show_overview(workspace, run_id),
        "trends": lambda: trends.show_trends(workspace, run_id),
        "trust": lambda: trust.show_trust(workspace, run_id),
        "watch": lambda: watch.show_watch(workspace, run_id),
        "labels": lambda: labels.show_labels(workspace, run, run_id),
        "quality": lambda: show_quality(workspace, PREDICT, as_input, run),
        "list": lambda: watch.show_list(workspace, run_id),
    },
)
