"""Is a registration made once, for one role, and to be found in the log by whoever holds its receipt?"""

from __future__ import annotations

import time
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import IllFormed
from credence.circuits.fields import canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.leaf import salted_leaf
from credence.service.auth import (
    DISCLOSED,
    ROLES,
    IssuedKey,
    Registration,
    Role,
    Scope,
    add_client,
    issue_key,
    may_disclose,
    register_client,
    register_keys,
    registration_leaf,
    registration_of,
    revoke,
    revoke_client,
)
from credence.service.auth.claims import claims
from credence.service.errors import Conflict, InvalidRequest, NotFound
from credence.service.ledger import verify_ledger
from tests.service.auth.conftest import BOTH, Office
from tests.service.auth.signing import Edwards

NORTH = "north.example"


def register(office: Office, client_id: str = NORTH, role: Role = Role.VENUE) -> Registration:
    with office.running.services.store("auth").transaction() as session:
        return register_client(session, client_id, "A venue", role, now=office.now, rng=office.running.rng)


def recomputed(receipt: dict[str, Any]) -> bytes:
    """The leaf as the client computes it, from nothing but its receipt."""
    names = ("type", "client_id", "role", "registered_at", "disclose")
    said = {name: receipt[name] for name in names if name in receipt}
    digest = sha256_labelled(Label.CLIENT, canonical_json(said))
    return salted_leaf("client", b64u_decode(receipt["salt"]), digest)


