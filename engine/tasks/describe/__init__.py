"""Copy from a product's facts, every claim checked."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(
    order=50,
    page="describe",
    icon="edit_note",
    untuned_twins={"tuned": "untuned", "tuned_best": "untuned_best"},
)
