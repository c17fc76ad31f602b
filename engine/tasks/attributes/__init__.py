"""A product's category and attribute values, from its text."""

from engine.tasks.classify import UNTUNED_TWINS
from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(
    order=30,
    page="catalog",
    icon="inventory_2",
    untuned_twins=UNTUNED_TWINS | {"tuned_keyword": "frozen_tfidf_keyword"},
)
