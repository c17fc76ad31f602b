"""Fetching linked pictures: only from public addresses, and within limits of size, time and count.

A proxy of the environment is not used: behind one it could not be said which address is reached.
"""

import http.client
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from urllib.parse import urljoin

import certifi

from engine.addresses import Address, is_public
from engine.errors import InputError, ShoplabError
from engine.images.address import PORTS, Place, look_up, read_link
from engine.images.decode import MOST_BYTES

_HEADERS = {
    "User-Agent": "Shoplab (fetches the product pictures that a shop linked)",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
}
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """What fetching may cost, and whom it may reach.

    `seconds` is for one picture from the look-up of its first host to its last byte, `all_seconds`
    for all of them together.
    """

    most_bytes: int = MOST_BYTES
    seconds: float = 15
    redirects: int = 3
    count: int = 500
    all_seconds: float = 180
    together: int = 6
    allowed: Callable[[Address], bool] = field(default=is_public)
    ports: frozenset[int] = frozenset(PORTS.values())


def fetch_all(
    links: Sequence[str], limits: Limits | None = None
) -> Iterator[tuple[str, bytes | ShoplabError]]:
    """Each of `links` with its content or why there is none, in the order in which they arrive.

    Takes the first `limits.count` distinct ones. What has not begun after `limits.all_seconds` is
    given up.
    """
    bounds = limits or Limits()
    started = time.monotonic()
    wanted = list(dict.fromkeys(links))[: bounds.count]

    def get(link: str) -> bytes | ShoplabError:
        if time.monotonic() - started > bounds.all_seconds:
            return ShoplabError("images.no_time_left", seconds=round(bounds.all_seconds))
        try:
            return fetch(link, bounds)
        except ShoplabError as error:
            return error

    waiting = iter(wanted)
    running: dict[Future[bytes | ShoplabError], str] = {}
    pool = ThreadPoolExecutor(max_workers=bounds.together, thread_name_prefix="picture")
    try:
        # Only so many at a time: what arrives must not pile up in memory before it is taken.
        while True:
            for link in itertools.islice(waiting, bounds.together - len(running)):
                running[pool.submit(get, link)] = link
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(done), done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def fetch(link: str, limits: Limits | None = None) -> bytes:
    """What `link` leads to. Every redirect is checked as the link itself is.

    Raises InputError for a link that must not be followed and for what is too large, ShoplabError
    when the other side does not answer with a picture in time.
    """
    bounds = limits or Limits()
    deadline = time.monotonic() + bounds.seconds
    for _ in range(bounds.redirects + 1):
        place = read_link(link)
        if place.port not in bounds.ports:
            raise InputError("images.unusual_port", host=place.host, port=place.port)
        found = _get(place, bounds, deadline)
        if isinstance(found, bytes):
            return found
        link = urljoin(link, found)
    raise InputError("images.too_many_redirects", host=place.host, most=bounds.redirects)


def _get(place: Place, limits: Limits, deadline: float) -> bytes | str:
    """The body that `place` answers with, or where it sends us to."""
    addresses = look_up(place, limits.allowed, deadline - time.monotonic())
    watch = _Watch(deadline)
    try:
        sock = _connect(place, addresses, watch)
        connection = http.client.HTTPConnection(place.host, place.port)
        connection.sock = sock
        with sock:
            connection.request("GET", place.path, headers={"Host": place.authority, **_HEADERS})
            found = _read(connection.getresponse(), place, limits)
        if watch.over:
            # Without a length, a connection that was cut off looks like one that ended.
            raise TimeoutError
        return found
    except ssl.SSLError as error:
        if watch.over:
            raise _too_slow(place, limits) from error
        raise ShoplabError("images.not_secure", host=place.host) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if watch.over:
            raise _too_slow(place, limits) from error
        raise ShoplabError("images.no_answer", host=place.host) from error
    finally:
        watch.stop()


class _Watch:
    """Cuts a connection off when time is over, however slowly the other side drips."""

    def __init__(self, deadline: float) -> None:
        self.sock: socket.socket | None = None
        self.has_cut = False
        self.deadline = deadline
        self.timer = threading.Timer(max(deadline - time.monotonic(), 0), self._cut)
        self.timer.daemon = True
        self.timer.start()

    @property
    def over(self) -> bool:
        # A read whose time is up may come back before the timer's thread had its turn.
        return self.has_cut or time.monotonic() >= self.deadline

    def guard(self, sock: socket.socket) -> None:
        self.sock = sock
        if self.over:
            raise TimeoutError

    def left(self) -> float:
        return max(self.deadline - time.monotonic(), 0.01)

    def stop(self) -> None:
        self.timer.cancel()

    def _cut(self) -> None:
        self.has_cut = True
        if self.sock is not None:
            try:
                # Of the plain socket: TLS would first say goodbye to someone who does not listen.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return


def _connect(place: Place, addresses: Sequence[str], watch: _Watch) -> socket.socket:
    """A connection to one of the checked addresses, never to the name again."""
    sock = _first_open(place, addresses, watch)
    watch.guard(sock)
    if place.scheme == "http":
        return sock
    try:
        secure = _context().wrap_socket(
            sock, server_hostname=place.host, do_handshake_on_connect=False
        )
        watch.guard(secure)
        secure.do_handshake()
    except BaseException:
        sock.close()
        raise
    return secure


def _first_open(place: Place, addresses: Sequence[str], watch: _Watch) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses:
        if watch.over:
            break
        try:
            return socket.create_connection((address, place.port), timeout=watch.left())
        except OSError as error:
            failure = error
    raise failure


def _context() -> ssl.SSLContext:
    # The system's own authorities, which may hold a company's, and those every machine should know.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _read(response: http.client.HTTPResponse, place: Place, limits: Limits) -> bytes | str:
    if response.status in _REDIRECTS and (target := response.getheader("Location")):
        return target
    if response.status != http.client.OK:
        raise ShoplabError("images.refused", host=place.host, status=response.status)
    if (response.length or 0) > limits.most_bytes:
        raise _too_large(place, limits)
    content = bytearray()
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > limits.most_bytes:
            raise _too_large(place, limits)
    if response.length:
        raise OSError("ended early")
    return bytes(content)


def _too_large(place: Place, limits: Limits) -> InputError:
    return InputError(
        "images.too_many_bytes", name=place.host, limit_mb=limits.most_bytes // 1_000_000
    )


def _too_slow(place: Place, limits: Limits) -> ShoplabError:
    return ShoplabError("images.too_slow", host=place.host, seconds=round(limits.seconds))
