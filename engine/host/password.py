"""The password of the host's page, of which only a few may be tried."""

import hashlib
import hmac
import os
from collections import deque
from threading import Lock

from engine.errors import InputError

VARIABLE = "SHOPLAB_HOST_PASSWORD"
MOST_FAILURES = 5  # of one address
MOST_OF_ALL = 50
WINDOW_SECONDS = 900.0


def is_set() -> bool:
    """Whether there is a password, and so a page for the host."""
    return bool(os.environ.get(VARIABLE))


class Attempts:
    """Checks passwords, and counts the wrong ones of the last 15 minutes by who tried them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures: deque[tuple[float, str]] = deque(maxlen=MOST_OF_ALL)

    def check(self, password: str, who: str, now: float) -> bool:
        """Whether the password is right. Raises InputError after too many that were wrong."""
        with self._lock:
            # Those of later come from before the clock was set back.
            while self._failures and not now - WINDOW_SECONDS <= self._failures[0][0] <= now:
                self._failures.popleft()
            own = sum(name == who for _, name in self._failures)
            if own >= MOST_FAILURES or len(self._failures) >= MOST_OF_ALL:
                raise InputError("host.too_many_attempts", minutes=round(WINDOW_SECONDS / 60))
            expected = os.environ.get(VARIABLE, "")
            # Hashes have one length, so that the time tells nothing of the password's own.
            right = hmac.compare_digest(_hash(password), _hash(expected)) and bool(expected)
            if not right:
                self._failures.append((now, who))
            return right


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
