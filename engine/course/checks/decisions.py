"""What a team takes from it: ideas with evidence, a case, an experiment, a report."""

from engine.course.checks.base import Check, Count


class Card(Check):
    """Ideas are on the board; with `cited`, each counts only with evidence that still holds."""

    at_least: Count = 1
    cited: bool = True


class Case(Check):
    """The business case is filled in."""


class Plan(Check):
    """An experiment is planned."""


class Reported(Check):
    """A report was made."""
