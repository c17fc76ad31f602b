"""One call for what several threads ask at the same time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, get_ident
from typing import Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

POLL_SECONDS = 0.25
MOST = 64


def _go_on() -> None:
    """Wait on."""


class Turn:
    """A lock that says which thread holds it, and whose waiting can be given up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.holder: int | None = None

    @contextmanager
    def taken(self, check: Callable[[], None] = _go_on) -> Iterator[None]:
        """Hold the lock while the block runs; `check` is called while others hold it."""
        while not self._lock.acquire(timeout=POLL_SECONDS):
            check()
        self.holder = get_ident()
        try:
            yield
        finally:
            self.holder = None
            self._lock.release()


@dataclass(eq=False)
class _Request(Generic[Item, Value]):
    """What one thread asks; `called` is set when it has its answers, or has to answer for all."""

    items: Sequence[Item]
    called: Event = field(default_factory=Event)
    values: Sequence[Value] | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether it has its answers, or an error."""
        return self.values is not None or self.error is not None


class Gathering(Generic[Item, Value]):
    """Asks `answer` for many threads: it takes a list of items and gives a value for each.

    One thread answers at a time. What others ask meanwhile gathers, up to `MOST` items, and is
    answered in the next call: nobody waits for company, and a crowd is answered in few calls.
    `turn` is held meanwhile, by the thread whose call it is.
    """

    def __init__(
        self, answer: Callable[[Sequence[Item]], Sequence[Value]], turn: Turn | None = None
    ) -> None:
        self._answer = answer
        self._turn = turn or Turn()
        self._lock = Lock()
        self._waiting: list[_Request[Item, Value]] = []
        self._leader: _Request[Item, Value] | None = None

    def ask(self, items: Sequence[Item], check: Callable[[], None] = _go_on) -> Sequence[Value]:
        """The values of `items`, in their order.

        While it waits for others, `check` is called now and then and may raise to give up. Raises
        what `answer` raises for these items alone.
        """
        request: _Request[Item, Value] = _Request(items)
        with self._lock:
            self._waiting.append(request)
            if self._leader is None:
                self._lead(request)
        try:
            while not request.called.wait(POLL_SECONDS):
                check()
            if not request.done:
                with self._turn.taken(check):
                    self._answer_all(self._gather(request))
        finally:
            self._leave(request)
        if request.error is not None:
            raise request.error
        assert request.values is not None  # noqa: S101 - it has either
        return request.values

    def _gather(self, own: _Request[Item, Value]) -> list[_Request[Item, Value]]:
        """Take `own` and what else there is room for."""
        with self._lock:
            requests, count = [own], len(own.items)
            for other in self._waiting:
                if other is not own and count + len(other.items) <= MOST:
                    requests.append(other)
                    count += len(other.items)
            self._waiting = [one for one in self._waiting if one not in requests]
        return requests

    def _answer_all(self, requests: Sequence[_Request[Item, Value]]) -> None:
        try:
            values = self._answer([item for one in requests for item in one.items])
        except Exception as error:
            if len(requests) == 1:
                requests[0].error = error
                requests[0].called.set()
                return
            # The items of one thread must not spoil the answers of the others.
            for one in requests:
                self._answer_all([one])
            return
        start = 0
        for one in requests:
            one.values = values[start : start + len(one.items)]
            start += len(one.items)
            one.called.set()

    def _lead(self, request: _Request[Item, Value] | None) -> None:
        self._leader = request
        if request is not None:
            request.called.set()

    def _leave(self, request: _Request[Item, Value]) -> None:
        """Withdraw what was not answered; whoever led lets the next thread lead."""
        with self._lock:
            if request in self._waiting:
                self._waiting.remove(request)
            if request is self._leader:
                self._lead(self._waiting[0] if self._waiting else None)
