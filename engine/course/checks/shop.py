"""Which shop a team works on, and what it changed in it."""

from typing import Literal

from engine.course.checks.base import Check, Count, Finding, counted
from engine.course.work import Work
from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising_file import load_rules

LOADED = "loaded"
OWN = "own"


def shop_of(workspace: Workspace) -> str:
    """The language of the sample shop that is loaded, `OWN` for other tables, "" for none."""
    if "products" not in workspace.about_tables():
        return ""
    return workspace.sample or OWN


class Loaded(Check):
    """A catalog is there: that of a sample shop, the team's own table, or either."""

    shop: Literal["zh", "en", "own", "any"] = "any"
    at_least: Count = 1

    def look(self, work: Work) -> Finding:
        """See which shop it is, and count its products."""
        shop = shop_of(work.workspace)
        if shop and self.shop not in ("any", shop):
            return Finding(False, f"course.checks.loaded.other_{self.shop}", {}, True)
        records = work.workspace.about_tables()
        n = records["products"]["rows"] if shop else 0
        return counted("loaded", n, self.at_least)


class SwitchedShop(Check):
    """A second shop was loaded: the other sample shop, or the team's own."""

    def look(self, work: Work) -> Finding:
        """Count the shops."""
        shops = {shop_of(work.workspace)}
        for act in work.acts(LOADED):
            shops |= {str(act.details.get("shop", "")), str(act.details.get("before", ""))}
        n = len(shops - {""})
        return counted("switched_shop", n, 2)


class Labelled(Check):
    """Labels were set by hand: so many inputs of a task; of attributes, decisions on values."""

    task: Literal["intent", "attributes", "sentiment"]
    at_least: Count = 5

    def look(self, work: Work) -> Finding:
        """Count the inputs with a label, and look for labels of another task."""
        if self.task == "attributes":
            return counted("labelled", len(work.decisions), self.at_least, task=self.task)
        labels = work.corrections
        n = labels.loc[labels["task"] == self.task, "input"].nunique()
        finding = counted("labelled", n, self.at_least, task=self.task)
        others = labels.loc[labels["task"].isin(("intent", "attributes", "sentiment")), "task"]
        if not n and len(others):
            values = {"task": self.task, "task_instead": others.iloc[-1]}
            return Finding(False, "course.checks.labelled.other", values, True)
        return finding


class Rules(Check):
    """Merchandising rules are in force."""

    at_least: Count = 1

    def look(self, work: Work) -> Finding:
        """Count the rules."""
        rules = load_rules(work.workspace)
        n = len(rules.pinned) + len(rules.hidden) + len(rules.boosts) + rules.in_stock
        return counted("rules", n, self.at_least)
