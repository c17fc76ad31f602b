"""What a team takes from it: ideas with evidence, a case, an experiment, a report."""

from engine.case.store import CaseStore
from engine.course.checks.base import Check, Count, Finding, counted
from engine.course.work import Work
from engine.evidence.ledger import state
from engine.experiment.store import PlanStore
from engine.ideas.board import IdeaBoard

REPORTED = "reported"


class Card(Check):
    """Ideas are on the board; with `cited`, each counts only with evidence that still holds."""

    at_least: Count = 1
    cited: bool = True

    def look(self, work: Work) -> Finding:
        """Count the cards, and look at what they cite."""
        cards = [card for card in IdeaBoard(work.workspace).cards() if not card.example]
        if not self.cited:
            return counted("card", len(cards), self.at_least)
        holding = sum(
            any(state(work.workspace, one).valid for one in card.evidence) for card in cards
        )
        if cards and not holding:
            code = "grey" if any(card.evidence for card in cards) else "no_evidence"
            return Finding(False, f"course.checks.card.{code}", {"n": len(cards)}, True)
        return counted("card", holding, self.at_least)


class Case(Check):
    """The business case is filled in."""

    def look(self, work: Work) -> Finding:
        """Look for the case that was saved."""
        return _kept("case", CaseStore(work.workspace).read() is not None)


class Plan(Check):
    """An experiment is planned."""

    def look(self, work: Work) -> Finding:
        """Look for the plan that was saved."""
        return _kept("plan", PlanStore(work.workspace).read() is not None)


class Reported(Check):
    """A report was made."""

    def look(self, work: Work) -> Finding:
        """Count the reports."""
        return counted("reported", len(work.acts(REPORTED)), 1)


def _kept(name: str, there: bool) -> Finding:
    return Finding(there, f"course.checks.{name}.{'done' if there else 'missing'}", {}, there)
