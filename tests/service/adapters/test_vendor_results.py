"""Does a result count only as its vendor's service answers it now, and is every fact there?

The accepted twin of every refused answer is ``answer(vendor)``, which differs from it in what is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from credence.service.adapters.fetching import SourceUnavailable
from credence.service.adapters.vendor_accounts import read_accounts
from credence.service.adapters.vendor_results import VendorResults
from credence.service.errors import InvalidRequest, Misconfigured
from credence.service.issuer.evidence import Assurance, EvidenceRefused, Refusal
from credence.service.issuer.inbox.standing import Notice, NotSigned, Standing
from tests.service.adapters.vendors import (
    CHECKED_AT,
    NOW,
    REFERENCES,
    STATED,
    VENDORS,
    Service,
    answer,
    headers_of,
    message,
    signature,
    standing_in,
    vendor_bundle,
    written_accounts,
)

DAY = 86_400


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with standing_in() as service:
        yield service


@pytest.fixture(scope="module")
def adapters(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, VendorResults]:
    path = written_accounts(tmp_path_factory.mktemp("accounts") / "accounts.json", service.url)
    return {adapter.type: adapter for adapter in read_accounts(path)}


def refusal(adapter: VendorResults, data: bytes, now: int = NOW) -> Refusal:
    with pytest.raises(EvidenceRefused) as caught:
        adapter.verify(data, now)
    return caught.value.refusal


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_facts_are_what_the_service_answers(vendor: str, adapters: dict[str, VendorResults], service: Service) -> None:
    service.give(vendor, answer(vendor))
    service.asked.clear()
    evidence = adapters[vendor].verify(vendor_bundle(vendor), NOW)
    assert (evidence.given_name, evidence.family_name, evidence.birth_date) == ("Erika", "Mustermann", date(1984, 1, 26))
    assert (evidence.document.country, evidence.document.type, evidence.document.number) == ("DE", "passport", "C11T002JM")
    assert (evidence.nationalities, evidence.residence, evidence.assurance) == (("DE",), "DE", Assurance.SUBSTANTIAL)
    assert (evidence.reference.vendor, evidence.reference.id) == (vendor, REFERENCES[vendor])
    assert evidence.valid_until == NOW + 30 * DAY
    assert (evidence.verified_at, evidence.document_until) == (CHECKED_AT, date(2031, 9, 30))
    assert evidence.record is not None
    assert "Muster" not in repr(evidence)
    ((_path, headers),) = service.asked
    assert any("api-token" in value for value in headers.values())


@pytest.mark.parametrize("vendor", VENDORS)
def test_it_is_asked_anew_each_time(vendor: str, adapters: dict[str, VendorResults], service: Service) -> None:
    """An approval that was taken back counts no more when the credential is claimed."""
    adapter, data = adapters[vendor], vendor_bundle(vendor)
    service.give(vendor, answer(vendor))
    adapter.verify(data, NOW)
    service.give(vendor, answer(vendor, "pending"))
    assert refusal(adapter, data) is Refusal.PENDING
    service.give(vendor, answer(vendor, "declined"))
    assert refusal(adapter, data) is Refusal.REVOKED
    service.give(vendor, answer(vendor))
    assert adapter.verify(data, NOW + DAY, received_at=NOW).valid_until == NOW + 30 * DAY
    assert adapter.verify(data, NOW + 30 * DAY - 1, received_at=NOW)
    with pytest.raises(EvidenceRefused, match="stale"):
        adapter.verify(data, NOW + 30 * DAY, received_at=NOW)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_service_that_does_not_answer_decides_nothing(
    vendor: str, adapters: dict[str, VendorResults], service: Service
) -> None:
    for status in (404, 401, 429, 500, 302):
        service.give(vendor, answer(vendor), status)
        with pytest.raises(SourceUnavailable):
            adapters[vendor].verify(vendor_bundle(vendor), NOW)
    for body in (b"", b"[]", b"\xff", b'{"id":1,"id":2}', b"[" * 5_000):
        service.give(vendor, body)
        with pytest.raises(SourceUnavailable):
            adapters[vendor].verify(vendor_bundle(vendor), NOW)


@pytest.mark.parametrize("vendor", VENDORS)
def test_another_persons_result_is_refused(vendor: str, adapters: dict[str, VendorResults], service: Service) -> None:
    text = json.dumps(answer(vendor)).replace(REFERENCES[vendor], "another")
    service.give(vendor, text.encode())
    assert refusal(adapters[vendor], vendor_bundle(vendor)) is Refusal.FORGED


MISSING = {
    "sumsub": ("firstName", "dob", "nationality", "idDocs"),
    "onfido": ("last_name", "date_of_birth", "nationality", "issuing_country", "document_type", "document_number"),
    "persona": ("name-first", "birthdate", "nationality", "selected-country-code", "identification-class"),
    "veriff": ("firstName", "dateOfBirth", "nationality"),
}


@pytest.mark.parametrize(("vendor", "fact"), [(vendor, fact) for vendor, facts in MISSING.items() for fact in facts])
@pytest.mark.parametrize("value", ["", 7, None])
def test_a_fact_that_is_missing_or_none_is_refused(
    vendor: str, fact: str, value: Any, adapters: dict[str, VendorResults], service: Service
) -> None:
    service.give(vendor, answer(vendor, **{fact: value}))
    assert refusal(adapters[vendor], vendor_bundle(vendor)) is Refusal.INCOMPLETE


@pytest.mark.parametrize(
    ("vendor", "fact", "value"),
    [
        ("sumsub", "nationality", "XXX"),
        ("sumsub", "nationality", "deu"),
        ("onfido", "issuing_country", "D"),
        ("onfido", "document_type", "tax_id"),
        ("onfido", "date_of_birth", "26.01.1984"),
        ("persona", "identification-class", "visa"),
        ("veriff", "nationality", "UTO"),
    ],
)
def test_a_fact_that_is_no_fact_of_its_kind_is_refused(
    vendor: str, fact: str, value: str, adapters: dict[str, VendorResults], service: Service
) -> None:
    service.give(vendor, answer(vendor, **{fact: value}))
    assert refusal(adapters[vendor], vendor_bundle(vendor)) is Refusal.INCOMPLETE


def test_two_documents_are_two_persons(adapters: dict[str, VendorResults], service: Service) -> None:
    (document,) = answer("sumsub")["info"]["idDocs"]
    selfie = {"idDocType": "SELFIE", "country": "DEU"}
    service.give("sumsub", answer("sumsub", idDocs=[document, selfie]))
    adapters["sumsub"].verify(vendor_bundle("sumsub"), NOW)
    for documents in ([document, {**document, "idDocType": "ID_CARD"}], [selfie], []):
        service.give("sumsub", answer("sumsub", idDocs=documents))
        assert refusal(adapters["sumsub"], vendor_bundle("sumsub")) is Refusal.INCOMPLETE


@pytest.mark.parametrize("vendor", VENDORS)
def test_when_a_result_was_made(vendor: str, adapters: dict[str, VendorResults], service: Service) -> None:
    """By the vendor's clock, which may be five minutes ahead. Without a word of it, the age of the evidence is not known."""
    service.give(vendor, answer(vendor, checked="2026-09-21T14:18:20Z"))
    assert adapters[vendor].verify(vendor_bundle(vendor), NOW).verified_at == NOW + 300
    for checked, reason in (("2026-09-21T14:18:21Z", Refusal.NOT_YET_VALID), ("yesterday", Refusal.INCOMPLETE)):
        service.give(vendor, answer(vendor, checked=checked))
        assert refusal(adapters[vendor], vendor_bundle(vendor)) is reason
    unsaid = json.dumps(answer(vendor))
    for name in ("reviewDate", "created_at", "completed-at", "decisionTime"):
        unsaid = unsaid.replace(f'"{name}"', '"elsewhere"')
    service.give(vendor, unsaid.encode())
    assert adapters[vendor].verify(vendor_bundle(vendor), NOW).verified_at is None


