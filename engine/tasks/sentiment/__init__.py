"""What a review feels."""

from engine.tasks.classify import UNTUNED_TWINS
from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(
    order=40,
    page="sentiment",
    icon="sentiment_satisfied",
    untuned_twins=UNTUNED_TWINS,
    seed_spread=0.028,
)
