"""How the HTTP interface is set up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiSettings:
    """What is served, and how much of it.

    - `workspaces`: the names of those that are served; None for all.
    - `origins`: the web origins whose pages may call the interface from a browser (CORS).
    - `body_bytes`: the largest body of a request; `body_seconds`: how long it may take to arrive.
    - `inputs`: the most inputs of one request.
    - `seconds`: how long an answer may take.
    - `rate`, `burst`: how many requests a second a key has in the long run, and at once after a
      pause.
    - `concurrent`: how many requests of one key are answered at the same time.
    """

    workspaces: frozenset[str] | None = None
    origins: tuple[str, ...] = ()
    body_bytes: int = 1_000_000
    body_seconds: float = 10.0
    inputs: int = 64
    seconds: float = 30.0
    rate: float = 50.0
    burst: int = 100
    concurrent: int = 16
