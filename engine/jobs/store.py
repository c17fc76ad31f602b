"""The state of all jobs, written by pages, supervisor and workers as records.

Every write of a worker names its attempt, so that a worker that was given up can't change anything.
"""

import json
import time
from collections.abc import Collection, Mapping
from typing import Any

from engine.errors import InputError
from engine.jobs.job import Event, Job, State
from engine.jobs.kinds import OWN_DEVICES
from engine.jobs.turns import turns
from engine.settings import home
from engine.storage.old_runs import stage_today
from engine.storage.records import RecordKind, RecordPlace, Row, open_records

_SCHEMA = """
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY, workspace TEXT NOT NULL, task TEXT NOT NULL, kind TEXT NOT NULL,
    config TEXT NOT NULL, run_id TEXT NOT NULL, predicted_seconds REAL,
    state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0, device TEXT, attempt INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0, pid INTEGER, pid_started REAL, heartbeat REAL,
    cancel REAL, reason TEXT, reason_params TEXT NOT NULL DEFAULT '{}',
    created REAL NOT NULL, started REAL, finished REAL
);
CREATE UNIQUE INDEX one_job_per_device ON jobs (device) WHERE state = 'running';
CREATE INDEX jobs_by_workspace ON jobs (workspace, started);
CREATE TABLE events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL, attempt INTEGER NOT NULL,
    time REAL NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value REAL, step INTEGER NOT NULL
);
CREATE INDEX events_by_job ON events (job_id, event_id);
"""
_UPGRADES = (
    # Since November 2026 owners take turns.
    """
    ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN queued REAL NOT NULL DEFAULT 0;
    UPDATE jobs SET queued = created;
    """,
)
JOBS = RecordKind("jobs", _SCHEMA, _UPGRADES)


