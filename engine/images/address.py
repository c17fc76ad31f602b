"""The links of pictures, and the network addresses that their hosts lead to."""

import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from engine.addresses import Address
from engine.errors import InputError, ShoplabError

PORTS = {"http": 80, "https": 443}
_LOOKUPS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="lookup")


@dataclass(frozen=True)
class Place:
    """A link taken apart: `path` is what to ask `host` for, percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_link(link: str) -> Place:
    """Take `link` apart. InputError unless it is a plain http or https link to a default port."""
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError as error:  # UnicodeError of a host name is one
        raise InputError("images.bad_link", link=link) from error
    if parts.scheme not in PORTS or not host:
        raise InputError("images.bad_link", link=link)
    if parts.username is not None or parts.password is not None:
        raise InputError("images.link_with_password", host=host)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    whole = f"{path}?{query}" if query else path
    return Place(parts.scheme, host, port or PORTS[parts.scheme], whole)


def look_up(place: Place, allowed: Callable[[Address], bool], seconds: float) -> list[str]:
    """The addresses of a host, every one of them allowed; the connection has to use these.

    Looking a name up once and connecting to what was checked is what stops a name that answers
    with a public address first and a private one later. Raises InputError when any of its
    addresses is not allowed, ShoplabError when it has none within `seconds`.
    """
    lookup = _LOOKUPS.submit(socket.getaddrinfo, place.host, place.port, type=socket.SOCK_STREAM)
    try:
        found = lookup.result(seconds)
    except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
        raise ShoplabError("images.unknown_host", host=place.host) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not allowed(ipaddress.ip_address(address.partition("%")[0])):
            raise InputError("images.private_address", host=place.host)
    return addresses
