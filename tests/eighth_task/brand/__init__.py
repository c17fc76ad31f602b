"""Which brand a product is of, by its title."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(order=80, page="compare", icon="sell")
