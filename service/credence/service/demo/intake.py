"""Persons come to the issuer: two are verified and get a credential, a listed one is declined, a namesake is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from credence.sdk import Case
from credence.service.adapters.list_formats import read_any
from credence.service.demo.cast import Holder, OnList
from credence.service.demo.expect import expect, expect_problem
from credence.service.demo.real_input import first_listed
from credence.service.demo.report import Journal, StepFailed
from credence.service.demo.running import ISSUER
from credence.service.demo.world import World
from credence.service.sandbox.persons import ENHANCED_RISK, LISTED, LISTED_NAMES, LOW_RISK, Person

OFAC: Final = "ofac-sdn"
INVENTED: Final = "invented"
"""The screening list's name: the real one, or the one that comes with the demo."""


def read_screening_list(world: World, journal: Journal) -> None:
    """The list, and who will apply under a name that is on it."""
    if world.ofac is None:
        name, path = INVENTED, LISTED_NAMES
    else:
        name, path = OFAC, world.ofac
    found = read_any(name, path)
    listed = first_listed(found)
    person = replace(
        LISTED,
        given_name=listed.given_name,
        family_name=listed.family_name,
        birth_date=listed.birth_date.isoformat(),
    )
    namesake = replace(person, birth_date=listed.other_birth_date.isoformat(), document_number="NS 204417")
    world.lists, world.listed = {name: path}, OnList(name, listed.entry_id, person, namesake)
    journal.say(
        f"{found.version.name}, version {found.version.version}: {len(found.entries)} entries",
        f"an applicant will have the name and birth date of entry {listed.entry_id}",
    )


def start_service(world: World, journal: Journal) -> None:
    """An installation with keys, an SQLite file and migrations; the service on a free port of loopback."""
    world.start()
    journal.say(f"{world.service.server.url}, issuer {ISSUER}, lists: {', '.join(world.lists)}")


def verify_low_risk(world: World, journal: Journal) -> None:
    """A person of low risk."""
    _verify(world, journal, LOW_RISK, "low")


def verify_enhanced_risk(world: World, journal: Journal) -> None:
    """A person of enhanced risk."""
    _verify(world, journal, ENHANCED_RISK, "enhanced")


def decline_listed(world: World, journal: Journal) -> None:
    """Somebody on the list: the case is declined, names the entry, and carries no offer."""
    listed = _listed(world)
    case = _submit(world, listed.person)
    found = [(match.list, match.entry_id) for match in case.matches]
    expect((listed.list, listed.entry_id) in found, "screening did not find the entry")
    expect(case.state == "declined" and case.offer is None, f"the case of a listed person is {case.state}")
    expect(case.reasons == ("sanctions-hit",), "the case was declined for another reason")
    _keep(world, journal, "the listed applicant", case, entry=f"{listed.list} {listed.entry_id}")
    journal.say(*_matches(case))


def review_namesake(world: World, journal: Journal) -> None:
    """Somebody else of that name, born on another day, is neither approved nor declined until a person has looked."""
    listed = _listed(world)
    case = _submit(world, listed.namesake)
    expect(case.state == "review" and case.offer is None, f"the case of a namesake is {case.state}")
    _keep(world, journal, "a namesake", case, entry=f"{listed.list} {listed.entry_id}")
    decided = world.service.onboarding.decide(case.case_id, "decline", "documents-doubtful")
    expect(decided.state == "declined" and decided.offer is None, "the reviewer's decision did not hold")
    again = expect_problem(
        "conflict", 409, lambda: world.service.onboarding.decide(case.case_id, "approve", "second-thoughts")
    )
    _keep(world, journal, "a namesake", decided)
    journal.say(*_matches(case), f"the reviewer declines; deciding again is a {again.status} {again.slug}")


def _verify(world: World, journal: Journal, person: Person, risk_tier: str) -> None:
    name = person.given_name
    token = world.vendor.issue_result(person, ISSUER, world.clock())
    case = _submit(world, person, token)
    expect(case.state == "approved" and not case.matches, f"the case is {case.state}: {', '.join(case.reasons)}")
    expect(case.risk_tier == risk_tier, f"the risk tier is {case.risk_tier} instead of {risk_tier}")
    if case.offer is None:
        raise StepFailed("an approved case carries no offer")
    passphrase = world.rng(16).hex()
    wallet = world.new_wallet(name, passphrase)
    held = wallet.receive(case.offer, token)
    expect(wallet.credentials == (held,), "the wallet does not hold what it received")
    world.holders[name] = Holder(name, passphrase, wallet, held)
    _keep(world, journal, name, case)
    journal.say(
        f"{name}: level {case.kyc_level}, risk {case.risk_tier} ({', '.join(case.reasons)})",
        "signed blindly: the issuer saw a commitment, never the wallet's secrets",
    )


def _submit(world: World, person: Person, token: str | None = None) -> Case:
    token = token or world.vendor.issue_result(person, ISSUER, world.clock())
    world.remember(person, token)
    return world.service.onboarding.submit(token)


def _keep(world: World, journal: Journal, who: str, case: Case, *, entry: str | None = None) -> None:
    reason = " ".join(case.reasons)
    journal.decided("issuer", who, case.state, reason, entry=entry)


def _listed(world: World) -> OnList:
    if world.listed is None:
        raise StepFailed("no list was read")
    return world.listed


def _matches(case: Case) -> list[str]:
    return [f"{case.state}: {match.list} entry {match.entry_id}, {', '.join(match.reasons)}" for match in case.matches]
