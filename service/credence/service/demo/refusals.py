"""What the service refuses, each with the exact answer that the protocol promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.circuits.wire import Presentation
from credence.sdk import Decision, Onboarding, Verifier
from credence.sdk.calls import perform
from credence.sdk.calls import verifier as calls
from credence.sdk.calls.verifier import OpenSession
from credence.sdk.errors import CannotSatisfy
from credence.service.auth import Scope, revoke
from credence.service.demo.cast import MAX_AGE, NORTH, SOUTH, VOLUME, Holder, Venue
from credence.service.demo.expect import expect, expect_error, expect_problem
from credence.service.demo.report import Journal
from credence.service.demo.steps import VENUE_SCOPES, accepted
from credence.service.demo.world import World
from credence.service.sandbox.clients import new_client, new_key

_SIGNATURE: Final = 3 * 48
"""Bytes of the points that a proof begins with: those of the first credential's signature."""

REVOKER: Final = "revoker.example"

MARGIN: Final = 60
"""Seconds before the end of a credential's last day that a proof is made, and after it that it arrives."""


def replay(world: World, journal: Journal) -> None:
    """A presentation that was accepted is sent again, byte for byte."""
    holder, venue = world.first_holder, world.venues[NORTH]
    opened = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
    presentation = holder.wallet.present(opened.request, audience=venue.audience)
    send = calls.present(presentation)
    accepted(world, journal, holder, venue, perform(world.service.transport, send))
    problem = expect_problem("bad-nonce", 409, lambda: perform(world.service.transport, send))
    journal.decided("verifier", holder.name, "refused", problem.slug, venue=venue.id, status=problem.status)
    journal.say(f"409 {problem.slug}: {problem.reason}")


def tamper(world: World, journal: Journal) -> None:
    """A proof with one bit changed, one for another venue's session, one with somebody else's signature in it."""
    holder, venue = world.first_holder, world.venues[NORTH]
    opened = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
    good = holder.wallet.present(opened.request, audience=venue.audience)
    elsewhere = world.venues[SOUTH].verifier.open_session(world.venues[SOUTH].policy_name)
    borrowed = holder.wallet.present(elsewhere.request, audience=world.venues[SOUTH].audience)
    other = next(found for found in world.holders.values() if found is not holder)
    theirs = other.wallet.present(opened.request, audience=venue.audience).proof
    changed = {
        "one bit of the proof": replace(good, proof=good.proof[:-1] + bytes([good.proof[-1] ^ 1])),
        "another venue's proof": replace(good, proof=borrowed.proof),
        "somebody else's signature": replace(good, proof=theirs[:_SIGNATURE] + good.proof[_SIGNATURE:]),
    }
    for what, presentation in changed.items():
        _denied(world, journal, holder, venue, presentation, "not_accepted")
        journal.say(f"{what}: denied, not_accepted, with a signed receipt")
    left = venue.verifier.result(opened.session_id).attempts_left
    accepted(world, journal, holder, venue, perform(world.service.transport, calls.present(good)))
    journal.say(f"the proof itself is then accepted: a false one burns no nonce ({left} attempts were left)")


def revoke_key(world: World, journal: Journal) -> None:
    """A venue's spare API key works, is revoked, and from then on opens nothing; the venue's other key still does."""
    venue, operator = world.venues[SOUTH], world.service.operator
    spare = new_key(operator, venue.id, VENUE_SCOPES)
    verifier = Verifier(world.service.transport, audience=venue.audience, api_key=spare.key, clock=world.clock)
    verifier.open_session(venue.policy_name)
    operator.store("auth").run(lambda session: revoke(session, spare.prefix, now=operator.clock()))
    problem = expect_problem("unauthorized", 401, lambda: verifier.open_session(venue.policy_name))
    venue.verifier.open_session(venue.policy_name)
    journal.decided("auth", venue.id, "refused", problem.slug, venue=venue.id, status=problem.status)
    journal.say(f"401 {problem.slug}: {problem.reason}")


