"""Whose turn it is: the order in which jobs get a device, and how long a job will wait.

Owners take turns, and so do the workspaces of an owner. Next is whoever has waited longest: since
their job was queued, or since they last had a device if that was later. So nobody gets ahead by
queueing many jobs, or by spreading them over new workspaces or new addresses.
"""

import heapq
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from engine.jobs.job import Job

# A job that takes longer than was predicted is assumed to need this share of the time once more.
_LATE_SHARE = 0.1


@dataclass(frozen=True)
class Place:
    """A job's place in the queue.

    `ahead` counts the jobs that get a device before it, including those that run now. `seconds` is
    the expected wait, or None if nothing says how long one of those will take.
    """

    ahead: int
    seconds: float | None


def turns(jobs: Sequence[Job], now: float) -> list[Job]:
    """The queued ones of all `jobs`, oldest first, in the order in which they get a device."""
    served: dict[object, float] = defaultdict(float)
    for job in jobs:
        last = now if job.state == "running" else min(job.heartbeat or 0.0, now)
        for who in _who(job):
            served[who] = max(served[who], last)
    waiting = [job for job in jobs if job.state == "queued"]
    order: list[Job] = []
    while waiting:
        job = min(waiting, key=lambda job: _waits_since(job, served))
        waiting.remove(job)
        order.append(job)
        # As if the jobs started one second after the other.
        now += 1
        for who in _who(job):
            served[who] = now
    return order


def place_of(job: Job, jobs: Sequence[Job], now: float) -> Place:
    """The place of a queued `job` among all `jobs`, oldest first."""
    running = [other for other in jobs if other.state == "running"]
    order = [other.job_id for other in turns(jobs, now)]
    by_id = {other.job_id: other for other in jobs}
    before = [by_id[job_id] for job_id in order[: order.index(job.job_id)]]
    remaining = [_remaining(other, jobs, now) for other in running]
    lengths = [_length(other, jobs) for other in before]
    return Place(len(running) + len(before), _wait(remaining, lengths))


def _who(job: Job) -> tuple[object, object]:
    return job.owner, (job.owner, job.workspace)


def _waits_since(job: Job, served: dict[object, float]) -> tuple[float, ...]:
    owner, workspace = (max(served[who], job.queued) for who in _who(job))
    return owner, workspace, job.queued


def _length(job: Job, jobs: Sequence[Job]) -> float | None:
    """How long a job takes by its estimate, else by what such jobs took before."""
    if job.predicted_seconds is not None:
        return job.predicted_seconds
    done = [other for other in jobs if other.state == "done" and other.kind == job.kind]
    similar = [other for other in done if other.task == job.task] or done
    took = [other.finished - other.started for other in similar if other.finished and other.started]
    return statistics.median(took) if took else None


def _remaining(job: Job, jobs: Sequence[Job], now: float) -> float | None:
    length = _length(job, jobs)
    if length is None:
        return None
    return max(length - (now - (job.started or now)), _LATE_SHARE * length)


def _wait(remaining: Sequence[float | None], lengths: Sequence[float | None]) -> float | None:
    """When a device is free, if those that run need `remaining` and `lengths` come before."""
    free = [seconds for seconds in remaining if seconds is not None]
    before = [seconds for seconds in lengths if seconds is not None]
    if len(free) < len(remaining) or len(before) < len(lengths):
        return None
    # As many devices as there are running jobs: a job waits because all of them are busy.
    free = free or [0.0]
    heapq.heapify(free)
    for seconds in before:
        heapq.heapreplace(free, free[0] + seconds)
    return free[0]
