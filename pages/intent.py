from engine.storage.runs import run_id_of
from engine.tasks.intent.answers import PREDICT, IntentInput
from pages.ui.frame import link, shell
from pages.ui.frame.i18n import t
from pages.ui.intent.labels import show_labels
from pages.ui.intent.mix import show_mix
from pages.ui.intent.query_list import show_list
from pages.ui.intent.view import show_query
from pages.ui.parts import query_box
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.training.classifier_quality import show_quality

link.remember(query_box.KEY)
workspace = shell.open_page("intent")
query = query_box.ask_for_query(workspace, t("intent.placeholder"))
run = choose_run(workspace, "intent")
run_id = run_id_of(run)
show_views(
    "intent",
    {
        "one": lambda: show_query(workspace, query, run.run_id if run else None),
        "mix": lambda: show_mix(workspace, run_id),
        "labels": lambda: show_labels(workspace, run, run_id),
        "quality": lambda: show_quality(workspace, PREDICT, IntentInput, run),
        "list": lambda: show_list(workspace, run_id),
    },
)
