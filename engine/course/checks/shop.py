"""Which shop a team works on, and what it changed in it."""

from typing import Literal

from engine.course.checks.base import Check, Count


class Loaded(Check):
    """A catalog is there: that of a sample shop, the team's own table, or either."""

    shop: Literal["zh", "en", "own", "any"] = "any"
    at_least: Count = 1


class SwitchedShop(Check):
    """The other sample shop, or a table of the team's own, was loaded or asked as well."""


class Labelled(Check):
    """Labels were set by hand: so many inputs of a task."""

    task: Literal["intent", "attributes", "sentiment"]
    at_least: Count = 5


class Rules(Check):
    """Merchandising rules are in force."""

    at_least: Count = 1
