"""Copy for products."""

from engine.course.checks.base import Check, Count


class Drafted(Check):
    """Copy was written for so many products; with `claims`, some of it with unsupported claims."""

    at_least: Count = 1
    claims: bool = False
