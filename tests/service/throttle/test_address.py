"""Whose address counts, and does a stranger's word about it?"""

from __future__ import annotations

import pytest

from credence.service.settings import Settings
from credence.service.throttle.address import NOBODY, address_of

PROXIES = "10.0.0.0/8,::1"


def counted(peer: str | None, *forwarded: str, proxies: str = PROXIES) -> str:
    scope = {
        "type": "http",
        "client": None if peer is None else (peer, 1),
        "headers": [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded],
    }
    return address_of(scope, Settings.load(trusted_proxies=proxies).trusted_proxies)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["192.0.2.1"], "192.0.2.1"),
        ("::1", ["192.0.2.1"], "192.0.2.1"),
        ("10.1.2.3", ["198.51.100.7, 192.0.2.1"], "192.0.2.1"),  # what stands before it, its client wrote
        ("10.1.2.3", ["192.0.2.1, 10.9.9.9"], "192.0.2.1"),
        ("10.1.2.3", ["198.51.100.7", "192.0.2.1"], "192.0.2.1"),
        ("10.1.2.3", ["10.0.0.7, 10.9.9.9"], "10.0.0.7"),
        ("10.1.2.3", ["192.0.2.1, nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["192.0.2.1:443"], "10.1.2.3"),
        ("10.1.2.3", ["é"], "10.1.2.3"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("192.0.2.9", ["192.0.2.1"], "192.0.2.9"),  # no proxy of ours: not believed
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("::ffff:10.1.2.3", ["192.0.2.1"], "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("10.1.2.3", ["2001:db8:1:2:ffff::1"], "2001:db8:1:2::/64"),
        (None, ["192.0.2.1"], NOBODY),
        ("testclient", ["192.0.2.1"], NOBODY),
    ],
)
def test_the_address_that_counts(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert counted(peer, *forwarded) == expected


def test_by_default_no_header_is_believed() -> None:
    assert counted("127.0.0.1", "192.0.2.1", proxies="") == "127.0.0.1"
    assert counted("127.0.0.1", "192.0.2.1", proxies="127.0.0.1") == "192.0.2.1"
