"""Copy for products."""

from engine.course.checks.base import Check, Count, Finding, counted
from engine.course.work import Work

DRAFTED = "drafted"


class Drafted(Check):
    """Copy was written for so many products; with `claims`, some of it with unsupported claims."""

    at_least: Count = 1
    claims: bool = False

    def look(self, work: Work) -> Finding:
        """Count the products with a text, and look for unsupported claims."""
        rows = [row for row in work.copy if row.text]
        acts = work.acts(DRAFTED)
        products = {row.product_id for row in rows}
        products |= {str(act.details.get("product")) for act in acts}
        if len(products) < self.at_least:
            return counted("drafted", len(products), self.at_least)
        unsupported = any(row.unsupported for row in rows) or any(
            act.details.get("claims") for act in acts
        )
        if self.claims and not unsupported:
            return Finding(False, "course.checks.drafted.no_claim", {"n": len(products)}, True)
        return counted("drafted", len(products), self.at_least)
