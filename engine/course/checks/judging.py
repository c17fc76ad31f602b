"""Judgments of search results."""

from typing import Annotated

from pydantic import Field

from engine.course.checks.base import Check, Count


class Judged(Check):
    """Results were judged: so many products, of so many queries, by so many people."""

    at_least: Count = 10
    queries: Count = 1
    people: Count = 1


class Agreed(Check):
    """People graded the same results blind, saw the disputed products, and graded again.

    Afterwards Krippendorff's alpha must be `alpha` or more.
    """

    people: Count = 2
    alpha: Annotated[float, Field(ge=-1, le=1)] = -1.0
