"""Jobs that survive a closed tab, a crash and a restarted server: submit, watch, cancel, resume."""

from engine.jobs.downloads import download, latest_download
from engine.jobs.exports import Export, read_export, start_export
from engine.jobs.job import Event, Job
from engine.jobs.queue import (
    cancel,
    ensure_supervisor,
    events,
    find_place,
    get_job,
    list_jobs,
    resume,
    submit,
)

__all__ = [
    "Event",
    "Export",
    "Job",
    "cancel",
    "download",
    "ensure_supervisor",
    "events",
    "find_place",
    "get_job",
    "latest_download",
    "list_jobs",
    "read_export",
    "resume",
    "start_export",
    "submit",
]
