"""Whose visit it is: the address of a browser, also behind proxies that the host names."""

import ipaddress
import re
from collections.abc import Sequence

# An address with the port of its connection: `1.2.3.4:5678` or `[2001:db8::1]:5678`.
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")


def visitor(connected: str, forwarded: Sequence[str], proxies: int) -> str:
    """The address that stands for a visitor, who is `connected` from an address.

    `forwarded` are the values of `X-Forwarded-For`. Each of the host's own `proxies` has added whom
    it was asked by at the end; what stands before those, anybody may have written. Of IPv6
    addresses it is the network, since one connection has as many of them as it likes.
    """
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    trusted = hops[-proxies] if 0 < proxies <= len(hops) else connected
    return _network(trusted) or _network(connected) or connected


def _network(address: str) -> str | None:
    if match := _WITH_PORT.fullmatch(address):
        address = match[1] or match[2]
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return None
    if number.version == 4:
        return str(number)
    return str(ipaddress.ip_network((number, 64), strict=False))
