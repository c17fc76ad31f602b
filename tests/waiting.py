"""Waiting for a state, never for a time; and what something costs, on a busy machine as well."""

import resource
import time
from collections.abc import Callable
from typing import TypeVar

# How long what comes sooner or later is waited for. Only what never comes takes so long.
LONG = 600.0
Found = TypeVar("Found")


def until(look: Callable[[], Found], why: Callable[[], object] = lambda: None) -> Found:
    """What `look` finds, once it finds something; `why` tells more where it never does."""
    deadline = time.monotonic() + LONG
    while not (found := look()):
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)
    return found


def work_seconds() -> float:
    """How long processors have worked for this process, and for its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
