"""Does the test vendor sign as a real one has to, and do its invented persons go the ways they are for?"""

from __future__ import annotations

import pytest

from credence.circuits.credential import day_of
from credence.service.adapters.list_file import read_list
from credence.service.adapters.vendor_jws import VendorJws
from credence.service.demo.persons import LISTED_NAMES, PERSONS, Person
from credence.service.demo.vendor import Vendor
from credence.service.issuer.cases import CaseState, judge
from credence.service.issuer.diligence import load_table
from credence.service.issuer.evidence import EvidenceRefused, Refusal
from credence.service.issuer.screening import ScreeningIndex
from tests.conftest import SeededBytes

NOW = 1_790_000_000
AUDIENCE = "issuer.example"


@pytest.fixture
def vendor(rng: SeededBytes) -> Vendor:
    return Vendor.create(rng)


@pytest.mark.parametrize("person", PERSONS.values(), ids=PERSONS)
def test_a_result_is_believed_by_whoever_has_the_key(vendor: Vendor, person: Person) -> None:
    token = vendor.issue_result(person, AUDIENCE, NOW).encode()
    evidence = VendorJws(AUDIENCE, vendor.vendor_keys).verify(token, NOW)
    assert evidence.full_name == person.full_name
    assert evidence.reference.vendor == "vendor.example"
    assert evidence.valid_until == NOW + 86_460


def test_two_results_for_one_person_differ(vendor: Vendor) -> None:
    person = PERSONS["low-risk"]
    assert vendor.issue_result(person, AUDIENCE, NOW) != vendor.issue_result(person, AUDIENCE, NOW)


def test_another_vendor_is_not_believed(vendor: Vendor, rng: SeededBytes) -> None:
    token = Vendor.create(rng).issue_result(PERSONS["low-risk"], AUDIENCE, NOW).encode()
    with pytest.raises(EvidenceRefused) as caught:
        VendorJws(AUDIENCE, vendor.vendor_keys).verify(token, NOW)
    assert caught.value.refusal is Refusal.FORGED


@pytest.mark.parametrize(
    ("name", "state", "tier"),
    [
        ("low-risk", CaseState.APPROVED, "low"),
        ("enhanced-risk", CaseState.APPROVED, "enhanced"),
        ("for-review", CaseState.REVIEW, "low"),
        ("listed", CaseState.DECLINED, "standard"),
    ],
)
def test_each_person_is_for_one_way(vendor: Vendor, name: str, state: CaseState, tier: str) -> None:
    token = vendor.issue_result(PERSONS[name], AUDIENCE, NOW).encode()
    evidence = VendorJws(AUDIENCE, vendor.vendor_keys).verify(token, NOW)
    assessment = load_table().assess(evidence, day_of(NOW))
    screening = ScreeningIndex([read_list("demo", LISTED_NAMES)]).search(evidence)
    assert assessment.risk_tier == tier
    assert judge(screening, assessment).state is state
