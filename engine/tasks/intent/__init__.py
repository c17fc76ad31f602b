"""What a query wants, and which category it means."""

from engine.tasks.classify import UNTUNED_TWINS
from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(order=10, page="intent", icon="psychology", warm=2, untuned_twins=UNTUNED_TWINS)
