"""An opening: an authority with a warrant, two trustees of three, the issuer's two reviewers, and everybody who counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from credence.circuits.escrow import handle_base
from credence.circuits.exhibit import Exhibit
from credence.circuits.fields import Json
from credence.circuits.warrant import Finding, Share
from credence.sdk.authority import Authority, fetch_exhibit
from credence.sdk.calls import auditor as calls
from credence.sdk.calls import perform
from credence.sdk.errors import CredenceError
from credence.sdk.refusals import ExhibitRefused, OpeningRefused, WarrantRefused
from credence.sdk.trustee import Grounds, open_handle
from credence.sdk.vault import FLOOR
from credence.service.auth import Role
from credence.service.demo.cast import NORTH
from credence.service.demo.expect import expect
from credence.service.demo.report import Journal, StepFailed
from credence.service.demo.steps import accepted
from credence.service.demo.world import World
from credence.service.sandbox.clients import registered_client

AUTHORITY: Final = "authority.example"
BASIS: Final = "section 17 of an invented act"


def open_by_warrant(world: World, journal: Journal) -> None:
    """Who visited is found by enough trustees with a logged warrant, and by nobody with less; everybody can count it."""
    service, trustees = world.service, world.trustees
    authority = Authority.create(
        world.folder / "authority.keys", AUTHORITY, "an authority of the demo", curve=world.curve, rng=world.rng,
        parameters=FLOOR,
    )  # fmt: skip
    key = registered_client(service.operator, AUTHORITY, Role.AUTHORITY, service.operator.rng).key
    exhibit = _exhibit(world, journal)
    signed = authority.warrant(exhibit, BASIS, trustees.set, service.verifier, [service.issuer], now=world.clock(), days=7)
    grounds = Grounds(
        {AUTHORITY: authority.identity}, [service.issuer], service.verifier, {service.log_vkey: world.auditor()}
    )
    first, _, third = trustees.members
    _refused(WarrantRefused, lambda: open_handle(first, signed, exhibit, grounds, now=world.clock()))
    journal.say("no trustee acts before the warrant is in the log")
    posted = perform(service.transport, calls.post_warrant(signed, key))
    altered = replace(exhibit, presentation=replace(exhibit.presentation, proof=bytes(len(exhibit.presentation.proof))))
    log = world.auditor()
    world.eventually(lambda: log.inclusion(posted.notice.leaf()))
    _refused(ExhibitRefused, lambda: open_handle(first, signed, altered, grounds, now=world.clock()))
    shares = []
    for member in (first, third):
        share = open_handle(member, signed, exhibit, grounds, now=world.clock())
        perform(service.transport, calls.hand_in(share))
        shares.append(share)
    _refused(OpeningRefused, lambda: authority.combine(signed, shares[:1], trustees.set))
    handed: tuple[Share, ...] = perform(service.transport, calls.shares(posted.warrant_id, key))
    finding, point = authority.combine(signed, handed, trustees.set)
    holder = world.first_holder
    handle = handle_base(world.curve) * holder.held.attributes["subject_handle"]
    expect(point == handle.to_bytes(), "the trustees opened another handle")
    journal.say(f"two of {trustees.set.members} trustees opened a handle for {AUTHORITY}, and one alone nothing")
    _find(world, journal, finding, holder.held.attestation_id)
    _count(world, journal)


def _exhibit(world: World, journal: Journal) -> Exhibit:
    """Another visit of the first holder's, and what its venue hands out."""
    holder, venue = world.first_holder, world.venues[NORTH]
    opened = venue.verifier.open_session(venue.policy_name)
    accepted(world, journal, holder, venue, holder.wallet.answer(opened.session_id, audience=venue.audience))
    exhibit = fetch_exhibit(world.service.transport, opened.session_id, venue.key.key, [world.service.issuer])
    log = world.auditor()
    world.eventually(lambda: log.receipt(exhibit.receipt, world.service.verifier))
    return exhibit


def _find(world: World, journal: Journal, finding: Finding, attestation_id: str) -> None:
    """The issuer's people find whose handle it is: two of them."""
    service = world.service
    keys = [service.reviewer_key, service.second_reviewer_key]

    def ask(key: str) -> calls.Subject:
        return perform(service.transport, calls.find_subject(finding, key))

    expect(world.eventually(lambda: ask(keys[0])).attestation_id is None, "one person was told whose handle it is")
    expect(ask(keys[1]).attestation_id == attestation_id, "the issuer found somebody else")
    journal.say("at the issuer two persons found the credential whose handle it is, and one alone did not")


def _count(world: World, journal: Journal) -> None:
    auditor = world.auditor()

    def counted() -> Json:
        found = auditor.openings()
        if found.waiting:
            raise StepFailed("an opening is not in the log yet")
        return {"warrants": found.warrants, "openings": found.openings, **found.by_authority}

    found = world.eventually(counted)
    expect(found == {"warrants": 1, "openings": 1, AUTHORITY: 1}, "the openings are not counted")
    journal.say(f"everybody counts one opening, by {AUTHORITY}, on {BASIS}; the log does not say of whom")


def _refused(kind: type[CredenceError], act: Callable[[], object]) -> None:
    try:
        act()
    except kind:
        return
    raise StepFailed(f"nobody refused what is a {kind.__name__}")
