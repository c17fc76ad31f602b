"""Which network addresses belong to the public internet.

A picture's link and a model's endpoint are typed by users, and must not lead a shared server into
its own network.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python's own list lacks, or has in some of its releases only: IANA's special-purpose
# registries as of 2025, and old ways to wrap an IPv4 address in an IPv6 one, which a gateway of the
# network may lead to any machine.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # NAT64 of a network's own, RFC 8215
        "100:0:0:1::/64",  # dummy prefix, RFC 9780
        "2001::/32",  # Teredo, RFC 4380
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
    )
)


def is_public(address: Address) -> bool:
    """Whether `address` belongs to one machine on the public internet.

    An IPv4 address mapped into IPv6 (`::ffff:8.8.8.8`) counts as what it stands for.
    """
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        return is_public(mapped)
    if address.is_multicast or any(address in network for network in _SPECIAL):
        return False
    return address.is_global
