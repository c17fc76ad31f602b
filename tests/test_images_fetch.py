"""Linked pictures: fetched from public addresses only, within limits; against a real server."""

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine.addresses import is_public
from engine.errors import InputError, ShoplabError
from engine.images import address
from engine.images.address import look_up, read_link
from engine.images.fetch import Limits, fetch, fetch_all
from tests.pictures import encoded, product

PICTURE = encoded(product("red"))
DRIP = 0.02
DRIPS = 3


@dataclass
class Site:
    """A server on this machine; `asked` are the paths it was asked for, with the Host header.

    `dripped` is set once it has sent `DRIPS` drops of what never ends, or says nothing at all.
    """

    port: int
    asked: list[tuple[str, str]] = field(default_factory=list)
    dripped: threading.Event = field(default_factory=threading.Event)

    def link(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"

    def limits(self, **changes: object) -> Limits:
        """Limits that let the test reach it."""
        own = {"allowed": lambda found: found.is_loopback, "ports": frozenset({self.port})}
        return Limits(**(own | {"seconds": 120} | changes))  # type: ignore[arg-type]


@pytest.fixture
def site() -> Iterator[Site]:
    about = Site(0)
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            about.asked.append((self.path, self.headers["Host"]))
            kind = re.split(r"[/?]", self.path)[1]
            getattr(self, f"send_{kind}", self.send_missing)()

        def send_picture(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

        def send_cut(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PICTURE) + 5))
            self.end_headers()
            self.wfile.write(PICTURE)

        def send_huge(self) -> None:
            self.send_response(200)
            self.end_headers()
            for _ in range(4000):
                if ended.is_set():
                    return
                self.wfile.write(bytes(1 << 16))

        def send_declared(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(10**12))
            self.end_headers()

        def send_drip(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.drip(b"x")

        def send_headers(self) -> None:
            self.wfile.write(b"HTTP/1.0 200 OK\r\n")
            self.drip(b"X-Y: 1\r\n")

        def drip(self, drop: bytes) -> None:
            drops = 0
            while not ended.wait(DRIP):
                self.wfile.write(drop)
                drops += 1
                if drops == DRIPS:
                    about.dripped.set()

        def send_silence(self) -> None:
            about.dripped.set()
            ended.wait()

        def send_to(self) -> None:
            self.send_response(302)
            self.send_header("Location", self.path.partition("/to/")[2])
            self.end_headers()

        def send_loop(self) -> None:
            self.send_response(301)
            self.send_header("Location", "/loop")
            self.end_headers()

        def send_missing(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    about.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield about
    ended.set()
    server.shutdown()
    server.server_close()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ShoplabError) as caught:
        call()
    assert caught.value.message("en") and caught.value.message("zh")
    return caught.value.code.removeprefix("images.")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What host names lead to, in place of the network's own answer; filled by the test."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: object, **more: object) -> list[tuple[object, ...]]:
        if host in known:
            found = known[host]
            # A list of several answers one after the other, as a name that is bound again does.
            current = found.pop(0) if len(found) > 1 else found[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (current, port))]
        ipaddress.ip_address(host)  # nothing else may be looked up
        return real(host, port, *args, **more)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


def test_a_picture_is_fetched_with_the_name_of_its_host(site, names) -> None:
    names["shop.example"] = ["127.0.0.1"]
    assert fetch(site.link("picture?size=1 a", "shop.example"), site.limits()) == PICTURE
    assert site.asked == [("/picture?size=1%20a", f"shop.example:{site.port}")]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "172.16.3.4", "169.254.169.254",
     "100.64.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]", "2130706433",
     "0x7f.1", "224.0.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "192.0.0.9", "[fec0::1]"],
)  # fmt: skip
def test_private_addresses_are_never_asked(host: str) -> None:
    assert code_of(lambda: fetch(f"http://{host}/x.jpg")) == "private_address"


def test_a_name_that_leads_inside_is_refused_and_never_connected_to(site, names) -> None:
    names["inside.example"] = ["127.0.0.1"]
    link = site.link("picture", "inside.example")
    limits = Limits(ports=frozenset({site.port}))
    assert code_of(lambda: fetch(link, limits)) == "private_address"
    assert site.asked == []


def test_a_redirect_to_a_private_address_is_refused(site) -> None:
    limits = site.limits(ports=frozenset({site.port, 80}))
    for target in ("http://10.1.2.3/x", "http://169.254.169.254/latest", "//192.168.0.1/x"):
        assert code_of(lambda t=target: fetch(site.link(f"to/{t}"), limits)) == "private_address"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "data:image/png;base64,AAAA", "ftp://x/"])
def test_a_redirect_to_another_kind_of_link_is_refused(site, target: str) -> None:
    assert code_of(lambda: fetch(site.link(f"to/{target}"), site.limits())) == "bad_link"


def test_a_redirect_within_the_rules_is_followed(site) -> None:
    assert fetch(site.link("to//picture"), site.limits()) == PICTURE
    assert code_of(lambda: fetch(site.link("loop"), site.limits())) == "too_many_redirects"
    assert len(site.asked) == 2 + 4


