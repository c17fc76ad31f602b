"""Feedback of shoppers, real and simulated."""

from typing import Literal

from engine.course.checks.base import Check, CheckSinceOpened, Count, Finding, counted
from engine.course.work import Work

SIMULATED = "simulated"


class Feedback(CheckSinceOpened):
    """Shoppers did something with the lists they were shown: so many acts of these kinds."""

    at_least: Count = 1
    events: tuple[Literal["like", "unlike", "click", "add_to_cart", "purchase"], ...] = (
        "like",
        "click",
        "add_to_cart",
        "purchase",
    )

    def look(self, work: Work) -> Finding:
        """Count the acts."""
        events = work.feedback.loc[work.feedback["time"] >= self.begin(work), "event"]
        n = int(events.isin(self.events).sum())
        if not n and len(events):
            return Finding(False, "course.checks.feedback.other", {"least": self.at_least}, True)
        return counted("feedback", n, self.at_least)


class Simulated(Check):
    """Simulated shoppers were let loose on so many settings of the strategy."""

    at_least: Count = 1

    def look(self, work: Work) -> Finding:
        """Count the settings."""
        settings = {str(sorted(act.details.items())) for act in work.acts(SIMULATED)}
        return counted("simulated", len(settings), self.at_least)
