"""A product's category and attribute values, from its text."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(order=30, page="catalog", icon="inventory_2")
