"""Feedback of shoppers, real and simulated."""

from typing import Literal

from engine.course.checks.base import Check, Count


class Feedback(Check):
    """Shoppers did something with the lists they were shown: so many acts of these kinds."""

    at_least: Count = 1
    events: tuple[Literal["like", "unlike", "click", "add_to_cart", "purchase"], ...] = (
        "like",
        "click",
        "add_to_cart",
        "purchase",
    )


class Simulated(Check):
    """Simulated shoppers were let loose on so many settings of the strategy."""

    at_least: Count = 1
