"""What does an issuer ask of evidence in each mode, and what does a case say of the risk?"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from credence.circuits.credential import EPOCH_DAYS
from credence.circuits.wire import Offer
from credence.service.issuer import records
from credence.service.issuer.diligence import SHIPPED, load_table
from credence.service.issuer.evidence import country_codes
from credence.service.sandbox.persons import ENHANCED_RISK, LISTED, LOW_RISK, RECORD
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Mode, Settings
from tests.service.databases import Database
from tests.service.issuer.conftest import ISSUER, World, evidence
from tests.service.issuer.test_intake import problem

DAY = 86_400
CLAIMS = LOW_RISK.claims()


@pytest.fixture(params=[Mode.OBLIGED])
def mode(request: pytest.FixtureRequest) -> Mode:
    return Mode(request.param)


@pytest.fixture
def settings(tmp_path: Path, vendor: Vendor, lists: dict[str, Path], database: Database, mode: Mode) -> Settings:
    return Settings.load(
        data_dir=tmp_path / "data",
        ledger_interval_ms=60,
        limits="all=off",
        issuer_id=ISSUER,
        vendor_keys=vendor.vendor_keys,
        screening_lists=lists,
        mode=mode,
        **database.settings,
    )


@pytest.fixture
def told(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Opens a case with a vendor's result about the low-risk person whose claims are changed; those that are None are left
    out."""

    def opened(**changes: Any) -> Any:
        claims = {**CLAIMS, **changes}
        left = {name: value for name, value in claims.items() if value is not None}
        monkeypatch.setattr("credence.service.sandbox.persons.Person.claims", lambda _: left)
        return world.open(world.token())

    return opened


LACKING = [
    ({"assurance": "basic"}, "low-assurance"),
    ({"source_of_funds": None}, "not-stated"),
    ({"record": None}, "no-record"),
    ({"record": {**RECORD, "years": 4}}, "no-record"),
]


@pytest.mark.parametrize(("changes", "reason"), LACKING)
def test_what_an_obliged_issuer_asks_for(
    world: World, told: Callable[..., Any], changes: dict[str, Any], reason: str
) -> None:
    assert problem(told(**changes), 400, "malformed").endswith(f"{reason}.")
    assert world.rows("issuer_cases") == 0
    assert told(assurance="substantial", product=None, channel=None).status_code == 201


@pytest.mark.parametrize("mode", [Mode.OPEN], indirect=True)
def test_an_open_issuer_asks_for_less(told: Callable[..., Any]) -> None:
    """What is not stated weighs as the worst that could be."""
    for changes, _ in LACKING:
        assert told(**changes).status_code == 201
    silent = told(product=None, channel=None, source_of_funds=None).json()
    assert (silent["mode"], silent["risk_tier"]) == ("open", "standard")
    assert silent["reasons"] == ["product-not-stated", "channel-not-stated", "source-of-funds-not-stated"]


def test_a_case_explains_its_tier_without_a_fact(world: World) -> None:
    opened = world.open(world.token(ENHANCED_RISK)).json()
    read = world.get(f"/cases/{opened['case_id']}", world.operator).json()
    assert {**opened, "offer": None} == read
    assert read["reasons"] == ["residence-standard", "nationality-standard", "pep-yes"]
    weighed = {item["factor"]: (item["value"], item["effect"]) for item in read["factors"]}
    assert weighed["residence"] == ("standard", "3")
    assert weighed["pep"] == ("yes", "enhanced")
    assert weighed["source-of-funds"] == ("salary", "0")
    assert (read["monitoring"], read["review_by"]) == ("close", world.now + 91 * DAY)
    assert (read["mode"], read["diligence"]) == ("obliged", load_table().version)
    assert read["record"] == {"keeper": "archive.example", "reference": "invented-1", "years": 5}
    assert not any(code in json.dumps(read["factors"]) for code in ('"BR"', "BRA", "1974"))


def test_nobody_is_watched_who_was_declined(world: World) -> None:
    declined = world.open(world.token(LISTED)).json()
    assert (declined["state"], declined["monitoring"], declined["review_by"]) == ("declined", None, None)
    assert declined["factors"] != []


