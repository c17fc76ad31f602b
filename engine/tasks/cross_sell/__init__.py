"""What goes with a basket."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(
    order=60,
    page="cross_sell",
    icon="shopping_basket",
    evaluated_on="judgments",
    untuned_twins={"tuned": "untuned", "blend_tuned": "blend_untuned"},
)
