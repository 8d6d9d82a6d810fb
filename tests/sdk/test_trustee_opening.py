"""What does a trustee refuse before it makes a part? One thing is wrong in each case, and the twin without it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.circuits.escrow import handle_base
from credence.circuits.exhibit import Exhibit
from credence.circuits.receipt import sign_receipt
from credence.circuits.warrant import Notice, Warrant, sign_warrant
from credence.sdk.authority import Authority
from credence.sdk.calls.verifier import ReceiptKey, VerifierDocument
from credence.sdk.errors import InclusionFailed
from credence.sdk.refusals import ExhibitRefused, OpeningRefused, WarrantRefused
from credence.sdk.trustee import Grounds, Trustee, open_handle
from credence.sdk.trustee.keeping import Keeping, Kept
from credence.sdk.vault import SealParameters
from tests.circuits.escrow.exhibited import PURPOSE, Scene, make_scene
from tests.circuits.journey import ATTRIBUTES, NOW
from tests.conftest import SeededBytes

QUICK = SealParameters(iterations=1, lanes=1, memory_kib=8)
RECEIPTS = Ed25519PrivateKey.from_private_bytes(b"v" * 32)
LOG = "log"


@dataclass
class Log:
    """A log, and the public list that leads to it: both have all but ``without``; ``place`` is where the list has it."""

    without: set[bytes] = field(default_factory=set)
    unlisted: set[bytes] = field(default_factory=set)
    place: int | None = 0

    def inclusion(self, leaf: bytes) -> object:
        if leaf in self.without:
            raise InclusionFailed
        return SimpleNamespace(index=0)

    def listed(self, notice: Notice) -> object:
        if notice.leaf() in self.unlisted:
            raise InclusionFailed
        return SimpleNamespace(entry_index=self.place)


@dataclass
class Office:
    """Three trustees of whom two open, an authority, another one, and what all of them take for true."""

    scene: Scene
    trustees: list[Trustee]
    authority: Authority
    other: Authority
    exhibit: Exhibit
    log: Log
    document: VerifierDocument

    @property
    def grounds(self) -> Grounds:
        known = {each.name: each.identity for each in (self.authority, self.other)}
        logs: Any = {LOG: self.log}
        return Grounds(known, [self.scene.document], self.document, logs)

    def signed(self, authority: Authority | None = None, **changes: Any) -> dict[str, Any]:
        """A warrant, with changes that the authority signed."""
        who = authority or self.authority
        made = who.warrant(
            self.exhibit, "an act", self.scene.made.trustees, self.document, [self.scene.document], now=NOW, days=7
        )
        return sign_warrant(replace(Warrant.parse(made["warrant"]), **changes), who.signing)


@pytest.fixture(scope="module")
def scene(curve: Curve) -> Scene:
    return make_scene(curve, SeededBytes("trustees open"))


@pytest.fixture
def office(scene: Scene, tmp_path: Path, curve: Curve, rng: SeededBytes) -> Office:
    made, trustees = scene.made, []
    for number, identity in enumerate(made.identities, start=1):
        kept = Kept(
            f"trustee {number}", identity.private_bytes_raw(), made.secrets[number - 1],
            made.roster.members[number - 1].to_json(), share=made.shares[number - 1], index=number,
            transcript=made.transcript.to_json(),
        )  # fmt: skip
        keeping = Keeping.create(tmp_path / str(number), kept, "correct horse battery", rng, parameters=QUICK)
        trustees.append(Trustee(keeping, curve, rng))
    keys = RECEIPTS.public_key().public_bytes_raw()
    document = VerifierDocument("verifier.example", {"k": ReceiptKey(keys)}, LOG)
    exhibit = replace(scene.exhibit, receipt=sign_receipt(scene.receipt, RECEIPTS))
    authorities = [
        Authority.create(tmp_path / name, name, "correct horse battery", curve=curve, rng=rng, parameters=QUICK)
        for name in ("authority.example", "other.example")
    ]
    return Office(scene, trustees, *authorities, exhibit, Log(), document)


def test_enough_trustees_open_the_handle_and_one_too_few_nothing(office: Office, curve: Curve) -> None:
    signed = office.signed()
    shares = [open_handle(each, signed, office.exhibit, office.grounds, now=NOW) for each in office.trustees]
    _, point = office.authority.combine(signed, shares[1:], office.scene.made.trustees)
    assert point == (handle_base(curve) * ATTRIBUTES["subject_handle"]).to_bytes()
    for few in (shares[:1], [shares[0], shares[0]]):
        with pytest.raises(OpeningRefused):
            office.authority.combine(signed, few, office.scene.made.trustees)
    with pytest.raises(OpeningRefused):
        office.other.combine(signed, shares, office.scene.made.trustees)
    with pytest.raises(OpeningRefused, match="another warrant"):
        office.authority.combine(office.signed(), shares, office.scene.made.trustees)


WARRANTS: dict[str, tuple[Callable[[Office], dict[str, Any]], int]] = {
    "signature is not valid": (lambda o: {**o.signed(), "signature": "A" * 86}, NOW),
    "not valid yet": (lambda o: o.signed(), NOW - 1),
    "has expired": (lambda o: o.signed(), NOW + 7 * 86_400),
    "for other trustees": (lambda o: o.signed(trustees="trustees.example/1"), NOW),
}


@pytest.mark.parametrize("why", WARRANTS)
def test_a_warrant_that_does_not_hold_is_refused(office: Office, why: str) -> None:
    make, now = WARRANTS[why]
    trustee = office.trustees[0]
    with pytest.raises(WarrantRefused, match=why):
        open_handle(trustee, make(office), office.exhibit, office.grounds, now=now)
    open_handle(trustee, office.signed(), office.exhibit, office.grounds, now=NOW)


def test_a_stranger_is_refused(office: Office) -> None:
    trustee, signed = office.trustees[0], office.signed()
    strangers = replace(office.grounds, authorities={"other.example": office.authority.identity})
    with pytest.raises(WarrantRefused, match="no authority that this trustee knows"):
        open_handle(trustee, signed, office.exhibit, strangers, now=NOW)
    open_handle(trustee, signed, office.exhibit, office.grounds, now=NOW)


@pytest.mark.parametrize("missing", ["warrant", "receipt", "document"])
def test_what_the_log_does_not_have_is_refused(office: Office, missing: str) -> None:
    trustee, signed = office.trustees[0], office.signed()
    leaf = {
        "warrant": Warrant.parse(signed["warrant"]).notice().leaf(),
        "receipt": office.scene.receipt.leaf(),
        "document": office.scene.document.leaf(),
    }[missing]
    office.log.without.add(leaf)
    with pytest.raises((WarrantRefused, InclusionFailed), match="The log does not show"):
        open_handle(trustee, signed, office.exhibit, office.grounds, now=NOW)
    office.log.without.clear()
    open_handle(trustee, signed, office.exhibit, office.grounds, now=NOW)


def test_a_warrant_in_the_log_that_nobody_can_count_is_refused(office: Office) -> None:
    """Its leaf is there, by whatever way it came into the log, and the public list does not lead to it."""
    trustee, signed = office.trustees[0], office.signed()
    office.log.unlisted.add(Warrant.parse(signed["warrant"]).notice().leaf())
    with pytest.raises(WarrantRefused, match="list does not have the warrant"):
        open_handle(trustee, signed, office.exhibit, office.grounds, now=NOW)
    office.log.unlisted.clear()
    for elsewhere in (1, None):
        office.log.place = elsewhere
        with pytest.raises(WarrantRefused, match="another place of the log"):
            open_handle(trustee, signed, office.exhibit, office.grounds, now=NOW)
    office.log.place = 0
    open_handle(trustee, signed, office.exhibit, office.grounds, now=NOW)
    assert [entry["outcome"] for entry in trustee.keeping.entries()] == ["refused"] * 3 + ["opened"]


EXHIBITS: dict[str, Callable[[Office], tuple[dict[str, Any], Exhibit]]] = {
    "altered": lambda o: (
        o.signed(),
        replace(o.exhibit, presentation=replace(o.exhibit.presentation, proof=bytes(len(o.exhibit.presentation.proof)))),
    ),
    "another label": lambda o: (o.signed(purpose="curiosity"), o.exhibit),
    "another seal": lambda o: (o.signed(E1=o.scene.curve.BP1.to_bytes()), o.exhibit),
    "another presentation": lambda o: (o.signed(presentation=bytes(32)), o.exhibit),
    "another policy": lambda o: (o.signed(policy_hash=bytes(32)), o.exhibit),
    "another receipt": lambda o: (o.signed(receipt=bytes(32)), o.exhibit),
    "another verifier": lambda o: (o.signed(verifier="else.example"), o.exhibit),
}


@pytest.mark.parametrize("what", EXHIBITS)
def test_a_presentation_that_is_not_the_warrants_is_refused(office: Office, what: str) -> None:
    trustee = office.trustees[0]
    signed, exhibit = EXHIBITS[what](office)
    with pytest.raises(ExhibitRefused):
        open_handle(trustee, signed, exhibit, office.grounds, now=NOW)
    open_handle(trustee, office.signed(), office.exhibit, office.grounds, now=NOW)


def test_what_was_opened_for_one_is_not_opened_for_another(office: Office) -> None:
    trustee = office.trustees[0]
    open_handle(trustee, office.signed(), office.exhibit, office.grounds, now=NOW)
    open_handle(trustee, office.signed(), office.exhibit, office.grounds, now=NOW)  # the same authority may ask again
    with pytest.raises(OpeningRefused, match="for somebody else"):
        open_handle(trustee, office.signed(office.other), office.exhibit, office.grounds, now=NOW)
    outcomes = [entry["outcome"] for entry in trustee.keeping.entries()]
    assert outcomes == ["opened", "opened", "refused"]


def test_an_authority_signs_no_warrant_for_what_does_not_hold(office: Office) -> None:
    assert Warrant.parse(office.signed()["warrant"]).purpose == PURPOSE
    trustees = replace(office.scene.made.trustees, id="trustees.example/1")
    where = (office.document, [office.scene.document])
    with pytest.raises(ExhibitRefused, match="other trustees"):
        office.authority.warrant(office.exhibit, "an act", trustees, *where, now=NOW)
    with pytest.raises(WarrantRefused):
        office.authority.warrant(office.exhibit, "", office.scene.made.trustees, *where, now=NOW)
