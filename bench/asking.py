"""People who ask a shop over HTTP and give feedback, whatever happens to the server."""

import json
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from bench.room import summarize
from engine.storage.api_keys import ApiKeys
from engine.storage.workspace import Workspace

PEOPLE, PAUSE_SECONDS = 6, 1.0


class People:
    """Ask and give feedback until they are told to stop; every question until it is answered."""

    def __init__(self, server: str, shop: Workspace) -> None:
        with ApiKeys(shop) as keys:
            self._key = keys.create("bench")[1]
        self._url = f"{server}/v1/{shop.name}/"
        self._queries = shop.tables().searches["query"].drop_duplicates().tolist()
        self._products = shop.tables().products["product_id"].tolist()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(PEOPLE)
        ]
        # When each question was put, and the seconds until it was answered.
        self.answered: list[tuple[float, float]] = []
        self.failures: Counter[str] = Counter()
        self.retried = 0
        self.lists: set[str] = set()

    def begin(self) -> None:
        """Ask from now on."""
        for one in self._threads:
            one.start()

    def end(self) -> None:
        """Wait until the last question is answered."""
        self._stop.set()
        for one in self._threads:
            one.join()

    def as_json(self, killed: float) -> dict[str, Any]:
        """Milliseconds until answers that came before and after a moment, and what failed."""
        times = {
            "before": [seconds for at, seconds in self.answered if at + seconds < killed],
            "after": [seconds for at, seconds in self.answered if at + seconds >= killed],
        }
        found: dict[str, Any] = {name: summarize(some) for name, some in times.items()}
        return found | {"failed": dict(self.failures), "asked_again": self.retried}

    def _ask(self, number: int) -> None:
        place = number
        while not self._stop.is_set():
            query = self._queries[place % len(self._queries)]
            self._put("search", [{"query": query, "k": 10}])
            shown = self._products[place % len(self._products) :][:3]
            body = {"visit": f"{number}-{place}", "query": query, "products": shown}
            acts = [{"product_id": shown[0], "event": "click"}]
            self.lists.add(self._put("feedback", body | {"acts": acts})["list"])
            place += PEOPLE
            time.sleep(PAUSE_SECONDS)

    def _put(self, path: str, body: object) -> Any:
        """The answer, asked for again as long as it takes."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = Request(self._url + path, json.dumps(body).encode(), headers)
        started, failed = time.monotonic(), 0
        while True:
            try:
                with urlopen(request, timeout=60) as response:
                    answer = json.load(response)
                break
            except HTTPError as error:
                self.failures[f"{error.code} {_code(error)}".strip()] += 1
            except (URLError, OSError, ValueError) as error:
                reason = getattr(error, "reason", error)
                self.failures[type(reason).__name__] += 1
            failed += 1
            time.sleep(PAUSE_SECONDS)
        self.answered.append((started, time.monotonic() - started))
        self.retried += failed > 0
        return answer


def _code(error: HTTPError) -> str:
    """The code of an answer of Shoplab's own; nothing for one of Ray's."""
    with suppress(ValueError, LookupError, TypeError):
        return str(json.load(error)["error"]["code"])
    return ""