def wait_for_the_last_minute(world: World, journal: Journal) -> None:
    """Moves the demo's clock to the last minute of the credential that expires first."""
    holder = _first_to_expire(world)
    world.move_clock(_end(holder) - MARGIN)
    days = (_end(holder) - world.started_at) // DAY_SECONDS
    journal.say(f"the clock moves {days} days, to the last minute of {holder.name}'s credential")


def expire(world: World, journal: Journal) -> None:
    """A proof made in the last minute is accepted then, and another one that arrives a minute after midnight is not."""
    holder, venue = _first_to_expire(world), world.venues[NORTH]
    sessions = [venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME) for _ in range(2)]
    proofs = [holder.wallet.present(opened.request, audience=venue.audience) for opened in sessions]
    accepted(world, journal, holder, venue, perform(world.service.transport, calls.present(proofs[0])))
    world.move_clock(_end(holder) + MARGIN)
    _denied(world, journal, holder, venue, proofs[1], "policy_not_met")
    journal.say("a minute before midnight: accepted; a minute after: denied, policy_not_met, with a signed receipt")
    later = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
    unable = expect_error(CannotSatisfy, lambda: holder.wallet.present(later.request, audience=venue.audience))
    journal.say(f"the wallet itself now sends nothing: {unable.reason}")


def revoke_credential(world: World, journal: Journal) -> None:
    """The credential that is left is revoked: a proof from before is refused a minute later, and the wallet sends none."""
    holder, venue, operator = _last_to_expire(world), world.venues[NORTH], world.service.operator
    sessions = [venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME) for _ in range(2)]
    proofs = [holder.wallet.present(opened.request, audience=venue.audience) for opened in sessions]
    accepted(world, journal, holder, venue, perform(world.service.transport, calls.present(proofs[0])))
    revoker = Onboarding(world.service.transport, api_key=new_client(operator, REVOKER, [Scope.ISSUER_REVOKE]).key)
    revoked = revoker.revoke("key-lost", attestation_id=holder.held.attestation_id)
    world.move_clock(revoked.revoked_at + MAX_AGE)
    later = world.eventually(lambda: _informed(venue, revoked.index))
    _denied(world, journal, holder, venue, proofs[1], "not_accepted")
    journal.say(f"before it was revoked: accepted; {MAX_AGE} seconds after: denied, not_accepted, with a signed receipt")
    unable = expect_error(CannotSatisfy, lambda: holder.wallet.answer(later.session_id, audience=venue.audience))
    expect("the credential is revoked" in unable.reason, f"the wallet says something else: {unable.reason}")
    expect(venue.verifier.result(later.session_id).state == "open", "the wallet sent something")
    journal.say(f"the wallet finds itself among what was revoked, and sends nothing: {unable.reason}")


def _informed(venue: Venue, index: int) -> OpenSession:
    """A session whose request knows of that many revocations. Raises :class:`StepFailed` while there is none."""
    opened = venue.verifier.open_session(venue.policy_name, volume_30d_usd=VOLUME)
    known = [staple.newest.checkpoint.index for staple in opened.request.staples]
    expect(known == [index], "the verifier has not heard of the revocation")
    return opened


def _denied(world: World, journal: Journal, holder: Holder, venue: Venue, presentation: Presentation, reason: str) -> None:
    decision: Decision = perform(world.service.transport, calls.present(presentation))
    expect(not decision.accepted, "it was accepted")
    expect(decision.reason == reason, f"denied as {decision.reason} instead of {reason}")
    expect(decision.pseudonym is None and decision.terms is None and not decision.disclosed, "a denial tells something")
    receipt = venue.verifier.receipt(decision, world.service.verifier)
    expect(receipt.decision == "denied" and receipt.reason == reason, "the receipt says something else")
    journal.decided("verifier", holder.name, "denied", decision.reason, venue=venue.id)


def _first_to_expire(world: World) -> Holder:
    return min(world.holders.values(), key=lambda holder: holder.held.expiry_epoch)


def _last_to_expire(world: World) -> Holder:
    return max(world.holders.values(), key=lambda holder: holder.held.expiry_epoch)


def _end(holder: Holder) -> int:
    """The first second after the credential's last day."""
    return (holder.held.expiry_epoch * EPOCH_DAYS + 1) * DAY_SECONDS
