"""What a review feels."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(order=40, page="sentiment", icon="sentiment_satisfied")
