"""Where one team stands: exercise, checks, trainings, runs, ideas, and whether it is stuck."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.course.exercise import Exercise
from engine.course.progress import CheckResult, Progress
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.jobs.job import Job
from engine.room.people import Person
from engine.room.workshop import Team
from engine.settings import home
from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace

STUCK_MINUTES = 3.0


@dataclass(frozen=True)
class Standing:
    """A team as it stands now.

    `exercise` is the one that it opened last and `since` when that was (epoch seconds); `results`
    are the checks of that exercise, and `done` the slugs of all that are finished. `jobs` are the
    trainings that wait or run.
    """

    team: Team
    people: tuple[Person, ...]
    exercise: Exercise | None
    since: float | None
    results: tuple[CheckResult, ...]
    done: tuple[str, ...]
    jobs: tuple[Job, ...]
    runs: tuple[Run, ...]
    ideas: tuple[Card, ...]

    @property
    def hand(self) -> float | None:
        """Since when the first hand of the team is up; None if none is."""
        hands = [person.hand for person in self.people if person.hand is not None]
        return min(hands, default=None)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks of the current exercise that do not pass yet."""
        return tuple(result for result in self.results if not result.passed)

    def minutes(self, now: float) -> float:
        """Minutes on the current exercise; 0 without one."""
        return max(now - self.since, 0.0) / 60 if self.since is not None else 0.0

    def minutes_over(self, now: float) -> float:
        """Minutes beyond those that the exercise is meant to take; 0 once it is done."""
        if self.exercise is None or self.exercise.slug in self.done:
            return 0.0
        return max(self.minutes(now) - self.exercise.minutes, 0.0)

    def is_stuck(self, now: float) -> bool:
        """Whether somebody should look after the team."""
        return self.hand is not None or self.minutes_over(now) > STUCK_MINUTES


def stand(
    team: Team, people: Sequence[Person], exercises: Sequence[Exercise], jobs: Sequence[Job]
) -> Standing | None:
    """How `team` stands among `exercises`; None if its workspace was deleted.

    `people` and `jobs` are those of the whole workshop and server.
    """
    workspace = Workspace.read(home() / "workspaces" / team.workspace)
    if workspace is None:
        return None
    progress = Progress(workspace)
    reports = {exercise.slug: progress.of(exercise) for exercise in exercises}
    current = progress.current()
    by_slug: Mapping[str, Exercise] = {exercise.slug: exercise for exercise in exercises}
    exercise = by_slug.get(current[0]) if current else None
    return Standing(
        team,
        tuple(person for person in people if person.team_id == team.team_id),
        exercise,
        current[1] if current and exercise else None,
        reports[exercise.slug].results if exercise else (),
        tuple(slug for slug, report in reports.items() if report.done),
        tuple(job for job in jobs if job.active and job.workspace == team.workspace),
        tuple(list_runs(workspace)),
        IdeaBoard(workspace).cards(),
    )


def stuck_first(standings: Sequence[Standing], now: float) -> tuple[Standing, ...]:
    """Hands first, the longest up before others; then who is most minutes over; then the rest."""

    def rank(standing: Standing) -> tuple[float, float, int]:
        hand = standing.hand if standing.hand is not None else float("inf")
        return hand, -standing.minutes_over(now), standing.team.team_id

    return tuple(sorted(standings, key=rank))
