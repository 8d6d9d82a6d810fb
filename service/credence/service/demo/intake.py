"""Persons come to the issuer: two are verified and get a credential, and evidence that proves nothing here is refused; a
listed one is declined, and so is one who is mistyped; two reviewers look at a namesake.

All of them go the one way there is: evidence is verified, the lists are searched, the risk is assessed.
"""

from __future__ import annotations

from typing import Final

from credence.sdk import Case, Evidence
from credence.sdk.calls.reviews import Entry, Proposed
from credence.sdk.errors import InvalidRequest
from credence.service.demo.cast import Holder, OnList
from credence.service.demo.expect import expect, expect_error, expect_problem
from credence.service.demo.pid_provider import PidProvider, pid_bundle
from credence.service.demo.report import Journal, Searched, StepFailed
from credence.service.demo.running import ISSUER
from credence.service.demo.world import World
from credence.service.issuer.evidence import Refusal
from credence.service.sandbox.persons import ENHANCED_RISK, LOW_RISK, PERSONS, Person

PID_TYPE: Final = "eu-pid"
JWS_TYPE: Final = "vendor-jws"

REFUSED: Final = PERSONS["tomasz"].person
"""Whose evidence proves nothing here."""


def start_service(world: World, journal: Journal) -> None:
    """An installation with keys, an SQLite file and migrations; the service on a free port of loopback."""
    world.start()
    journal.say(
        f"{world.service.server.url}, issuer {ISSUER}, lists: {', '.join(found.name for found in journal.lists)}",
        f"evidence that is believed: {JWS_TYPE} by {world.vendor.name}, {PID_TYPE} by a trust list of one provider",
    )


def verify_low_risk(world: World, journal: Journal) -> None:
    """A person of low risk, who shows the PID of an EU wallet in answer to the desk's challenge."""
    held = world.pid_provider.issue(LOW_RISK, world.clock())
    challenge = world.service.onboarding.challenge()
    shown = held.show(challenge.audience, challenge.nonce, world.clock())
    evidence = Evidence(pid_bundle(shown, LOW_RISK), PID_TYPE)
    _verify(world, journal, LOW_RISK, evidence, "low")
    world.answered = challenge.nonce


def verify_enhanced_risk(world: World, journal: Journal) -> None:
    """A person of enhanced risk, for whom a vendor vouches."""
    _verify(world, journal, ENHANCED_RISK, _vouched(world, ENHANCED_RISK), "enhanced")


def refuse_evidence(world: World, journal: Journal) -> None:
    """A PID that was shown to somebody else, one in answer to a challenge that was answered, one by a provider whom nobody
    trusts, and a vendor's result with somebody else's facts in it."""
    challenge, now = world.service.onboarding.challenge(), world.clock()
    own, stranger = world.pid_provider, PidProvider(world.rng, now)
    for provider, audience, nonce, reason in (
        (own, "other.example", challenge.nonce, Refusal.WRONG_AUDIENCE),
        (own, challenge.audience, world.answered, Refusal.REPLAYED),
        (stranger, challenge.audience, challenge.nonce, Refusal.UNTRUSTED),
    ):
        shown = provider.issue(REFUSED, now).show(audience, nonce, now)
        _refused(world, journal, REFUSED, Evidence(pid_bundle(shown, REFUSED), PID_TYPE), reason)
    header, _, signature = world.vendor.issue_result(REFUSED, ISSUER, now).split(".")
    _, claims, _ = world.vendor.issue_result(ENHANCED_RISK, ISSUER, now).split(".")
    _refused(world, journal, REFUSED, Evidence(f"{header}.{claims}.{signature}", JWS_TYPE), Refusal.FORGED)


def decline_listed(world: World, journal: Journal) -> None:
    """Somebody on the list: the case is declined, names the entry, and carries no offer."""
    _declined(world, journal, "the listed applicant", _chosen(world.listed))


def decline_mistyped(world: World, journal: Journal) -> None:
    """Somebody on the list whose name lacks a letter, its words in another order: found all the same, and declined."""
    _declined(world, journal, "the mistyped applicant", _chosen(world.mistyped))


