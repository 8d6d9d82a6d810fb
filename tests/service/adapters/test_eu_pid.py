"""Is a PID believed only if a trusted provider issued it, its holder shows it here and now, and nobody took it back?

The accepted twin of every refused bundle is ``pid_bundle(bound(credential()))``, which differs from it in what is named.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sd_jwt.verifier import SDJWTVerifier

from credence.service.adapters.eu_pid import EuPid
from credence.service.adapters.fetching import SourceUnavailable
from credence.service.adapters.pid_trust import read_trust
from credence.service.issuer.evidence import Assurance, EvidenceRefused, Kind, Record, Refusal
from tests.service.adapters.pids import (
    ABSENT,
    AUDIENCE,
    CLAIMS,
    EXPIRED_LEAF,
    FACTS,
    HOLDER_KEY,
    NEEDED,
    NONCE,
    NOW,
    OTHER_KEY,
    OTHER_LEAF,
    PROVIDER_KEY,
    STATED,
    STATUS,
    STRANGER_LEAF,
    VCT,
    Lists,
    bound,
    credential,
    der64,
    disclosure,
    encoded,
    pid_bundle,
    status_list,
    written_trust,
)

DAY = 86_400


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return read_trust(*written_trust(tmp_path_factory.mktemp("trust")), NOW)


@pytest.fixture
def lists() -> Lists:
    return Lists(status_list())


@pytest.fixture
def adapter(trust: Any, lists: Lists) -> EuPid:
    return EuPid(trust, lists, AUDIENCE, frozenset({VCT}), "personal_administrative_number")


def refusal(adapter: EuPid, data: bytes, now: int = NOW, received_at: int | None = None) -> Refusal:
    with pytest.raises(EvidenceRefused) as caught:
        adapter.verify(data, now, received_at)
    return caught.value.refusal


def test_the_facts_are_what_was_disclosed_and_what_the_desk_states(adapter: EuPid, lists: Lists) -> None:
    evidence = adapter.verify(pid_bundle(bound(credential())), NOW)
    assert (evidence.given_name, evidence.family_name, evidence.birth_date) == ("Erika", "Mustermann", date(1984, 1, 26))
    assert (evidence.document.country, evidence.document.type, evidence.document.number) == ("DE", "eu-pid", "T22000129")
    assert (evidence.nationalities, evidence.residence, evidence.kind) == (("DE",), "DE", Kind.NATURAL)
    assert (evidence.assurance, evidence.pep, evidence.accredited) == (Assurance.HIGH, False, False)
    assert (evidence.product, evidence.channel, evidence.source_of_funds) == ("trading", "electronic-id", "salary")
    assert (evidence.record, evidence.document_until) == (Record("archive.example", "r-1", 5), None)
    assert evidence.verified_at == NOW - 10 * DAY
    assert evidence.challenge == NONCE
    assert evidence.valid_until == NOW + 30 * DAY
    assert evidence.reference.vendor == "eu-pid"
    assert lists.asked == [STATUS]


@pytest.mark.parametrize(
    "change",
    [{"years": ABSENT}, {"more": 1}, {"keeper": "An Archive"}, {"reference": "r 1"}, {"years": 101}, {"years": True}],
)
def test_a_record_that_nobody_could_ask_for_is_refused(adapter: EuPid, change: dict[str, Any]) -> None:
    record = {at: value for at, value in {**STATED["record"], **change}.items() if value is not ABSENT}
    data = pid_bundle(bound(credential()), {**NEEDED, "record": record})
    assert refusal(adapter, data) is Refusal.INCOMPLETE
    adapter.verify(pid_bundle(bound(credential()), {**NEEDED, "record": STATED["record"]}), NOW)


def test_what_a_desk_need_not_state(adapter: EuPid) -> None:
    evidence = adapter.verify(pid_bundle(bound(credential({"iat": ABSENT})), NEEDED), NOW)
    stated = evidence.product, evidence.channel, evidence.source_of_funds, evidence.record, evidence.verified_at
    assert stated == (None,) * 5


def test_a_document_that_is_over(adapter: EuPid) -> None:
    """The administration's day of expiry, which is another than that of the signature."""
    last = pid_bundle(bound(credential(facts={"date_of_expiry": "2026-09-21"})))
    assert adapter.verify(last, NOW).document_until == date(2026, 9, 21)
    assert refusal(adapter, pid_bundle(bound(credential(facts={"date_of_expiry": "2026-09-20"})))) is Refusal.STALE


