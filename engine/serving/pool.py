"""The threads that answer questions: people's first, and none of them lost to a hung one."""

import os
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any

from engine.settings import cpu_threads

# Most threads wait for a bundle that another asks: so their questions gather.
THREADS_PER_CORE = 4
MOST_IN_BACKGROUND = 2
# With more threads that never came back, the process is ended: whoever starts it starts another.
MOST_LOST = 8
# "Temporary failure", of sysexits.h.
GIVEN_UP = 75


class Ticket:
    """Work that was handed to a pool; `result` is what it gives or raises."""

    def __init__(self, work: Callable[[], Any], background: bool) -> None:
        self.work = work
        self.background = background
        self.result: Future[Any] = Future()
        self.abandoned = False

    @property
    def begun(self) -> bool:
        """Whether a thread works on it, or has."""
        return self.result.running() or self.result.done()


class Pool:
    """Runs work in threads.

    Work in the background waits for everybody's, and takes `MOST_IN_BACKGROUND` threads at most.
    """

    def __init__(self, threads: int = 0) -> None:
        size = threads or THREADS_PER_CORE * max(2, cpu_threads())
        self._changed = Condition()
        self._waiting: deque[Ticket] = deque()
        self._background: deque[Ticket] = deque()
        self._in_background = 0
        self.lost = 0
        for _ in range(size):
            self._start()

    @property
    def waiting(self) -> int:
        """How much work waits for a thread."""
        return len(self._waiting) + len(self._background)

    def submit(self, work: Callable[[], Any], *, background: bool = False) -> Ticket:
        """Have `work` done as soon as a thread is free."""
        ticket = Ticket(work, background)
        with self._changed:
            (self._background if background else self._waiting).append(ticket)
            self._changed.notify_all()
        return ticket

    def abandon(self, ticket: Ticket) -> None:
        """Wait no longer for a ticket; if a thread is stuck in it, another takes its place."""
        with self._changed:
            if ticket.result.cancel() or ticket.result.done() or ticket.abandoned:
                return
            ticket.abandoned = True
            self.lost += 1
            if self.lost > MOST_LOST:
                print("too many questions never ended; starting again", file=sys.stderr, flush=True)
                os._exit(GIVEN_UP)
            self._in_background -= ticket.background
            self._start()
            self._changed.notify_all()

    def _start(self) -> None:
        Thread(target=self._run, name="answer", daemon=True).start()

    def _run(self) -> None:
        while True:
            ticket = self._take()
            if ticket.result.set_running_or_notify_cancel():
                try:
                    ticket.result.set_result(ticket.work())
                except BaseException as error:
                    ticket.result.set_exception(error)
            with self._changed:
                if ticket.abandoned:
                    self.lost -= 1
                    return
                self._in_background -= ticket.background
                self._changed.notify_all()

    def _take(self) -> Ticket:
        with self._changed:
            while True:
                if self._waiting:
                    return self._waiting.popleft()
                if self._background and self._in_background < MOST_IN_BACKGROUND:
                    self._in_background += 1
                    return self._background.popleft()
                self._changed.wait()
