"""The supervisor: one detached process a state folder that starts, watches and ends workers.

It never imports torch, outlives the web server, holds a file lock while it works, and leaves after
a long idle. All it knows is in the store, so a new one goes on where a killed one was.
"""

import os
import sqlite3
import sys
import time

from engine.jobs.cluster import RayLauncher, configured_cluster
from engine.jobs.job import Job
from engine.jobs.launcher import Launcher, LocalLauncher
from engine.jobs.store import Store
from engine.storage.lock import release, retake

LEASE_SECONDS = 60.0
IDLE_SECONDS = 600.0
CANCEL_SECONDS = 8.0
RESUMES = 2
TICK_SECONDS = 0.25


class Supervisor:
    """Runs the queue of `store` on the devices of `launcher`."""

    def __init__(self, store: Store, launcher: Launcher, *, idle: float = IDLE_SECONDS) -> None:
        self.store, self.launcher, self.idle = store, launcher, idle
        self._heard: dict[str, tuple[float | None, float]] = {}
        self._interrupted: set[tuple[str, int]] = set()

    def run(self, lock: int) -> None:
        """Work until nothing was to do for `idle` seconds; `lock` is the held file lock."""
        busy = time.monotonic()
        while time.monotonic() - busy < self.idle or not self._leave(lock):
            if self.tick():
                busy = time.monotonic()
            time.sleep(TICK_SECONDS)

    def tick(self) -> bool:
        """Look after every running job and fill the free devices; whether any job runs."""
        for attempt in self.store.in_state("running"):
            self._watch(attempt)
        running = self.store.in_state("running")
        self.launcher.reap({job.job_id for job in running})
        free = set(self.launcher.devices) - {job.device for job in running}
        claimed = [job for device in sorted(free) if (job := self._claim(device)) is not None]
        for attempt in claimed:
            self._start(attempt)
        return bool(running or claimed)

    def _claim(self, device: str) -> Job | None:
        try:
            return self.store.claim(device)
        except sqlite3.IntegrityError:  # the index: this device has a job
            return None

    def _start(self, job: Job) -> None:
        try:
            self.launcher.start(job)
        except OSError as error:
            self._recover(job, "jobs.not_started", why=str(error))

    def _watch(self, job: Job) -> None:
        lost = self.launcher.fate(job)
        if lost:
            self._recover(job, lost)
        elif job.cancel is not None:
            self._stop(job, job.cancel)
        elif self._silent(job):
            self.launcher.kill(job)
            self._recover(job, "jobs.hung")

    def _silent(self, job: Job) -> bool:
        # By this process's own steady clock: a computer that slept has not let its workers hang.
        now = time.monotonic()
        heartbeat, since = self._heard.get(job.job_id, (None, now))
        if heartbeat != job.heartbeat:
            since = now
        self._heard[job.job_id] = (job.heartbeat, since)
        return now - since > LEASE_SECONDS

    def _stop(self, job: Job, asked: float) -> None:
        if (job.job_id, job.attempt) not in self._interrupted:
            self._interrupted.add((job.job_id, job.attempt))
            self.launcher.interrupt(job)
        elif time.time() - asked > CANCEL_SECONDS:
            self.launcher.kill(job)
            self._recover(job, "jobs.cancelled")

    def _recover(self, job: Job, reason: str, **params: object) -> None:
        """End an attempt whose worker is gone: over, or to be resumed from its last checkpoint."""
        if self.store.get(job.job_id).cancel is not None:
            self.store.settle(job, "cancelled")
        elif reason == "jobs.out_of_memory" or job.crashes >= RESUMES:
            self.store.settle(job, "failed", reason, {"attempts": job.crashes + 1, **params})
        elif self.store.settle(job, "queued"):
            self.store.record(job, "log", reason, None, job.attempt)

    def _leave(self, lock: int) -> bool:
        # A job that came while this process held the lock has no one else to run it.
        release(lock)
        return not self.store.in_state("queued") or not retake(lock)


def main(lock: int) -> None:
    """Run the supervisor of this state folder; `lock` was taken by whoever started it."""
    os.set_inheritable(lock, False)
    with Store() as store:
        cluster = configured_cluster()
        launcher = RayLauncher(store, cluster) if cluster else LocalLauncher()
        Supervisor(store, launcher).run(lock)


if __name__ == "__main__":
    main(int(sys.argv[1]))
