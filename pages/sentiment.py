from engine.storage.runs import run_id_of
from engine.tasks.sentiment.answers import PREDICT
from pages.ui.frame import link, shell
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.sentiment.answers import as_input
from pages.ui.sentiment.overview import show_overview
from pages.ui.sentiment.trends import show_trends
from pages.ui.sentiment.trust import show_trust
from pages.ui.sentiment.view import KEY, show_one
from pages.ui.sentiment.watch import show_list, show_watch
from pages.ui.training.classifier_quality import show_quality

link.remember(KEY)
workspace = shell.open_page("sentiment", "reviews")
run = choose_run(workspace, "sentiment")
run_id = run_id_of(run)
show_views(
    "sentiment",
    {
        "one": lambda: show_one(workspace, run.run_id if run else None),
        "overview": lambda: show_overview(workspace, run_id),
        "trends": lambda: show_trends(workspace, run_id),
        "trust": lambda: show_trust(workspace, run_id),
        "watch": lambda: show_watch(workspace, run_id),
        "quality": lambda: show_quality(workspace, PREDICT, as_input, run),
        "list": lambda: show_list(workspace, run_id),
    },
)