def test_the_checked_address_is_the_one_connected_to(site, names) -> None:
    # The second answer would be refused; a second look-up would also be one too many.
    names["rebinding.example"] = ["127.0.0.1", "10.0.0.1"]
    assert fetch(site.link("picture", "rebinding.example"), site.limits()) == PICTURE
    assert names["rebinding.example"] == ["10.0.0.1"]


def test_one_private_answer_among_several_is_enough_to_refuse(monkeypatch) -> None:
    answers = [(2, 1, 6, "", ("93.184.215.14", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    place = read_link("http://both.example/x")
    assert code_of(lambda: look_up(place, is_public, 60)) == "private_address"


def test_a_name_that_does_not_answer_is_given_up(monkeypatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: let_go.wait(20))
    place = read_link("http://slow.example/x")
    assert code_of(lambda: address.look_up(place, is_public, 0.1)) == "unknown_host"
    let_go.set()


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("file:///etc/passwd", "bad_link"),
        ("data:image/png;base64,iVBORw0KGgo=", "bad_link"),
        ("javascript:alert(1)", "bad_link"),
        ("ftp://example.com/x.jpg", "bad_link"),
        ("http:///x.jpg", "bad_link"),
        ("http://[::1", "bad_link"),
        ("http://example.com:99999/x", "bad_link"),
        ("picture.jpg", "bad_link"),
        ("http://user:secret@example.com/x.jpg", "link_with_password"),
        ("http://example.com:22/x.jpg", "unusual_port"),
        ("http://example.com:6379/x.jpg", "unusual_port"),
    ],
)
def test_links_that_are_not_followed(link: str, code: str) -> None:
    assert code_of(lambda: fetch(link)) == code


def test_a_huge_body_is_cut_off(site) -> None:
    limits = site.limits(most_bytes=1_000_000)
    assert code_of(lambda: fetch(site.link("huge"), limits)) == "too_many_bytes"
    assert code_of(lambda: fetch(site.link("declared"), limits)) == "too_many_bytes"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups that take no time: one that takes all of it is told otherwise."""
    monkeypatch.setattr("engine.images.fetch.look_up", lambda *_: ["127.0.0.1"])


@pytest.mark.parametrize("path", ["drip", "headers", "silence"])
def test_a_slow_drip_ends_with_the_time(site, at_once, monkeypatch, path: str) -> None:
    class AfterDrops(threading.Timer):
        def run(self) -> None:
            """Time is over after some drops, however long they took."""
            site.dripped.wait()
            self.function()

    monkeypatch.setattr("engine.images.fetch.threading.Timer", AfterDrops)
    # The site itself never ends these.
    assert code_of(lambda: fetch(site.link(path), site.limits())) == "too_slow"


def test_a_read_that_ends_before_the_timer_is_too_slow_all_the_same(
    site, at_once, monkeypatch
) -> None:
    class Starved(threading.Timer):
        def run(self) -> None:
            """As on a busy machine, where its turn comes too late."""

    monkeypatch.setattr("engine.images.fetch.threading.Timer", Starved)
    assert code_of(lambda: fetch(site.link("silence"), site.limits(seconds=0.1))) == "too_slow"
    assert code_of(lambda: fetch(site.link("cut"), site.limits())) == "no_answer"


def test_what_is_not_there_or_ends_early_is_told(site) -> None:
    assert code_of(lambda: fetch(site.link("nothing"), site.limits())) == "refused"
    assert code_of(lambda: fetch(site.link("cut"), site.limits())) == "no_answer"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    limits = site.limits(ports=frozenset({port}))
    assert code_of(lambda: fetch(f"http://127.0.0.1:{port}/x", limits)) == "no_answer"


def test_a_server_without_a_valid_certificate_is_not_believed(site) -> None:
    link = site.link("picture").replace("http:", "https:")
    assert code_of(lambda: fetch(link, site.limits())) == "not_secure"
    assert site.asked == []


def test_many_are_fetched_each_with_its_outcome(site) -> None:
    links = [site.link("picture"), site.link("nothing"), "file:///x", site.link("picture")]
    found = dict(fetch_all(links, site.limits()))
    assert found[links[0]] == PICTURE
    assert found[links[1]].code == "images.refused"
    assert isinstance(found["file:///x"], InputError)
    assert len(site.asked) == 2


def test_count_and_time_of_all_are_limited(site) -> None:
    links = [site.link(f"picture?{n}") for n in range(9)]
    assert len(list(fetch_all(links, site.limits(count=4)))) == 4
    late = dict(fetch_all(links, site.limits(all_seconds=-1)))
    assert {error.code for error in late.values()} == {"images.no_time_left"}
    assert len(site.asked) == 4


def test_nothing_is_fetched_ahead_of_what_is_taken(site, monkeypatch) -> None:
    begun: list[object] = []

    class Counted(ThreadPoolExecutor):
        def submit(self, *call: object, **more: object):
            begun.append(call)
            return super().submit(*call, **more)

    monkeypatch.setattr("engine.images.fetch.ThreadPoolExecutor", Counted)
    arriving = fetch_all([site.link(f"picture?{n}") for n in range(30)], site.limits(together=2))
    next(arriving)
    arriving.close()
    assert len(begun) == 2