def test_what_was_approved_in_an_open_issuer_is_not_issued_by_an_obliged_one(world: World, told: Callable[..., Any]) -> None:
    """The mode is held against the evidence again when the credential is claimed."""
    settings, services = world.running.services.settings, world.running.services
    object.__setattr__(services, "settings", settings.model_copy(update={"mode": Mode.OPEN}))
    told(record=None)
    token = world.token()
    offer = Offer.parse(world.open(token).json()["offer"])
    object.__setattr__(services, "settings", settings)
    request = world.request()
    assert problem(world.claim(offer, request.commitment, token), 400, "malformed").endswith("no-record.")
    assert world.rows("issuer_attestations") == 0
    object.__setattr__(services, "settings", settings.model_copy(update={"mode": Mode.OPEN}))
    assert world.claim(offer, request.commitment, token).status_code == 201


def test_the_credential_has_the_nationality_that_counts(world: World, told: Callable[..., Any], tmp_path: Path) -> None:
    """And has it still, byte for byte, when the table has changed its mind meanwhile."""
    told(nationality=None, nationalities=["DE", "CU", "AT"])
    token = world.token()
    offer, request = Offer.parse(world.open(token).json()["offer"]), world.request()
    first = world.claim(offer, request.commitment, token)
    assert first.json()["attributes"]["nationality"] == str(country_codes()["CU"])
    document = json.loads(SHIPPED.read_text(encoding="utf-8"))
    document["nationality"]["low"].append("CU")
    document["nationality"]["enhanced"].remove("CU")
    document["nationality"]["low"].remove("AT")
    path = tmp_path / "other.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    object.__setattr__(world.desk, "diligence", load_table(path))
    again = world.claim(offer, request.commitment, token)
    assert (again.status_code, again.json()["signature"]) == (200, first.json()["signature"])


def test_a_credential_ends_with_its_document(world: World, told: Callable[..., Any]) -> None:
    told(document={**CLAIMS["document"], "expires_on": "2026-12-31"})  # day 20,818
    token = world.token()
    offer, request = Offer.parse(world.open(token).json()["offer"]), world.request()
    issued = world.claim(offer, request.commitment, token).json()
    last = 20_818 // EPOCH_DAYS
    assert (issued["expiry_epoch"], issued["attributes"]["expires_on"]) == (last, str(last * EPOCH_DAYS))


def test_a_document_that_has_no_room_left_when_it_is_claimed(world: World, told: Callable[..., Any]) -> None:
    """It had when the case was opened; on its last day an epoch begins."""
    told(document={**CLAIMS["document"], "expires_on": "2026-09-24"})
    token = world.vendor.issue_result(LOW_RISK, ISSUER, world.now, lifetime=30 * DAY)
    offer, request = Offer.parse(world.open(token).json()["offer"]), world.request()
    world.running.clock.forward(3 * DAY)
    assert problem(world.claim(offer, request.commitment, token), 400, "malformed").endswith("stale.")
    world.running.clock.forward(-DAY)
    assert world.claim(offer, request.commitment, token).status_code == 201


def test_evidence_that_is_shown_again_names_the_record_anew(world: World, told: Callable[..., Any]) -> None:
    """The mode asks for it again, and the case has the newest."""
    token = world.token()
    offer, request = Offer.parse(world.open(token).json()["offer"]), world.request()
    assert world.claim(offer, request.commitment, token).status_code == 201
    again, path = {**RECORD, "reference": "invented-2", "years": 10}, f"/cases/{offer.case_id}/evidence"
    assert told(record=None).status_code == 400  # another case would not be opened by it, either
    refused = world.post(path, {"evidence": evidence(world.token())}, world.operator)
    assert problem(refused, 400, "malformed").endswith("no-record.")
    told(record=again, pep=True)
    answer = world.post(path, {"evidence": evidence(world.token())}, world.operator)
    assert (answer.status_code, answer.json()["record"]) == (200, again)


def test_no_obliged_case_without_a_record(world: World) -> None:
    """By constraint: whatever writes it."""
    case_id = world.open(world.token()).json()["case_id"]

    def change(session: Session, name: str, value: str | None) -> None:
        case = records.find_case(session, case_id)
        setattr(case, name, value)

    for name in ("record_keeper", "record_reference", "retention_years"):
        with pytest.raises(IntegrityError):
            world.desk.store.run(partial(change, name=name, value=None))
    key = world.running.services.keeping.keys.find(
        world.desk.store.run(partial(records.find_case, case_id=case_id)).subject_key
    )
    sealed = key.seal_text("issuer_cases", "record_reference", case_id, "r-2")
    world.desk.store.run(partial(change, name="record_reference", value=sealed))
    assert world.get(f"/cases/{case_id}", world.operator).json()["record"]["reference"] == "r-2"