def test_a_document_that_is_over_is_refused(adapters: dict[str, VendorResults], service: Service) -> None:
    service.give("onfido", answer("onfido", date_of_expiry="2026-09-21"))
    assert adapters["onfido"].verify(vendor_bundle("onfido"), NOW).valid_until < NOW + DAY
    service.give("onfido", answer("onfido", date_of_expiry="2026-09-20"))
    assert refusal(adapters["onfido"], vendor_bundle("onfido")) is Refusal.STALE


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        ({"type": "credence/eu-pid/1"}, Refusal.WRONG_TYPE),
        ({"reference": "../applicants"}, Refusal.MALFORMED),
        ({"reference": "a/b"}, Refusal.MALFORMED),
        ({"reference": "a?b"}, Refusal.MALFORMED),
        ({"reference": ".."}, Refusal.MALFORMED),
        ({"reference": 7}, Refusal.MALFORMED),
        ({"reference": "a" * 129}, Refusal.MALFORMED),
        ({"stated": {**STATED, "accredited": None}}, Refusal.INCOMPLETE),
        ({"facts": {}}, Refusal.MALFORMED),
    ],
)
def test_a_bundle_names_a_result_and_nothing_else(
    bundle: dict[str, Any], reason: Refusal, adapters: dict[str, VendorResults], service: Service
) -> None:
    service.asked.clear()
    assert refusal(adapters["sumsub"], vendor_bundle("sumsub", **bundle)) is reason
    assert service.asked == []