def test_another_implementation_reads_the_same_claims(adapter: EuPid) -> None:
    shown = bound(credential())
    evidence = adapter.verify(pid_bundle(shown), NOW)
    from jwcrypto.jwk import JWK

    key = JWK.from_pyca(PROVIDER_KEY.public_key())
    claims = SDJWTVerifier(shown, lambda *_: key, AUDIENCE, NONCE).get_verified_payload()
    assert claims["given_name"] == evidence.given_name
    assert claims["personal_administrative_number"] == evidence.document.number


@pytest.mark.parametrize(
    ("claims", "facts", "stated"),
    [
        ({"nbf": NOW}, {}, {}),
        ({"exp": NOW - 59}, {}, {}),
        ({"aud": AUDIENCE}, {}, {}),
        ({"iat": NOW - 3_600, "exp": NOW + 3_600, "status": ABSENT}, {}, {}),
        ({}, {"given_name": ABSENT}, {}),
        ({}, {"address": {"country": "DE"}}, {}),
        ({}, {"document_number": ABSENT, "place_of_birth": {"country": "DE"}}, {}),
        ({}, {"nationalities": ["FR"]}, {"pep": True}),
        ({}, {"nationalities": ["DE", "FR"]}, {}),
        ({}, {"date_of_expiry": "2026-09-21"}, {"product": "payments", "channel": "video", "source_of_funds": "gift"}),
    ],
)
def test_what_may_differ(adapter: EuPid, claims: dict[str, Any], facts: dict[str, Any], stated: dict[str, Any]) -> None:
    adapter.verify(pid_bundle(bound(credential(claims, facts)), {**STATED, **stated}), NOW)


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        ({"type": "credence/icao-emrtd/1"}, Refusal.WRONG_TYPE),
        ({"type": ABSENT}, Refusal.WRONG_TYPE),
        ({"presentation": ABSENT}, Refusal.INCOMPLETE),
        ({"presentation": 7}, Refusal.MALFORMED),
        ({"more": 1}, Refusal.MALFORMED),
        ({"stated": {**STATED, "pep": 0}}, Refusal.INCOMPLETE),
        ({"stated": {"residence": "DE", "pep": False}}, Refusal.INCOMPLETE),
        ({"stated": {**STATED, "residence": "XX"}}, Refusal.INCOMPLETE),
        ({"stated": {**STATED, "more": 1}}, Refusal.INCOMPLETE),
        ({"stated": [STATED]}, Refusal.INCOMPLETE),
        ({"stated": {**STATED, "product": "roulette"}}, Refusal.INCOMPLETE),
        ({"stated": {**STATED, "channel": None}}, Refusal.INCOMPLETE),
        ({"stated": {**STATED, "source_of_funds": ["salary"]}}, Refusal.INCOMPLETE),
    ],
)
def test_a_bundle_of_another_form_is_refused(adapter: EuPid, bundle: dict[str, Any], reason: Refusal) -> None:
    members = {**json.loads(pid_bundle(bound(credential()))), **bundle}
    data = json.dumps({at: value for at, value in members.items() if value is not ABSENT}).encode()
    assert refusal(adapter, data) is reason


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"{" * 5_000, b'{"type":1,"type":2}', b" " * 40_000])
def test_what_is_no_bundle_is_refused(adapter: EuPid, data: bytes) -> None:
    assert refusal(adapter, data) is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "none"}, Refusal.UNSUPPORTED_ALGORITHM),
        ({"alg": "HS256"}, Refusal.UNSUPPORTED_ALGORITHM),
        ({"alg": ["ES256"]}, Refusal.UNSUPPORTED_ALGORITHM),
        ({"alg": "ES384"}, Refusal.FORGED),
        ({"typ": "vc+sd-jwt"}, Refusal.WRONG_TYPE),
        ({"typ": ABSENT}, Refusal.WRONG_TYPE),
        ({"typ": "JWT"}, Refusal.WRONG_TYPE),
        ({"crit": ["exp"]}, Refusal.MALFORMED),
        ({"b64": False}, Refusal.MALFORMED),
        ({"x5c": ABSENT}, Refusal.UNTRUSTED),
        ({"x5c": []}, Refusal.UNTRUSTED),
        ({"x5c": ["AAAA"]}, Refusal.UNTRUSTED),
        ({"x5c": [der64(STRANGER_LEAF)]}, Refusal.UNTRUSTED),
        ({"x5c": [der64(OTHER_LEAF)]}, Refusal.UNTRUSTED),
        ({"x5c": [der64(EXPIRED_LEAF)]}, Refusal.UNTRUSTED),
        ({"x5c": ABSENT, "jwk": {"kty": "EC"}}, Refusal.UNTRUSTED),
    ],
)
def test_who_signed_is_on_the_trust_list_and_signed_this(adapter: EuPid, header: dict[str, Any], reason: Refusal) -> None:
    assert refusal(adapter, pid_bundle(bound(credential(header=header)))) is reason


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": ABSENT}, Refusal.UNTRUSTED),
        ({"iss": "https://other.example"}, Refusal.UNTRUSTED),
        ({"iss": "https://pid.example/"}, Refusal.UNTRUSTED),
        ({"vct": "urn:eudi:pid:2"}, Refusal.WRONG_TYPE),
        ({"vct": ABSENT}, Refusal.UNBOUND),
        ({"exp": NOW - 60}, Refusal.STALE),
        ({"exp": ABSENT}, Refusal.INCOMPLETE),
        ({"exp": str(NOW + 1)}, Refusal.INCOMPLETE),
        ({"nbf": NOW + 61}, Refusal.NOT_YET_VALID),
        ({"iat": NOW + 61}, Refusal.NOT_YET_VALID),
        ({"aud": "other.example"}, Refusal.WRONG_AUDIENCE),
        ({"aud": [AUDIENCE]}, Refusal.WRONG_AUDIENCE),
        ({"cnf": ABSENT}, Refusal.UNBOUND),
        ({"cnf": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}}, Refusal.FORGED),
        ({"_sd_alg": "md5"}, Refusal.MALFORMED),
        ({"status": ABSENT}, Refusal.INCOMPLETE),
        ({"status": {}}, Refusal.INCOMPLETE),
    ],
)
def test_what_the_issuer_did_not_say_so_is_refused(adapter: EuPid, claims: dict[str, Any], reason: Refusal) -> None:
    assert refusal(adapter, pid_bundle(bound(credential(claims)))) is reason


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "other.example"}, Refusal.WRONG_AUDIENCE),
        ({"aud": [AUDIENCE]}, Refusal.WRONG_AUDIENCE),
        ({"aud": AUDIENCE + "/"}, Refusal.WRONG_AUDIENCE),
        ({"aud": ABSENT}, Refusal.WRONG_AUDIENCE),
        ({"nonce": ABSENT}, Refusal.REPLAYED),
        ({"nonce": ""}, Refusal.REPLAYED),
        ({"nonce": [NONCE]}, Refusal.REPLAYED),
        ({"iat": NOW - 361}, Refusal.STALE),
        ({"iat": NOW + 61}, Refusal.NOT_YET_VALID),
        ({"iat": ABSENT}, Refusal.INCOMPLETE),
        ({"iat": float(NOW)}, Refusal.INCOMPLETE),
        ({"sd_hash": ABSENT}, Refusal.INCOMPLETE),
        ({"sd_hash": "AAAA"}, Refusal.UNBOUND),
    ],
)
def test_the_holder_shows_it_here_and_now(adapter: EuPid, claims: dict[str, Any], reason: Refusal) -> None:
    assert refusal(adapter, pid_bundle(bound(credential(), claims))) is reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": "JWT"}, Refusal.WRONG_TYPE),
        ({"alg": "none"}, Refusal.UNSUPPORTED_ALGORITHM),
        ({"crit": ["x"]}, Refusal.MALFORMED),
    ],
)
def test_the_binding_is_one(adapter: EuPid, header: dict[str, Any], reason: Refusal) -> None:
    assert refusal(adapter, pid_bundle(bound(credential(), header=header))) is reason


