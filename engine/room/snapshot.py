"""What a workshop's pages show, read once every two seconds for all who look at it.

Thirty tabs ask for it every two seconds. All get the same snapshot, and a thread beside them takes
the next one, so that nobody's page waits for it.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from engine.course.reader import read_exercises
from engine.jobs import list_jobs
from engine.jobs.job import TRAININGS, Job
from engine.jobs.turns import turns
from engine.room.ballots import Ballot, latest_ballot
from engine.room.database import hashed
from engine.room.people import Person, people_of
from engine.room.standing import Standing, stand
from engine.room.workshop import Team, Workshop, teams_of, workshop_by_id
from engine.settings import home

LIFETIME_SECONDS = 2.0
# Of workshops that nobody looks at any more, the oldest snapshots go.
_MOST = 50


@dataclass(frozen=True)
class Snapshot:
    """A workshop at one moment, `taken` in epoch seconds.

    `queue` are the trainings of the workshop that run or wait, in their order, and `ahead` counts
    those of others on this server.
    """

    taken: float
    workshop: Workshop
    teams: tuple[Team, ...]
    standings: tuple[Standing, ...]
    ballot: Ballot | None
    queue: tuple[Job, ...]
    ahead: int

    def team(self, team_id: int) -> Team | None:
        """The team with this id."""
        return next((team for team in self.teams if team.team_id == team_id), None)

    def person(self, person_id: str) -> Person | None:
        """Who holds this id in a team of the workshop; None for who has not joined."""
        who = hashed(person_id)
        people = (person for standing in self.standings for person in standing.people)
        return next((person for person in people if person.person == who), None)

    def standing(self, team_id: int) -> Standing | None:
        """How the team with this id stands."""
        return next((one for one in self.standings if one.team.team_id == team_id), None)


class _Entry:
    """The last snapshot of a workshop, and until when it is new and may be shown (monotonic)."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.changes = 0
        self.new_until = 0.0
        self.shown_until = 0.0
        self.snapshot: Snapshot | None = None

    def take(self, workshop_id: str) -> Snapshot | None:
        """The workshop as it is now, unless it was taken while this waited."""
        with self.lock:
            if self.snapshot is None or time.monotonic() >= self.new_until:
                changes = self.changes
                self.snapshot = take_snapshot(workshop_id)
                # What was changed meanwhile may be missing: then the next look takes it again.
                if changes == self.changes:
                    self.new_until = time.monotonic() + LIFETIME_SECONDS
                    self.shown_until = self.new_until + LIFETIME_SECONDS
            return self.snapshot

    def change(self) -> None:
        """Let the next look see what was just changed."""
        self.changes += 1
        self.new_until = self.shown_until = 0.0


_TAKING = ThreadPoolExecutor(1, thread_name_prefix="room-snapshot")
_entries: dict[tuple[str, str], _Entry] = {}
_lock = Lock()


def snapshot_of(workshop_id: str) -> Snapshot | None:
    """The workshop as it was a moment ago, at most twice `LIFETIME_SECONDS`; None without one."""
    entry, now = _entry(workshop_id), time.monotonic()
    if entry.snapshot is None or now >= entry.shown_until:
        return entry.take(workshop_id)
    if now >= entry.new_until and not entry.lock.locked():
        _TAKING.submit(entry.take, workshop_id)
    return entry.snapshot


def refresh(workshop_id: str) -> None:
    """Let the next look see what was just changed."""
    _entry(workshop_id).change()


def take_snapshot(workshop_id: str) -> Snapshot | None:
    """The workshop as it is now; None if there is none."""
    workshop = workshop_by_id(workshop_id)
    if workshop is None:
        return None
    now = time.time()
    teams, people, jobs = teams_of(workshop_id), people_of(workshop_id), list_jobs()
    exercises = [one for one in read_exercises(workshop.language) if one.slug in workshop.exercises]
    standings = [stand(team, people, exercises, jobs) for team in teams]
    own, ahead = _queue(jobs, {team.workspace for team in teams}, now)
    return Snapshot(
        now,
        workshop,
        teams,
        tuple(one for one in standings if one is not None),
        latest_ballot(workshop_id),
        own,
        ahead,
    )


def _queue(jobs: Sequence[Job], workspaces: set[str], now: float) -> tuple[tuple[Job, ...], int]:
    trainings = [job for job in jobs if job.kind in TRAININGS]
    running = [job for job in trainings if job.state == "running"]
    order = [*running, *turns(trainings[::-1], now)]
    own = tuple(job for job in order if job.workspace in workspaces)
    return own, len(order) - len(own)


def _entry(workshop_id: str) -> _Entry:
    with _lock:
        key = (str(home()), workshop_id)
        entry = _entries.pop(key, None) or _Entry()
        _entries[key] = entry
        while len(_entries) > _MOST:
            del _entries[next(iter(_entries))]
        return entry
