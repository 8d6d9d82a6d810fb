"""Is an announcement of a tariff version opened only as it was signed?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.announcement import TariffAnnouncement, open_announcement, sign_announcement
from credence.circuits.errors import Malformed, Refused

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SAID = TariffAnnouncement("verifier.example", "perp-default", 2, bytes(32), 1, 1_790_000_000, 1_790_604_800, 604_800)


def signed() -> dict[str, Any]:
    return sign_announcement(SAID, "5f0b1c2d3e4f5061", KEY)


def test_what_is_signed_is_opened() -> None:
    assert open_announcement(signed(), KEY.public_key()) == SAID
    first = replace(SAID, version=1, replaces=None)
    assert open_announcement(sign_announcement(first, "k", KEY), KEY.public_key()) == first
    assert len(SAID.leaf()) == 32
    assert SAID.leaf() != first.leaf()


@pytest.mark.parametrize("name", ["verifier", "name", "version", "digest", "replaces", "announced_at", "activates_at"])
def test_nothing_of_it_can_be_changed(name: str) -> None:
    changed = signed()
    value = changed["announcement"][name]
    changed["announcement"][name] = value + 1 if isinstance(value, int) else ("B" + value[1:])
    with pytest.raises(Refused):
        open_announcement(changed, KEY.public_key())


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(Refused):
        open_announcement(signed(), Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": "2"},
        {"activates_at": 1_789_999_999},
        {"type": "credence/receipt/1"},
        {"more": 1},
        {"digest": "AA"},
    ],
)
def test_what_is_no_announcement(change: dict[str, Any]) -> None:
    value = signed()
    value["announcement"].update(change)
    with pytest.raises(Malformed):
        open_announcement(value, KEY.public_key())