def settled(office: Office, client_id: str = NORTH) -> Registration:
    """The registration once the log has taken it."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with office.running.services.store("auth").reading() as session:
            found = registration_of(session, client_id)
        if found.entry_index is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("the log did not take the registration")


def with_disclosures(office: Office, *names: str) -> Registration:
    with office.running.services.store("auth").transaction() as session:
        now, rng = office.now, office.running.rng
        return register_client(session, NORTH, "A venue", Role.VENUE, now=now, rng=rng, disclose=names)


def test_what_a_venue_may_have_disclosed_is_in_the_receipt_and_in_the_log(office: Office) -> None:
    made = with_disclosures(office, "residence", "kyc_level", "residence")
    assert made.disclose == ("kyc_level", "residence")
    found = settled(office)
    receipt = found.to_json()
    assert receipt["disclose"] == ["kyc_level", "residence"]
    assert found.leaf == registration_leaf(receipt) == made.leaf
    assert recomputed(receipt) == made.leaf
    with pytest.raises(IllFormed):
        registration_leaf({**receipt, "disclose": ["kyc_level"]})
    with pytest.raises(IllFormed):
        registration_leaf({name: value for name, value in receipt.items() if name != "disclose"})
    with office.running.services.store("auth").reading() as session:
        assert may_disclose(session, NORTH) == {"kyc_level", "residence"}
        assert (made.leaf, made.leaf) in [(claim.leaf, claim.opened) for claim in claims(session)]


def test_without_a_word_it_is_what_every_venue_may(office: Office) -> None:
    register(office)
    with office.running.services.store("auth").reading() as session:
        assert may_disclose(session, NORTH) == may_disclose(session, "nobody.example") == DISCLOSED
    assert {"kyc_level", "risk_tier", "standing_tier", "kind", "accredited"} == DISCLOSED


def test_nothing_at_all_may_be_said_too(office: Office) -> None:
    assert with_disclosures(office).to_json()["disclose"] == []
    with office.running.services.store("auth").reading() as session:
        assert may_disclose(session, NORTH) == frozenset()


@pytest.mark.parametrize("name", ["revocation_handle", "subject_handle", "holder_secret", "kyc_ge_2", "shoe_size", ""])
def test_what_no_credential_discloses_is_registered_for_nobody(office: Office, name: str) -> None:
    with pytest.raises(InvalidRequest, match="no credential discloses"):
        with_disclosures(office, "kyc_level", name)
    assert with_disclosures(office, "kyc_level").disclose == ("kyc_level",)


def test_the_receipt_leads_to_the_log(office: Office) -> None:
    registered = register(office)
    receipt = registered.to_json()
    assert (receipt["client_id"], receipt["role"], receipt["registered_at"]) == (NORTH, "venue", office.now)
    assert recomputed(receipt) == registered.leaf
    found = settled(office)
    assert found.leaf == registered.leaf
    assert found.to_json() == {**receipt, "entry_index": found.entry_index}
    office.running.services.ledger.sequence()  # what was taken may not have been published yet
    proof = office.running.client.get("/v1/log/inclusion", params={"leaf": receipt["leaf"]})
    assert (proof.status_code, proof.json()["index"]) == (200, found.entry_index)


def test_the_log_is_told_nothing_but_the_leaf(office: Office) -> None:
    registered = register(office)
    found = settled(office)
    assert found.entry_index is not None
    office.running.services.ledger.sequence()
    (entry,) = office.running.client.get("/v1/log/entries", params={"start": found.entry_index, "count": 1}).json()[
        "entries"
    ]
    assert entry == {"index": found.entry_index, "leaf": registered.leaf.hex(), "epoch": office.now // (28 * 86_400)}
    ledger = office.running.services.ledger
    with ledger.store.reading() as session:
        report = verify_ledger(session, ledger.verifier, ledger.outboxes)
    assert report.unattributed == 0


@pytest.mark.parametrize("change", [{"role": "operator"}, {"client_id": "south.example"}, {"registered_at": 1}])
def test_another_receipt_has_another_leaf(office: Office, change: dict[str, Any]) -> None:
    registered = register(office)
    receipt = registered.to_json()
    assert recomputed(receipt) == registered.leaf
    assert recomputed({**receipt, **change}) != registered.leaf


def test_a_salt_is_not_shown_by_accident(office: Office) -> None:
    registered = register(office)
    assert str(registered.salt) not in repr(registered)


def test_an_id_is_given_once(office: Office) -> None:
    register(office)
    with pytest.raises(Conflict, match="taken"):
        register(office, role=Role.OPERATOR)
    with office.running.services.store("auth").transaction() as session:
        revoke_client(session, NORTH, now=office.now)
    with pytest.raises(Conflict, match="taken"):
        register(office)
    assert register(office, "south.example").role is Role.VENUE
    with office.running.services.store("auth").reading() as session:
        assert registration_of(session, NORTH).role is Role.VENUE


def test_a_refused_registration_tells_the_log_nothing(office: Office) -> None:
    register(office)
    settled(office)
    with pytest.raises(Conflict):
        register(office)
    office.running.services.ledger.sequence()
    with office.running.services.store("auth").reading() as session:
        rows = session.connection().exec_driver_sql("SELECT count(*) FROM auth_outbox").scalar_one()
    assert rows == 2  # the office's own venue, and this one


@pytest.mark.parametrize("role", Role)
def test_keys_carry_what_the_role_does(office: Office, role: Role) -> None:
    register(office, role=role)
    services = office.running.services
    for scope in Scope:
        key = Edwards(sha256_labelled(Label.API_KEY, scope.encode()))
        with services.store("auth").transaction() as session:
            give = [
                lambda session=session, scope=scope: issue_key(
                    session, services.keyring, NORTH, {scope}, now=office.now, rng=services.rng
                ),
                lambda session=session, scope=scope, key=key: register_keys(
                    session, NORTH, {"keys": [key.jwk]}, {scope}, now=office.now, overlap=0
                ),
            ]
            for attempt in give:
                if scope in ROLES[role]:
                    given = attempt()
                    if isinstance(given, IssuedKey):  # of which two may live at a time
                        revoke(session, given.prefix, now=office.now)
                else:
                    with pytest.raises(InvalidRequest, match="registered as"):
                        attempt()


def test_no_scope_of_a_role_opens_for_the_others(office: Office) -> None:
    register(office)
    services = office.running.services
    with services.store("auth").transaction() as session:
        with pytest.raises(InvalidRequest):
            issue_key(session, services.keyring, NORTH, {*BOTH, Scope.ISSUER_CASES}, now=office.now, rng=services.rng)
        issue_key(session, services.keyring, NORTH, BOTH, now=office.now, rng=services.rng)


@pytest.mark.parametrize("scope", sorted(ROLES[Role.VENUE]))
def test_whoever_is_no_registered_venue_gets_none_of_a_venues_scopes(office: Office, scope: Scope) -> None:
    services, key = office.running.services, Edwards(bytes([3]) * 32)
    with services.store("auth").transaction() as session:
        add_client(session, "desk.example", "A desk", now=office.now)
        for scopes in ({scope}, {scope, Scope.ISSUER_CASES}):
            with pytest.raises(InvalidRequest, match="not registered"):
                issue_key(session, services.keyring, "desk.example", scopes, now=office.now, rng=services.rng)
            with pytest.raises(InvalidRequest, match="not registered"):
                register_keys(session, "desk.example", {"keys": [key.jwk]}, scopes, now=office.now)
        both = {Scope.ISSUER_CASES, Scope.ISSUER_REVIEW}
        assert issue_key(session, services.keyring, "desk.example", both, now=office.now, rng=services.rng).scopes == both
    register(office)
    with services.store("auth").transaction() as session:
        issue_key(session, services.keyring, NORTH, {scope}, now=office.now, rng=services.rng)


def test_a_client_that_was_only_added_has_no_receipt(office: Office) -> None:
    with office.running.services.store("auth").transaction() as session:
        add_client(session, "desk.example", "A desk", now=office.now)
        with pytest.raises(NotFound):
            registration_of(session, "desk.example")
        with pytest.raises(NotFound):
            registration_of(session, "nobody.example")
