"""Judgments of search results."""

from typing import Annotated

from pydantic import Field

from engine.course.checks.base import Check, Count, Finding, counted
from engine.course.grades import FIRST, GRADES, SECOND, GradeTable, grades_file
from engine.course.work import Work

JUDGED = "judged"


class Judged(Check):
    """Results were judged: so many products, of so many queries, by so many people."""

    at_least: Count = 10
    queries: Count = 1
    people: Count = 1

    def look(self, work: Work) -> Finding:
        """Count judgments, queries and people."""
        labels = work.corrections
        rows = labels[(labels["task"] == "search") & labels["label"].isin(map(str, GRADES))]
        people = {act.person for act in work.acts(JUDGED)}
        if grades_file(work.workspace).is_file():
            with GradeTable(work.workspace) as table:
                for query in table.queries():
                    people |= set(table.grades(query, FIRST).index)
        if len(rows) < self.at_least:
            return counted("judged", len(rows), self.at_least)
        n = rows["input"].nunique()
        if n < self.queries:
            return counted("judged_queries", n, self.queries)
        if self.people > 1 and len(people) < self.people:
            return counted("judged_people", len(people), self.people)
        return counted("judged", len(rows), self.at_least)


class Agreed(Check):
    """People graded the same results blind, saw the disputed products, and graded again.

    Afterwards Krippendorff's alpha must be `alpha` or more.
    """

    people: Count = 2
    alpha: Annotated[float, Field(ge=-1, le=1)] = -1.0

    def look(self, work: Work) -> Finding:
        """See how far the query got that got furthest."""
        if not grades_file(work.workspace).is_file():
            return Finding(False, "course.checks.agreed.missing", {"least": self.people})
        with GradeTable(work.workspace) as table:
            queries = table.queries()
            first = max((table.agreement(one, FIRST).people for one in queries), default=0)
            second = [table.agreement(one, SECOND) for one in queries if table.round(one) >= SECOND]
        if first < self.people:
            return Finding(
                False, "course.checks.agreed.few", {"n": first, "least": self.people}, first > 0
            )
        if not second:
            return Finding(False, "course.checks.agreed.first_round", {}, True)
        enough = [one for one in second if one.people >= self.people]
        if not enough:
            n = max(one.people for one in second)
            values = {"n": n, "least": self.people}
            return Finding(False, "course.checks.agreed.second_round", values, True)
        # All grades alike say nothing of chance, but there is nothing left to argue about.
        best = max(1.0 if one.alpha is None else one.alpha for one in enough)
        code = "done" if best >= self.alpha else "apart"
        texts = {"alpha": f"{best:.2f}", "least": f"{self.alpha:.2f}"}
        return Finding(best >= self.alpha, f"course.checks.agreed.{code}", texts, True)