def test_a_binding_is_mandatory_and_the_holders(adapter: EuPid) -> None:
    assert refusal(adapter, pid_bundle(credential())) is Refusal.UNBOUND
    assert refusal(adapter, pid_bundle(bound(credential(), key=OTHER_KEY))) is Refusal.FORGED
    assert refusal(adapter, pid_bundle(bound(credential(key=OTHER_KEY)))) is Refusal.FORGED


def test_disclosures_are_those_that_the_holder_signed_for(adapter: EuPid) -> None:
    issued = credential()
    first, *rest = issued.split("~")
    fewer = "~".join([first, *rest[1:]])
    adapter.verify(pid_bundle(bound(fewer)), NOW)  # a holder may keep the given name back
    binding = bound(issued).rpartition("~")[2]
    assert refusal(adapter, pid_bundle(fewer + binding)) is Refusal.UNBOUND
    assert refusal(adapter, pid_bundle(bound(issued + disclosure("given_name", "Eva") + "~"))) is Refusal.MALFORMED
    assert refusal(adapter, pid_bundle(bound(issued + rest[0] + "~"))) is Refusal.MALFORMED


def test_one_presentation_has_one_encoding(adapter: EuPid) -> None:
    shown = bound(credential())
    assert refusal(adapter, pid_bundle(shown.replace("~", "~~", 1))) is Refusal.MALFORMED
    for ending in ("=", "\n", "!", " "):
        assert refusal(adapter, pid_bundle(shown + ending)) is Refusal.MALFORMED
        assert refusal(adapter, pid_bundle(shown.replace("~", ending + "~", 1))) is Refusal.MALFORMED


