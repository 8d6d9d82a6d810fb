"""Does the test vendor sign as a real one has to, and do its invented persons go the ways they are for?"""

from __future__ import annotations

import re

import pytest

from credence.circuits.credential import day_of
from credence.circuits.policy import RISK_TIERS
from credence.service.adapters.list_file import read_list
from credence.service.adapters.vendor_jws import VendorJws
from credence.service.issuer.cases import CaseState, judge
from credence.service.issuer.diligence import load_table
from credence.service.issuer.evidence import EvidenceRefused, Refusal
from credence.service.issuer.screening import subject_of
from credence.service.sandbox.persons import LISTED_NAMES, LOW_RISK, PERSONS, Invented, Standing
from credence.service.sandbox.vendor import Vendor
from credence.service.screening.searching import ScreeningIndex
from tests.conftest import SeededBytes

NOW = 1_790_000_000
AUDIENCE = "issuer.example"


@pytest.fixture
def vendor(rng: SeededBytes) -> Vendor:
    return Vendor.create(rng)


@pytest.mark.parametrize("found", PERSONS.values(), ids=PERSONS)
def test_a_result_is_believed_by_whoever_has_the_key(vendor: Vendor, found: Invented) -> None:
    person = found.person
    token = vendor.issue_result(person, AUDIENCE, NOW).encode()
    evidence = VendorJws(AUDIENCE, vendor.vendor_keys).verify(token, NOW)
    assert evidence.full_name == person.full_name
    assert evidence.reference.vendor == "vendor.example"
    assert evidence.valid_until == NOW + 86_460


def test_two_results_for_one_person_differ(vendor: Vendor) -> None:
    person = LOW_RISK
    assert vendor.issue_result(person, AUDIENCE, NOW) != vendor.issue_result(person, AUDIENCE, NOW)


def test_another_vendor_is_not_believed(vendor: Vendor, rng: SeededBytes) -> None:
    token = Vendor.create(rng).issue_result(LOW_RISK, AUDIENCE, NOW).encode()
    with pytest.raises(EvidenceRefused) as caught:
        VendorJws(AUDIENCE, vendor.vendor_keys).verify(token, NOW)
    assert caught.value.refusal is Refusal.FORGED


@pytest.mark.parametrize("found", PERSONS.values(), ids=PERSONS)
def test_each_person_goes_the_way_that_is_said(vendor: Vendor, found: Invented) -> None:
    token = vendor.issue_result(found.person, AUDIENCE, NOW).encode()
    evidence = VendorJws(AUDIENCE, vendor.vendor_keys).verify(token, NOW)
    assessment = load_table().assess(evidence, day_of(NOW))
    screening = ScreeningIndex([read_list("demo", LISTED_NAMES)]).search(subject_of(evidence))
    expected = {Standing.REVIEW: CaseState.REVIEW, Standing.DECLINED: CaseState.DECLINED}
    assert judge(screening, assessment).state is expected.get(found.standing, CaseState.APPROVED)
    said = re.search(r"level (\d), (\w+) risk", found.note)
    assert (said is None) == (found.standing in expected)
    if said:
        assert (str(assessment.kyc_level), assessment.risk_tier) == said.groups()


def test_the_persons_are_of_every_level_and_tier() -> None:
    said = {
        match.groups() for found in PERSONS.values() for match in [re.search(r"level (\d), (\w+) risk", found.note)] if match
    }
    assert {level for level, _ in said} == {"1", "2", "3"}
    assert {tier for _, tier in said} == set(RISK_TIERS)
    assert {found.standing for found in PERSONS.values()} == set(Standing)