class Store:
    """The jobs of one state folder, or of all that share a database; threads may share it too."""

    def __init__(self) -> None:
        self._records = open_records(RecordPlace(JOBS, home()))

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._records.close()

    def add(
        self,
        job_id: str,
        workspace: str,
        task: str,
        kind: str,
        config: Mapping[str, Any],
        predicted_seconds: float | None = None,
        *,
        owner: str = "",
    ) -> None:
        """Queue a new job of `owner`; its run will have the same id."""
        now = time.time()
        self._records.execute(
            "INSERT INTO jobs (job_id, workspace, task, kind, config, run_id, predicted_seconds,"
            " owner, state, created, queued) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
            job_id,
            workspace,
            task,
            kind,
            json.dumps(dict(config), ensure_ascii=False),
            job_id,
            predicted_seconds,
            owner,
            now,
            now,
        )

    def get(self, job_id: str) -> Job:
        """The job with this id. Raises InputError if there is none."""
        jobs = self._jobs("WHERE job_id = ?", job_id)
        if not jobs:
            raise InputError("jobs.unknown", job=job_id)
        return jobs[0]

    def of_workspace(self, workspace: str | None = None) -> list[Job]:
        """The jobs of a workspace, or all, newest first."""
        order = "ORDER BY created DESC, job_id DESC"
        if workspace is None:
            return self._jobs(order)
        return self._jobs(f"WHERE workspace = ? {order}", workspace)

    def in_state(self, state: State) -> list[Job]:
        """The jobs in `state`, oldest first."""
        return self._jobs("WHERE state = ? ORDER BY created, job_id", state)

    def claim(self, device: str, passed_over: Collection[str] = ()) -> Job | None:
        """Give `device` to the job whose turn it is (`engine.jobs.turns`); None if none waits.

        The jobs with the ids `passed_over` go on waiting. A kind's own device is for it alone, and
        its jobs run nowhere else. Raises Conflict if the device is busy.
        """
        now, own = time.time(), device in OWN_DEVICES.values()
        kinds = [kind for kind, place in OWN_DEVICES.items() if not own or place == device]
        marks = ", ".join("?" * len(kinds))
        while self._records.execute("SELECT 1 FROM jobs WHERE state = 'queued' LIMIT 1"):
            order = turns(
                self._jobs(f"WHERE (kind IN ({marks})) = ? ORDER BY created, job_id", *kinds, own),
                now,
            )
            order = [job for job in order if job.job_id not in passed_over]
            if not order:
                break
            rows = self._records.execute(
                "UPDATE jobs SET state = 'running', device = ?, attempt = attempt + 1, started = ?,"
                " heartbeat = ?, pid = NULL, pid_started = NULL, finished = NULL"
                " WHERE job_id = ? AND state = 'queued' RETURNING *",
                device,
                now,
                now,
                order[0].job_id,
            )
            if rows:
                return _job(rows[0])
        return None

    def register(self, job: Job, pid: int, pid_started: float) -> bool:
        """Store which process runs this attempt; False if another does, or it is over."""
        return self._change(job, "pid = ?, pid_started = ?", pid, pid_started, where="pid IS NULL")

    def beat(self, job: Job) -> bool | None:
        """Renew the lease; True if the user asked for a stop, None if the attempt is over."""
        rows = self._records.execute(
            "UPDATE jobs SET heartbeat = ? WHERE job_id = ? AND attempt = ? AND state = 'running'"
            " RETURNING cancel",
            time.time(),
            job.job_id,
            job.attempt,
        )
        return rows[0]["cancel"] is not None if rows else None

    def show(self, job: Job, stage: str, done: int, total: int) -> None:
        """Store how far the attempt has got."""
        self._change(job, "stage = ?, done = ?, total = ?", stage, done, total)

    def settle(
        self,
        job: Job,
        state: State,
        reason: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> bool:
        """End the attempt in `state`, `queued` for another try; False if it was over before."""
        return self._change(
            job,
            "state = ?, reason = ?, reason_params = ?, finished = ?, crashes = crashes + ?",
            state,
            reason,
            json.dumps(dict(params or {}), ensure_ascii=False, default=str),
            None if state == "queued" else time.time(),
            int(state == "queued"),
        )

    def settle_shared(self, job_id: str) -> bool:
        """End a queued job whose run is there already; False if it is no longer queued."""
        now = time.time()
        return bool(
            self._records.execute(
                "UPDATE jobs SET state = 'done', started = ?, finished = ?"
                " WHERE job_id = ? AND state = 'queued' RETURNING job_id",
                now,
                now,
                job_id,
            )
        )

    def ask_to_stop(self, job_id: str) -> None:
        """Cancel a queued job; ask a running one to stop."""
        now = time.time()
        self._records.execute(
            "UPDATE jobs SET cancel = COALESCE(cancel, ?),"
            " finished = CASE state WHEN 'queued' THEN ? END,"
            " state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END"
            " WHERE job_id = ? AND state IN ('queued', 'running')",
            now,
            now,
            job_id,
        )

    def requeue(self, job_id: str) -> bool:
        """Queue a failed or cancelled job again; False if it is neither."""
        return bool(
            self._records.execute(
                "UPDATE jobs SET state = 'queued', queued = ?, cancel = NULL, reason = NULL,"
                " finished = NULL, reason_params = '{}', crashes = 0"
                " WHERE job_id = ? AND state IN ('failed', 'cancelled') RETURNING job_id",
                time.time(),
                job_id,
            )
        )

    def record(self, job: Job, kind: str, name: str, value: float | None, step: int) -> None:
        """Append an event of this attempt."""
        self._records.execute(
            "INSERT INTO events (job_id, attempt, time, kind, name, value, step)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            job.job_id,
            job.attempt,
            time.time(),
            kind,
            name,
            value,
            step,
        )

    def events(self, job_id: str, after: int = 0) -> list[Event]:
        """The events of a job with an id above `after`, in order."""
        rows = self._records.execute(
            "SELECT * FROM events WHERE job_id = ? AND event_id > ? ORDER BY event_id",
            job_id,
            after,
        )
        return [Event(**{**dict(row), "name": stage_today(row["name"])}) for row in rows]

    def _jobs(self, clause: str, *values: object) -> list[Job]:
        return [_job(row) for row in self._records.execute(f"SELECT * FROM jobs {clause}", *values)]  # noqa: S608

    def _change(self, job: Job, assignments: str, *values: object, where: str = "TRUE") -> bool:
        rows = self._records.execute(
            f"UPDATE jobs SET {assignments} WHERE job_id = ? AND attempt = ?"  # noqa: S608
            f" AND state = 'running' AND {where} RETURNING job_id",
            *values,
            job.job_id,
            job.attempt,
        )
        return bool(rows)


def _job(row: Row) -> Job:
    columns = dict(row)
    decoded = {name: json.loads(columns[name]) for name in ("config", "reason_params")}
    return Job(**columns | decoded)
