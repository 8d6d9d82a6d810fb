"""The journey where all goes well: venues ask, persons are verified, wallets prove, venues get terms."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from credence.circuits.fields import Json
from credence.sdk import Decision, RegisteredPolicy, Verifier
from credence.sdk.calls import perform
from credence.sdk.calls import verifier as calls
from credence.service.auth import Role, Scope
from credence.service.demo.cast import NORTH, SOUTH, VOLUME, Holder, Venue, north_policy, sealed, south_policy
from credence.service.demo.expect import expect
from credence.service.demo.report import Journal, Priced
from credence.service.demo.running import ISSUER, VERIFIER
from credence.service.demo.world import World
from credence.service.sandbox.clients import registered_client

VENUE_SCOPES: Final = (Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS)


def open_venue(world: World, venue_id: str, policy: Json) -> tuple[Venue, RegisteredPolicy]:
    """A venue that is registered now, with its policy."""
    operator = world.service.operator
    key = registered_client(operator, venue_id, Role.VENUE, operator.rng)
    verifier = Verifier(
        world.service.transport,
        audience=f"{VERIFIER}/{venue_id}",
        api_key=key.key,
        curve=world.curve,
        clock=world.clock,
    )
    return Venue(venue_id, verifier, key, policy), world.register(verifier, policy)


def publish_policies(world: World, journal: Journal) -> None:
    """Two venues are registered and get API keys, and each registers what it asks."""
    trustees = world.trustees
    for venue_id, policy in ((NORTH, north_policy(ISSUER, trustees)), (SOUTH, sealed(south_policy(ISSUER), trustees))):
        world.venues[venue_id], registered = open_venue(world, venue_id, policy)
        journal.say(f"{venue_id} asks ({registered.name}, version {registered.version}):")
        journal.say(*(f"  {line}" for line in registered.explanation))


def visit_venues(world: World, journal: Journal) -> None:
    """Every holder presents at every venue; what a venue will learn is said before anything is proven."""
    hidden: dict[str, str] = {}
    for holder in world.holders.values():
        for venue in world.venues.values():
            opened = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
            meaning = holder.wallet.understand(opened.request)
            decision = holder.wallet.answer(opened.session_id, audience=venue.audience)
            accepted(world, journal, holder, venue, decision)
            journal.priced(Priced(holder.name, venue.id, VOLUME, decision.terms or {}))
            journal.say(f"{holder.name} shows {venue.id}: {'; '.join(meaning.reveals)}")
            hidden[venue.id] = f"hidden from {venue.id}: {'; '.join(meaning.hides)}"
    journal.say(*hidden.values())
    seen = [pseudonym for holder in world.holders.values() for pseudonym in holder.pseudonyms.values()]
    expect(len(set(seen)) == len(world.holders) * len(world.venues), "two visits have the same pseudonym")
    tiers = {decision.risk_tier for decision in world.decisions}
    expect(len(tiers - {None}) == len(world.holders), "the persons were not told apart by their risk tier")
    journal.say(f"{len(seen)} pseudonyms, no two alike: no venue can tell who is at the other")


def visit_again(world: World, journal: Journal) -> None:
    """The wallets are opened from their sealed vaults; each venue knows its visitor again, by pseudonym alone."""
    for holder in world.holders.values():
        holder.wallet = world.open_wallet(holder.name, holder.passphrase)
        for venue in world.venues.values():
            before = holder.pseudonyms[venue.id]
            opened = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
            decision = holder.wallet.answer(opened.session_id, audience=venue.audience)
            accepted(world, journal, holder, venue, decision)
            expect(decision.pseudonym == before, "the pseudonym of a second visit is another one")
            expect(venue.verifier.result(opened.session_id).state == "accepted", "the session is not closed")
    journal.say("each venue saw the pseudonym that it knew")


def check_offline(world: World, journal: Journal) -> None:
    """A venue checks a proof by itself, with the issuer's published document and nothing else; then the service agrees."""
    holder, venue = world.first_holder, world.venues[NORTH]
    opened = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
    began = perf_counter()
    presentation = holder.wallet.present(opened.request, audience=venue.audience)
    proven = perf_counter()
    found = venue.verifier.check(opened.request, presentation, [world.service.issuer])
    checked = perf_counter()
    expect(found.pseudonym == holder.pseudonyms[venue.id], "the pseudonym is another one offline")
    decision = perform(world.service.transport, calls.present(presentation))
    accepted(world, journal, holder, venue, decision)
    expect(found.predicates == decision.predicates, "the service accepted something else than was checked offline")
    journal.say(
        f"a proof of {len(presentation.proof)} bytes, made in {1000 * (proven - began):.0f} ms,"
        f" checked in {1000 * (checked - proven):.0f} ms"
    )


def accepted(world: World, journal: Journal, holder: Holder, venue: Venue, decision: Decision) -> None:
    """Admits a decision and writes it down. Raises :class:`StepFailed` as :func:`admit`."""
    admit(world, holder, venue, decision)
    journal.decided("verifier", holder.name, "accepted", decision.reason, venue=venue.id, pseudonym=decision.pseudonym)


def admit(world: World, holder: Holder, venue: Venue, decision: Decision) -> None:
    """Keeps an accepted decision whose receipt holds, and its pseudonym. Raises :class:`StepFailed` otherwise."""
    expect(decision.accepted, f"{venue.id} denied {holder.name}: {decision.reason}")
    venue.verifier.receipt(decision, world.service.verifier)
    expect(decision.terms is not None, "an accepted decision carries no terms")
    if decision.pseudonym is not None:
        holder.pseudonyms.setdefault(venue.id, decision.pseudonym)
    world.decisions.append(decision)