# --- messages ---


@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_message_says_where_a_result_stands(vendor: str, standing: Standing, adapters: dict[str, VendorResults]) -> None:
    body = message(vendor, standing.value)
    found = adapters[vendor].read_notice(headers_of(signature(vendor, body)), body, NOW)
    assert found == Notice(REFERENCES[vendor], standing)


def test_a_rejection_that_may_be_tried_again_is_no_decision(adapters: dict[str, VendorResults]) -> None:
    review = {"reviewAnswer": "RED", "reviewRejectType": "RETRY"}
    body = message("sumsub", "declined", reviewResult=review)
    found = adapters["sumsub"].read_notice(headers_of(signature("sumsub", body)), body, NOW)
    assert found == Notice(REFERENCES["sumsub"], Standing.PENDING)


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_signed_and_no_message_is_refused_and_what_is_not_signed_is_not_read(
    vendor: str, adapters: dict[str, VendorResults]
) -> None:
    for body in (b"", b"[]", b"{}", b"{", message(vendor, reference="a/b"), message(vendor, reference="")):
        if body == b"{}" and vendor == "veriff":
            continue  # an event that says nothing about a decision
        with pytest.raises(InvalidRequest):
            adapters[vendor].read_notice(headers_of(signature(vendor, body)), body, NOW)
        with pytest.raises(NotSigned):
            adapters[vendor].read_notice(headers_of({}), body, NOW)


@pytest.mark.parametrize(
    ("vendor", "body"),
    [
        ("sumsub", b'{"type":"applicantCreated","applicantId":"a"}'),
        ("onfido", b'{"payload":{"resource_type":"check","object":{"id":"a","status":"complete"}}}'),
        ("persona", b'{"data":{"attributes":{"name":"account.created"}}}'),
        ("veriff", b'{"id":"a","code":7001,"action":"started"}'),
    ],
)
def test_a_message_about_no_result_says_nothing(vendor: str, body: bytes, adapters: dict[str, VendorResults]) -> None:
    assert adapters[vendor].read_notice(headers_of(signature(vendor, body)), body, NOW) is None


# --- accounts ---


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook_secrets": [""]},
        {"webhook_secrets": []},
        {"webhook_secrets": ["a", ""]},
        {"webhook_secrets": ["a", "a"]},
        {"webhook_secrets": ["a", "b", "c"]},
        {"webhook_secrets": "a"},
        {"api_token": ""},
        {"api_token": "é"},
        {"api_secret": ""},
        {"api_url": "ftp://api.example"},
        {"api_url": "http://api.example"},
        {"api_url": "https://user@api.example"},
        {"api_url": "https://api.example/?a"},
        {"api_url": ""},
        {"more": 1},
    ],
)
def test_an_account_that_is_none_stops_the_start(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "accounts.json"
    assert read_accounts(written_accounts(path, "https://api.example", ["sumsub"]))
    with pytest.raises(Misconfigured, match="CREDENCE_VENDOR_ACCOUNTS, sumsub") as caught:
        read_accounts(written_accounts(path, "https://api.example", ["sumsub"], **changes))
    assert "secret-of-before" not in str(caught.value)


def test_a_file_that_is_none_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_accounts(path)
    for content in ("", "[]", '{"type":"credence/vendor-accounts/1"}', '{"accounts":{}}'):
        path.write_text(content)
        with pytest.raises(Misconfigured, match="cannot be read"):
            read_accounts(path)
    path.write_text('{"type":"credence/vendor-accounts/1","accounts":{"another":{}}}')
    with pytest.raises(Misconfigured, match="the vendors are sumsub"):
        read_accounts(path)
    path.write_text('{"type":"credence/vendor-accounts/1","accounts":{}}')
    assert read_accounts(path) == ()
