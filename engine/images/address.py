"""Which network addresses a picture may be fetched from: public ones, as they were looked up."""

import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from engine.errors import InputError, ShoplabError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
# A translator of the network's may turn these into any IPv4 address, RFC 6052 and RFC 8215.
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
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


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the public internet, also what is wrapped inside of it."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _TRANSLATED):
            return False
        teredo = address.teredo
        inner = [address.ipv4_mapped, address.sixtofour, *(teredo or ())]
        if any(wrapped is not None and not is_public(wrapped) for wrapped in inner):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


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