def test_a_holder_cannot_keep_back_a_nationality(adapter: EuPid) -> None:
    """An array's entries are disclosed one by one: the list of two looks like a list of one."""
    from tests.service.adapters.pids import digest

    entry = encoded(json.dumps(["c2FsdHNhbHRzYWx0c2FsdA", "IR"]).encode())
    issued = credential(facts={"nationalities": ["DE", {"...": digest(entry)}]})
    assert refusal(adapter, pid_bundle(bound(issued))) is Refusal.INCOMPLETE
    alone = credential(facts={"nationalities": [{"...": digest(entry)}]}) + entry + "~"
    assert adapter.verify(pid_bundle(bound(alone)), NOW).nationalities == ("IR",)
    both = issued + entry + "~"
    assert adapter.verify(pid_bundle(bound(both)), NOW).nationalities == ("DE", "IR")


@pytest.mark.parametrize(
    "facts",
    [
        {"birthdate": ABSENT},
        {"birthdate": "1984-02-30"},
        {"birthdate": 19840126},
        {"given_name": ABSENT, "family_name": ABSENT},
        {"given_name": 7},
        {"issuing_country": ABSENT},
        {"issuing_country": "DEU"},
        {"nationalities": ABSENT},
        {"nationalities": []},
        {"nationalities": ["DE", "DE"]},
        {"nationalities": ["DE", "XX"]},
        {"nationalities": ["AT", "BE", "CY", "CZ", "DE", "DK", "EE", "ES", "FI"]},
        {"date_of_expiry": "2031"},
        {"nationalities": [7]},
        {"nationalities": "DE"},
        {"personal_administrative_number": ABSENT},
        {"address": {"country": "FR"}},
    ],
)
def test_a_fact_that_is_missing_or_none_is_refused(adapter: EuPid, facts: dict[str, Any]) -> None:
    assert refusal(adapter, pid_bundle(bound(credential(facts=facts)))) is Refusal.INCOMPLETE


