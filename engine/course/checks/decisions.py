"""What a team takes from it: ideas with evidence, a case, an experiment, a report."""

from engine.course.checks.base import Check, Count, Finding, counted
from engine.course.work import Work
from engine.evidence.ledger import state
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
        """Look for its file."""
        return _kept(work, "case")


class Plan(Check):
    """An experiment is planned."""

    def look(self, work: Work) -> Finding:
        """Look for its file."""
        return _kept(work, "plan", "experiment")


class Reported(Check):
    """A report was made."""

    def look(self, work: Work) -> Finding:
        """Count the reports."""
        return counted("reported", len(work.acts(REPORTED)), 1)


def _kept(work: Work, name: str, folder: str = "") -> Finding:
    """Whether the folder of a decision holds anything."""
    files = list((work.workspace.folder / (folder or name)).glob("[!.]*"))
    state = "done" if files else "missing"
    return Finding(bool(files), f"course.checks.{name}.{state}", {}, bool(files))
