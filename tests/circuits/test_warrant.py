"""Is a warrant what its authority signed, is its notice public and no more than that, and does a share reach one reader?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.escrow.opening import Part
from credence.circuits.warrant import (
    MAX_LIFETIME,
    Notice,
    Share,
    Warrant,
    lock_part,
    open_warrant,
    sign_warrant,
    unlock_part,
)
from tests.circuits.journey import NOW
from tests.conftest import SeededBytes

KEY = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
READER = 77


def warrant(curve: Curve, **changes: Any) -> Warrant:
    """A warrant of an invented authority."""
    said: dict[str, Any] = {
        "authority": "fiu.example",
        "basis": "section 1 of an invented act",
        "verifier": "verifier.example",
        "receipt": b"r" * 32,
        "presentation": b"p" * 32,
        "policy_hash": b"h" * 32,
        "trustees": "trustees.example/1",
        "purpose": "a court's warrant",
        "E1": (curve.BP1 * 2).to_bytes(),
        "E2": (curve.BP1 * 3).to_bytes(),
        "reader": (curve.BP1 * READER).to_bytes(),
        "identity": KEY.public_key().public_bytes_raw(),
        "issued_at": NOW,
        "expires_at": NOW + 86_400,
        "nonce": b"n" * 32,
    }
    return Warrant(**{**said, **changes})


def test_a_signed_warrant_is_read_and_every_change_to_it_is_refused(curve: Curve) -> None:
    signed = json.loads(json.dumps(sign_warrant(warrant(curve), KEY)))
    assert open_warrant(signed, curve) == warrant(curve)
    other = warrant(curve, basis="another act", purpose="curiosity", verifier="v", authority="x", trustees="t").to_json()
    for name in ("basis", "purpose", "verifier", "authority", "trustees"):
        with pytest.raises(Refused, match="signature is not valid"):
            open_warrant({**signed, "warrant": {**signed["warrant"], name: other[name]}}, curve)
    with pytest.raises(Refused, match="signature is not valid"):
        open_warrant(sign_warrant(warrant(curve), Ed25519PrivateKey.from_private_bytes(b"b" * 32)), curve)


BAD: dict[str, dict[str, Any]] = {
    "longer than 90 days": {"expires_at": NOW + MAX_LIFETIME + 1},
    "ends as it begins": {"expires_at": NOW},
    "E1 is the identity": {"E1": bytes([0xC0]) + bytes(47)},
    "reader is no point": {"reader": bytes(48)},
}


@pytest.mark.parametrize("bad", BAD)
def test_a_warrant_that_is_none_is_malformed(curve: Curve, bad: str) -> None:
    whole = warrant(curve, expires_at=NOW + MAX_LIFETIME)
    assert open_warrant(sign_warrant(whole, KEY), curve) == whole
    with pytest.raises(Malformed):
        open_warrant(sign_warrant(warrant(curve, **BAD[bad]), KEY), curve)


@pytest.mark.parametrize(("now", "why"), [(NOW - 1, "not valid yet"), (NOW + 86_400, "has expired")])
def test_a_warrant_has_its_time(curve: Curve, now: int, why: str) -> None:
    asked = warrant(curve)
    asked.check_time(NOW)
    asked.check_time(NOW + 86_399)
    with pytest.raises(Refused, match=why):
        asked.check_time(now)


def test_a_notice_says_nothing_of_whom_it_is_about(curve: Curve) -> None:
    notice = warrant(curve).notice()
    assert Notice.parse(json.loads(json.dumps(notice.to_json()))) == notice
    assert set(notice.to_json()) == {"type", "authority", "basis", "trustees", "day", "warrant"}
    # who guesses all the rest does not find the digest again: the nonce is drawn for it
    assert notice.warrant != warrant(curve, nonce=b"m" * 32).digest()
    leaves = {notice.leaf(), notice.opening_leaf(), replace(notice, day=notice.day + 1).leaf()}
    assert len(leaves) == 3
    for change in ({"basis": ""}, {"day": -1}, {"extra": 1}, {"warrant": "AA"}):
        with pytest.raises(Malformed):
            Notice.parse({**notice.to_json(), **change})


def test_a_share_is_read_by_the_warrants_reader_alone(curve: Curve, rng: SeededBytes) -> None:
    identity = Ed25519PrivateKey.from_private_bytes(b"t" * 32)
    part = Part(2, (curve.BP1 * 5).to_bytes(), bytes(64))
    share = lock_part(curve, warrant(curve), part, identity, rng)
    share.check(identity.public_key().public_bytes_raw())
    assert unlock_part(curve, Share.parse(json.loads(json.dumps(share.to_json()))), READER) == part
    assert part.point.hex() not in json.dumps(share.to_json())
    with pytest.raises(Refused):
        unlock_part(curve, share, READER + 1)
    for moved in (replace(share, warrant=bytes(32)), replace(share, index=3)):
        with pytest.raises(Refused, match="does not open"):
            unlock_part(curve, moved, READER)
        with pytest.raises(Refused, match="not signed by its trustee"):
            moved.check(identity.public_key().public_bytes_raw())
    with pytest.raises(Refused, match="not signed by its trustee"):
        share.check(KEY.public_key().public_bytes_raw())


@pytest.mark.parametrize("junk", [None, [], {}, {"warrant": {}}, {"warrant": {}, "signature": "AA"}])
def test_junk_is_malformed(curve: Curve, junk: object) -> None:
    for read in (lambda value: open_warrant(value, curve), Share.parse, Notice.parse):
        with pytest.raises(CircuitError):
            read(junk)
