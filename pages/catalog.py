from engine.tasks.attributes.answers import PREDICT, AttributesInput
from pages.ui.catalog.board import show_board
from pages.ui.catalog.gaps import show_gaps
from pages.ui.catalog.images import show_images
from pages.ui.catalog.own import show_own
from pages.ui.catalog.product import show_product
from pages.ui.frame import shell
from pages.ui.parts.runs import choose_run
from pages.ui.parts.views import show_views
from pages.ui.training.classifier_quality import show_quality

workspace = shell.open_page("catalog")
run = choose_run(workspace, "attributes")
show_views(
    "catalog",
    {
        "board": lambda: show_board(workspace),
        "gaps": lambda: show_gaps(workspace, run),
        "one": lambda: show_product(workspace, run),
        "own": lambda: show_own(workspace, run),
        "pictures": lambda: show_images(workspace),
        "quality": lambda: show_quality(workspace, PREDICT, AttributesInput, run),
    },
)
