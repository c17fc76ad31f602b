"""How much of the server one key may take: requests a second, and requests at the same time."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import ShoplabError
from engine.serving.api.settings import ApiSettings


class TokenBucket:
    """Holds up to `burst` tokens and gains `rate` of them a second; starts full."""

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.filled = float(burst), now

    def take(self, now: float) -> float:
        """Take a token; 0, or the seconds until there is one, and nothing is taken."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


class Limits:
    """The limits of every key, in one process and one event loop."""

    def __init__(self, settings: ApiSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.buckets: dict[str, TokenBucket] = {}
        self.running: Counter[str] = Counter()

    @contextmanager
    def request(self, key_id: str) -> Iterator[None]:
        """Count a request of a key while it is answered.

        Raises ShoplabError `serving.too_fast` or `serving.too_many`.
        """
        settings, now = self.settings, self.clock()
        if self.running[key_id] >= settings.concurrent:
            raise ShoplabError("serving.too_many", most=settings.concurrent)
        if key_id not in self.buckets:
            self.buckets[key_id] = TokenBucket(settings.rate, settings.burst, now)
        if wait := self.buckets[key_id].take(now):
            raise ShoplabError("serving.too_fast", rate=f"{settings.rate:g}", seconds=wait)
        self.running[key_id] += 1
        try:
            yield
        finally:
            self.running[key_id] -= 1
