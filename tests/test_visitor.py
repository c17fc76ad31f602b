"""Who a visitor is, behind proxies too: nobody gets turns by writing other addresses."""

import pytest

from engine.host.visitor import visitor

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "who"),
    [
        # Without a word of the host, whatever is forwarded may be made up.
        (["203.0.113.7"], 0, PROXY),
        (["203.0.113.7"], 1, "203.0.113.7"),
        (["made up, 198.51.100.1, 203.0.113.7"], 1, "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7, 10.0.0.2"], 2, "203.0.113.7"),
        (["203.0.113.7:51234"], 1, "203.0.113.7"),
        (["[2001:db8:1:2:3::9]:443"], 1, "2001:db8:1:2::/64"),
        (["2001:db8:1:2:3::9"], 1, "2001:db8:1:2::/64"),
        ([], 1, PROXY),
        (["203.0.113.7"], 2, PROXY),
        (["unknown"], 1, PROXY),
        ([""], 1, PROXY),
    ],
)
def test_a_visitor_is_whom_the_hosts_own_proxies_saw(
    forwarded: list[str], proxies: int, who: str
) -> None:
    assert visitor(PROXY, forwarded, proxies) == who


def test_a_visitor_without_an_address_keeps_a_name() -> None:
    assert visitor("localhost", [], 0) == "localhost"
    assert visitor("2001:db8::1", [], 0) == "2001:db8::/64"