def review_namesake(world: World, journal: Journal) -> None:
    """Somebody else of that name, born on another day, waits for people: one proposes to approve, another one approves."""
    who, listed = "a namesake", _chosen(world.namesake)
    case = _submit(world, journal, who, listed.person, _vouched(world, listed.person))
    expect(case.state == "review" and case.offer is None, f"the case of a namesake is {case.state}")
    _keep(journal, who, case, entry=listed.entry)
    first, second = world.service.onboarding, world.service.second_reviewer
    alone = expect_problem("four-eyes-required", 409, lambda: first.decide(case.case_id, "approve", "false-positive"))
    cleared = [Entry(match.list, match.entry_id) for match in case.matches]
    proposal = first.propose(
        case.case_id, Proposed("approve", "false-positive", "born on another day, as the document shows", cleared=cleared)
    )
    own = expect_problem("four-eyes-required", 409, lambda: first.approve(case.case_id, proposal.proposal_id))
    decided = second.approve(case.case_id, proposal.proposal_id)
    expect(decided.state == "approved" and decided.offer is not None, "the second reviewer's approval did not hold")
    again = expect_problem("conflict", 409, lambda: first.decide(case.case_id, "decline", "second-thoughts"))
    journal.decided("issuer", who, "refused", own.slug, status=own.status)
    _keep(journal, who, decided)
    journal.say(
        *_matches(case),
        f"one reviewer alone: {alone.status} {alone.slug}; and of one's own proposal: {own.status} {own.slug}",
        f"a second reviewer approves what the first one proposed; deciding again is a {again.status} {again.slug}",
    )


def _verify(world: World, journal: Journal, person: Person, evidence: Evidence, risk_tier: str) -> None:
    name = person.given_name
    case = _submit(world, journal, name, person, evidence)
    expect(case.state == "approved" and not case.matches, f"the case is {case.state}: {', '.join(case.reasons)}")
    expect(case.risk_tier == risk_tier, f"the risk tier is {case.risk_tier} instead of {risk_tier}")
    if case.offer is None:
        raise StepFailed("an approved case carries no offer")
    passphrase = world.rng(16).hex()
    wallet = world.new_wallet(name, passphrase)
    held = wallet.receive(case.offer, evidence)
    expect(wallet.credentials == (held,), "the wallet does not hold what it received")
    world.holders[name] = Holder(name, passphrase, wallet, held)
    _keep(journal, name, case)
    journal.say(
        f"verified: {name}, by {evidence.type}",
        f"screened: {len(case.lists)} list{'s' if len(case.lists) > 1 else ''} by {case.matcher}, nothing found",
        f"assessed: level {case.kyc_level}, risk {case.risk_tier} ({', '.join(case.reasons)})",
        "signed blindly: the issuer saw a commitment, never the wallet's secrets",
    )


def _declined(world: World, journal: Journal, who: str, listed: OnList) -> None:
    case = _submit(world, journal, who, listed.person, _vouched(world, listed.person))
    found = [(match.list, match.entry_id) for match in case.matches]
    expect((listed.list, listed.entry_id) in found, "screening did not find the entry")
    expect(case.state == "declined" and case.offer is None, f"the case of a listed person is {case.state}")
    expect(case.reasons == ("sanctions-hit",), "the case was declined for another reason")
    _keep(journal, who, case, entry=listed.entry)
    journal.say(*_matches(case))


def _vouched(world: World, person: Person) -> Evidence:
    return Evidence(world.vendor.issue_result(person, ISSUER, world.clock()), JWS_TYPE)


def _submit(world: World, journal: Journal, who: str, person: Person, evidence: Evidence) -> Case:
    """The case, which was searched for in the lists as they were imported, and in no others."""
    world.remember(person, evidence)
    case = world.service.onboarding.submit(evidence)
    searched = [(found.name, found.version, found.digest) for found in case.lists]
    expect(searched == [(found.name, found.version, found.digest) for found in journal.lists], "other lists were searched")
    journal.searched(Searched(who, evidence.type, case.state, case.matcher, case.matches))
    return case


def _refused(world: World, journal: Journal, person: Person, evidence: Evidence, reason: Refusal) -> None:
    world.remember(person, evidence)
    refused = expect_error(InvalidRequest, lambda: world.service.onboarding.submit(evidence))
    expect(refused.reason.endswith(f"{reason}."), f"expected {reason}, and it was refused otherwise: {refused.reason}")
    journal.decided("issuer", person.given_name, "refused", reason.value, status=refused.status)
    journal.say(f"{refused.status} {refused.slug}: {refused.reason}")


def _keep(journal: Journal, who: str, case: Case, *, entry: str | None = None) -> None:
    journal.decided("issuer", who, case.state, " ".join(case.reasons), entry=entry)


def _chosen(found: OnList | None) -> OnList:
    if found is None:
        raise StepFailed("no list was read")
    return found


def _matches(case: Case) -> list[str]:
    return [f"{case.state}: {match.list} entry {match.entry_id}, {', '.join(match.reasons)}" for match in case.matches]