@pytest.mark.parametrize("status", [1, 2, 3])
def test_what_was_taken_back_or_suspended_is_refused(adapter: EuPid, lists: Lists, status: int) -> None:
    lists.published = status_list({4: 1, 6: 1})
    adapter.verify(pid_bundle(bound(credential())), NOW)
    lists.published = status_list({5: status})
    assert refusal(adapter, pid_bundle(bound(credential()))) is Refusal.REVOKED


@pytest.mark.parametrize(
    "published",
    [
        None,
        b"",
        b"\xff",
        b"a.b.c",
        status_list(claims={"sub": STATUS + "/"}),
        status_list(claims={"iat": NOW + 61}),
        status_list(claims={"iat": NOW - 8 * DAY, "exp": ABSENT}),
        status_list(claims={"iat": ABSENT}),
        status_list(claims={"exp": NOW}),
        status_list(claims={"status_list": {"bits": 2, "lst": "!"}}),
        status_list(claims={"status_list": {"bits": 3, "lst": "eNpjYAAAAAEAAQ"}}),
        status_list(claims={"status_list": {"bits": 1, "lst": "eNpjYAAAAAEAAQ"}}, key=OTHER_KEY),
        status_list(header={"typ": "JWT"}),
        status_list(header={"alg": "none"}),
        status_list(header={"x5c": ABSENT}),
        status_list(header={"x5c": [der64(OTHER_LEAF)]}),
        status_list(key=HOLDER_KEY),
    ],
)
def test_a_list_that_says_nothing_lets_nobody_in(adapter: EuPid, lists: Lists, published: bytes | None) -> None:
    lists.published = published
    with pytest.raises(SourceUnavailable):
        adapter.verify(pid_bundle(bound(credential())), NOW)


def test_a_place_beyond_the_list_lets_nobody_in(adapter: EuPid) -> None:
    for index in (64, -1, True, "5"):
        claims = {"status": {"status_list": {"idx": index, "uri": STATUS}}}
        with pytest.raises(SourceUnavailable):
            adapter.verify(pid_bundle(bound(credential(claims))), NOW)


def test_freshness_is_judged_when_it_was_received_and_validity_now(adapter: EuPid, lists: Lists) -> None:
    data, later = pid_bundle(bound(credential())), NOW + 20 * DAY
    lists.published = status_list(now=later)
    assert refusal(adapter, data, later) is Refusal.STALE
    again = adapter.verify(data, later, received_at=NOW)
    assert again.valid_until == NOW + 30 * DAY
    lists.published = status_list({5: 1}, now=later)
    assert refusal(adapter, data, later, NOW) is Refusal.REVOKED
    over = NOW + 89 * DAY
    assert refusal(adapter, data, over, NOW) is Refusal.STALE


def test_the_evidence_ends_with_the_credential(adapter: EuPid) -> None:
    evidence = adapter.verify(pid_bundle(bound(credential({"exp": NOW + 3_600}))), NOW)
    assert evidence.valid_until == NOW + 3_660


def test_a_person_is_known_by_one_claim_and_not_by_the_holders_choice(trust: Any, lists: Lists) -> None:
    other = EuPid(trust, lists, AUDIENCE, frozenset({VCT}), "document_number")
    assert other.verify(pid_bundle(bound(credential())), NOW).document.number == FACTS["document_number"]
    without = pid_bundle(bound(credential(facts={"document_number": ABSENT})))
    assert refusal(other, without) is Refusal.INCOMPLETE


def test_nothing_of_it_is_printed(adapter: EuPid) -> None:
    evidence = adapter.verify(pid_bundle(bound(credential())), NOW)
    assert "Muster" not in repr(evidence)
    assert CLAIMS["iss"] not in repr(adapter.trust)
    assert Path(STATUS).name not in repr(evidence)
