"""Which products answer a query."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(order=20, page="search", icon="search", warm=1, evaluated_on="judgments")
