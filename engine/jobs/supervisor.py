"""The supervisor: one detached process per state folder that starts, watches and ends workers.

It never imports torch, outlives the web server, holds a file lock while it works, and exits when it
has been idle for long. Its whole state is in the store, so that a new one can take over from one
that was killed.
"""

import os
import sys
import time
import traceback
from collections.abc import Collection

from engine.jobs.cluster import RayLauncher, configured_cluster
from engine.jobs.job import Job
from engine.jobs.kinds import OWN_DEVICES
from engine.jobs.launcher import Launcher, LocalLauncher
from engine.jobs.store import Store
from engine.jobs.turns import turns
from engine.jobs.twins import leaders, share_run
from engine.storage.lock import release, retake
from engine.storage.printing import survive_full_logs
from engine.storage.records import Conflict
from engine.storage.trouble import DiskTrouble

LEASE_SECONDS = 60.0
IDLE_SECONDS = 600.0
CANCEL_SECONDS = 8.0
RESUMES = 2
TICK_SECONDS = 0.25


class Supervisor:
    """Runs the queue of `store` on the devices of `launcher`."""

    def __init__(self, store: Store, launcher: Launcher, *, idle: float = IDLE_SECONDS) -> None:
        self.store, self.launcher, self.idle = store, launcher, idle
        self._heartbeats: dict[str, tuple[float | None, float]] = {}
        self._interrupted: dict[tuple[str, int], float] = {}

    def run(self, lock: int) -> None:
        """Work until there was nothing to do for `idle` seconds; `lock` is its file lock."""
        last_busy = time.monotonic()
        while time.monotonic() - last_busy < self.idle or not self._may_exit(lock):
            try:
                busy = self.tick()
            except DiskTrouble:
                # A full disk is no reason to leave the jobs alone: the next tick may get through.
                traceback.print_exc()
                busy = True
            if busy:
                last_busy = time.monotonic()
            time.sleep(TICK_SECONDS)

    def tick(self) -> bool:
        """Check every running job and start jobs on free devices; returns whether any job runs."""
        for attempt in self.store.in_state("running"):
            self._watch(attempt)
        running = self.store.in_state("running")
        self.launcher.reap({job.job_id for job in running})
        free = {*self.launcher.devices, *OWN_DEVICES.values()} - {job.device for job in running}
        waiting = self._share() if self.store.in_state("queued") else frozenset()
        claimed = [
            job for device in sorted(free) if (job := self._claim(device, waiting)) is not None
        ]
        for attempt in claimed:
            self._start(attempt)
        return bool(running or claimed)

    def _share(self) -> frozenset[str]:
        """Give queued jobs the runs of twins that are done; the ids of those that wait for a twin.

        What one team of a workshop trained is not trained again for another.
        """
        jobs = self.store.of_workspace()[::-1]
        for job in jobs:
            if job.state == "queued" and share_run(job, jobs):
                self.store.settle_shared(job.job_id)
        running = [job for job in jobs if job.state == "running"]
        return frozenset(leaders([*running, *turns(jobs, time.time())]))

    def _claim(self, device: str, passed_over: Collection[str]) -> Job | None:
        try:
            return self.store.claim(device, passed_over)
        except Conflict:  # by the store's index: the device is busy
            return None

    def _start(self, job: Job) -> None:
        try:
            self.launcher.start(job)
        except OSError as error:
            self._recover(job, "jobs.not_started", why=str(error))

    def _watch(self, job: Job) -> None:
        reason = self.launcher.fate(job)
        if reason:
            self._recover(job, reason)
        elif job.cancel is not None:
            self._stop(job)
        elif self._is_silent(job):
            self.launcher.kill(job)
            self._recover(job, "jobs.hung")

    def _is_silent(self, job: Job) -> bool:
        """Whether the job's heartbeat hasn't changed for longer than the lease."""
        # By a monotonic clock: while the computer sleeps, workers don't beat and don't hang either.
        now = time.monotonic()
        heartbeat, since = self._heartbeats.get(job.job_id, (None, now))
        if heartbeat != job.heartbeat:
            since = now
        self._heartbeats[job.job_id] = (job.heartbeat, since)
        return now - since > LEASE_SECONDS

    def _stop(self, job: Job) -> None:
        """Interrupt the worker of a cancelled job; kill it if it hasn't ended after 8 s."""
        # By a monotonic clock: one that is set back would leave a deaf worker its device.
        now = time.monotonic()
        if (job.job_id, job.attempt) not in self._interrupted:
            self._interrupted[job.job_id, job.attempt] = now
            self.launcher.interrupt(job)
        elif now - self._interrupted[job.job_id, job.attempt] > CANCEL_SECONDS:
            self.launcher.kill(job)
            self._recover(job, "jobs.cancelled")

    def _recover(self, job: Job, reason: str, **params: object) -> None:
        """Settle an attempt whose worker is gone: end the job, or queue it for another attempt."""
        if self.store.get(job.job_id).cancel is not None:
            self.store.settle(job, "cancelled")
        elif reason == "jobs.out_of_memory" or job.crashes >= RESUMES:
            self.store.settle(job, "failed", reason, {"attempts": job.crashes + 1, **params})
        elif self.store.settle(job, "queued"):
            self.store.record(job, "log", reason, None, job.attempt)

    def _may_exit(self, lock: int) -> bool:
        # While this process held the lock nobody else could start a supervisor for a new job.
        release(lock)
        return not self.store.in_state("queued") or not retake(lock)


def main(lock: int) -> None:
    """Run the supervisor of this state folder; `lock` was taken by the process that started it."""
    os.set_inheritable(lock, False)
    survive_full_logs()
    with Store() as store:
        cluster = configured_cluster()
        launcher = RayLauncher(store, cluster) if cluster else LocalLauncher()
        Supervisor(store, launcher).run(lock)


if __name__ == "__main__":
    main(int(sys.argv[1]))
