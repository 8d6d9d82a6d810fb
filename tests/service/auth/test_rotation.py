"""Can a client change its API key or its public key while it goes on working, and is the old one gone in the end?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.service.auth import (
    IssuedKey,
    Role,
    RotatedKey,
    Scope,
    issue_key,
    list_clients,
    register_client,
    register_keys,
    revoke,
    revoke_client,
    revoke_public_key,
    rotate_key,
)
from credence.service.auth.api_keys import MAX_OVERLAP
from credence.service.auth.jwk import PublicJwk
from credence.service.errors import Conflict, InvalidRequest, NotFound
from tests.service.auth.conftest import BOTH, GUARDED, VENUE, Office
from tests.service.auth.signing import Edwards, Key, Weierstrass

DESK = "desk.example"
FIRST, SECOND, THIRD = (Edwards(bytes([number]) * 32) for number in (21, 22, 23))


@pytest.fixture
def key(office: Office) -> IssuedKey:
    """The API key of a client that has one."""
    with office.running.services.store("auth").transaction() as session:
        register_client(session, DESK, "A venue", Role.VENUE, now=office.now, rng=office.running.rng)
    return give(office)


def give(office: Office, client_id: str = DESK, scopes: frozenset[Scope] = BOTH) -> IssuedKey:
    services = office.running.services
    with services.store("auth").transaction() as session:
        return issue_key(
            session, services.keyring, client_id, scopes, now=office.now, rng=services.rng, lifetime=90 * DAY_SECONDS
        )


def rotate(office: Office, **changes: Any) -> RotatedKey:
    services = office.running.services
    with services.store("auth").transaction() as session:
        return rotate_key(session, services.keyring, DESK, now=office.now, rng=services.rng, **changes)


def works(office: Office, key: IssuedKey) -> bool:
    answer = office.running.client.get(GUARDED, headers={"authorization": f"Bearer {key.key}"})
    assert answer.status_code in (200, 401)
    return bool(answer.status_code == 200)


# --- API keys ---


def test_both_keys_work_until_the_overlap_ends(office: Office, key: IssuedKey) -> None:
    rotated = rotate(office, overlap=3 * DAY_SECONDS)
    assert rotated.before == key.prefix
    assert rotated.before_ends_at == office.now + 3 * DAY_SECONDS
    assert rotated.issued.scopes == key.scopes
    assert works(office, key)
    assert works(office, rotated.issued)
    office.running.clock.forward(3 * DAY_SECONDS)
    assert not works(office, key)
    assert works(office, rotated.issued)


def test_an_overlap_of_nothing_ends_the_key_at_once(office: Office, key: IssuedKey) -> None:
    rotated = rotate(office, overlap=0)
    assert not works(office, key)
    assert works(office, rotated.issued)


def test_an_overlap_does_not_lengthen_a_life(office: Office, key: IssuedKey) -> None:
    office.running.clock.forward(89 * DAY_SECONDS)
    assert rotate(office).before_ends_at == key.expires_at


def test_a_third_key_is_refused_while_two_live(office: Office, key: IssuedKey) -> None:
    rotated = rotate(office, overlap=DAY_SECONDS)
    with pytest.raises(Conflict, match="two live keys"):
        rotate(office)
    with pytest.raises(Conflict, match="two live keys"):
        give(office)
    office.running.clock.forward(DAY_SECONDS)
    again = rotate(office)
    assert again.before == rotated.issued.prefix
    with office.running.services.store("auth").transaction() as session:
        revoke(session, again.before, now=office.now)
    give(office)


@pytest.mark.parametrize("overlap", [-1, MAX_OVERLAP + 1])
def test_an_overlap_has_bounds(office: Office, key: IssuedKey, overlap: int) -> None:
    with pytest.raises(InvalidRequest):
        rotate(office, overlap=overlap)
    rotate(office, overlap=MAX_OVERLAP)


def test_only_what_lives_is_rotated(office: Office, key: IssuedKey) -> None:
    with office.running.services.store("auth").transaction() as session:
        revoke(session, key.prefix, now=office.now)
    with pytest.raises(NotFound, match="no live key"):
        rotate(office)
    give(office)
    with office.running.services.store("auth").transaction() as session:
        revoke_client(session, DESK, now=office.now)
    with pytest.raises(NotFound):
        rotate(office)


# --- listing ---


def test_the_day_of_the_last_use_is_noted_and_no_more(office: Office, key: IssuedKey) -> None:
    assert listed(office, DESK)[0]["last_used_at"] is None
    office.running.clock.now += 4 * 3_600
    assert works(office, key)
    midnight = office.now // DAY_SECONDS * DAY_SECONDS
    assert listed(office, DESK)[0]["last_used_at"] == midnight
    office.running.clock.forward(60)
    assert works(office, key)
    assert listed(office, DESK)[0]["last_used_at"] == midnight
    office.running.clock.forward(DAY_SECONDS)
    assert works(office, key)
    assert listed(office, DESK)[0]["last_used_at"] == midnight + DAY_SECONDS


def test_a_public_key_that_got_a_token_was_used(office: Office) -> None:
    assert listed(office)[0]["last_used_at"] is None
    office.ask(office.assertion(office.other))  # not by this key
    assert listed(office)[0]["last_used_at"] is None
    office.token()
    assert listed(office)[0]["last_used_at"] == office.now // DAY_SECONDS * DAY_SECONDS


def listed(office: Office, client_id: str = VENUE) -> list[dict[str, Any]]:
    with office.running.services.store("auth").reading() as session:
        found = {view.client_id: view for view in list_clients(session, now=office.now)}
    keys: list[dict[str, Any]] = found[client_id].to_json()["keys"]
    return keys


def test_a_list_shows_states_and_no_secret(office: Office, key: IssuedKey) -> None:
    office.running.clock.forward(1)
    rotated = rotate(office, overlap=DAY_SECONDS)
    secret = key.key.rpartition("_")[2]
    (before, now) = listed(office, DESK)  # oldest first
    assert (before["prefix"], before["state"], now["prefix"], now["state"]) == (
        key.prefix,
        "live",
        rotated.issued.prefix,
        "live",
    )
    assert before["scopes"] == sorted(BOTH)
    with office.running.services.store("auth").reading() as session:
        everything = repr(list_clients(session, now=office.now))
    assert secret not in everything
    assert "mac" not in everything
    office.running.clock.forward(DAY_SECONDS)
    assert [found["state"] for found in listed(office, DESK)] == ["expired", "live"]
    with office.running.services.store("auth").transaction() as session:
        revoke_client(session, DESK, now=office.now)
    assert {found["state"] for found in listed(office, DESK)} == {"revoked"}


# --- public keys ---


def trust(office: Office, *keys: Key, **changes: Any) -> Any:
    with office.running.services.store("auth").transaction() as session:
        return register_keys(session, VENUE, {"keys": [key.jwk for key in keys]}, BOTH, now=office.now, **changes)


def name(key: Key) -> str:
    return PublicJwk.parse(key.jwk).thumbprint


def signs(office: Office, key: Key) -> bool:
    return office.ask(office.assertion(key)).status_code == 200


def test_a_set_takes_the_place_of_the_one_before(office: Office) -> None:
    found = trust(office, FIRST, SECOND, overlap=60)
    assert (set(found.added), found.kept, found.ending) == ({name(FIRST), name(SECOND)}, (), (name(office.key),))
    assert all(signs(office, key) for key in (FIRST, SECOND, office.key))
    office.running.clock.forward(60)
    assert [signs(office, key) for key in (FIRST, SECOND, office.key)] == [True, True, False]
    found = trust(office, SECOND, THIRD, overlap=0)
    assert (found.added, found.kept, found.ending) == ((name(THIRD),), (name(SECOND),), (name(FIRST),))
    assert [signs(office, key) for key in (FIRST, SECOND, THIRD)] == [False, True, True]


def test_the_same_set_again_changes_nothing(office: Office) -> None:
    trust(office, FIRST, SECOND)
    before = listed(office)
    office.running.clock.forward(10)
    found = trust(office, FIRST, SECOND)
    assert (found.added, set(found.kept), found.ending) == ((), {name(FIRST), name(SECOND)}, (name(office.key),))
    assert listed(office) == before


def test_a_public_key_ends_by_itself(office: Office) -> None:
    trust(office, FIRST, lifetime=100)
    office.running.clock.forward(99)
    assert signs(office, FIRST)
    office.running.clock.forward(1)
    assert not signs(office, FIRST)


def test_a_revoked_key_does_not_come_back(office: Office) -> None:
    trust(office, FIRST)
    with office.running.services.store("auth").transaction() as session:
        revoke_public_key(session, name(FIRST), now=office.now)
        with pytest.raises(NotFound):
            revoke_public_key(session, name(FIRST), now=office.now)
    assert not signs(office, FIRST)
    with pytest.raises(Conflict, match="registered before"):
        trust(office, FIRST)
    trust(office, SECOND)


def test_a_key_is_one_clients(office: Office) -> None:
    with pytest.raises(Conflict, match="registered before"):
        office.enrol("other.example", office.key)
    office.enrol("other.example", FIRST)


PAIR = [FIRST.jwk, SECOND.jwk]
EC = Weierstrass(5).jwk


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": []},
        {"keys": {}},
        {"keys": [*PAIR, THIRD.jwk]},
        {"keys": PAIR, "more": 1},
        {"keys": [FIRST.jwk, FIRST.jwk]},
        {"keys": [{**FIRST.jwk, "kid": "1"}, {**SECOND.jwk, "kid": "1"}]},
        {"keys": [{**FIRST.jwk, "d": "secret"}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]},
        {"keys": [{**EC, "crv": "P-384"}]},
        {"keys": [{**EC, "alg": "ES384"}]},
        {"keys": [{**EC, "use": "enc"}]},
        {"keys": [{**EC, "key_ops": ["sign"]}]},
        {"keys": [{**EC, "y": EC["x"]}]},
        {"keys": [{**FIRST.jwk, "kid": ""}]},
        {"keys": [{**FIRST.jwk, "kid": 7}]},
        {"keys": [{**FIRST.jwk, "kid": "é"}]},
        {"keys": [{**FIRST.jwk, "x": FIRST.jwk["x"][:-1]}]},
        {"keys": ["key"]},
    ],
)
def test_a_set_has_one_form(lasting: Office, jwks: dict[str, Any]) -> None:
    twin = {"keys": [{**FIRST.jwk, "kid": "1", "use": "sig", "alg": "EdDSA", "key_ops": ["verify"]}, EC]}
    with lasting.running.services.store("auth").transaction() as session:
        with pytest.raises(InvalidRequest) as caught:
            register_keys(session, VENUE, jwks, BOTH, now=lasting.now)
        assert "secret" not in caught.value.reason
        with session.begin_nested() as undone:
            assert len(register_keys(session, VENUE, twin, BOTH, now=lasting.now).added) == 2
            undone.rollback()


@pytest.mark.parametrize("changes", [{"lifetime": 0}, {"lifetime": 367 * DAY_SECONDS}, {"overlap": -1}])
def test_a_registered_key_has_an_end(office: Office, changes: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest):
        trust(office, FIRST, **changes)
    trust(office, FIRST)
