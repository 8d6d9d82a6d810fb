"""Is a client who it says it is, and is every failure to show it the same?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from sqlmodel import Session, select

from credence.circuits.curve import Curve
from credence.service.auth import (
    AuthKey,
    Client,
    IssuedKey,
    Scope,
    add_client,
    issue_key,
    require,
    revoke,
    revoke_client,
)
from credence.service.auth.api_keys import MAX_LIFETIME, find_presented
from credence.service.auth.scopes import read_scopes
from credence.service.errors import Conflict, InvalidRequest, NotFound, Unauthorized
from credence.service.keys import Keyring, Purpose, create_master_file
from credence.service.problems.answers import CHALLENGE
from credence.service.store import Store, metadata
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Running
from tests.service.databases import Database

SCOPES = frozenset({Scope.ISSUER_CASES, Scope.ISSUER_REVIEW})


@pytest.fixture
def keyring(tmp_path: Path, rng: SeededBytes, curve: Curve) -> Keyring:
    master = create_master_file(tmp_path / "master.key", rng)
    return Keyring.create(tmp_path / "keyring.json", master, now=NOW, rng=rng, curve=curve)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    store = Store(database.empty())
    metadata.create_all(store.engine, tables=[table for table in metadata.sorted_tables if table.name.startswith("auth_")])
    with store.transaction() as session:
        yield session
    store.close()


@pytest.fixture
def issued(session: Session, keyring: Keyring, rng: SeededBytes) -> IssuedKey:
    add_client(session, "venue.example", "A venue", now=NOW)
    return issue_key(session, keyring, "venue.example", SCOPES, now=NOW, rng=rng, lifetime=100)


def test_a_key_names_its_client_and_scopes(session: Session, keyring: Keyring, issued: IssuedKey) -> None:
    key = find_presented(session, keyring, f"Bearer {issued.key}", NOW)
    client = Client(key.client_id, read_scopes(key.scopes))
    assert client == Client("venue.example", SCOPES)
    with pytest.raises(dataclasses.FrozenInstanceError):
        client.client_id = "other"  # type: ignore[misc]


def test_the_secret_is_shown_once_and_not_kept(session: Session, issued: IssuedKey) -> None:
    secret = issued.key.rpartition("_")[2]
    assert issued.key not in repr(issued)
    session.flush()
    row = session.exec(select(AuthKey)).one()
    assert secret not in str(row.model_dump())
    assert secret.encode() not in row.mac
    assert row.prefix == issued.prefix


def test_a_key_is_valid_until_it_expires(session: Session, keyring: Keyring, issued: IssuedKey) -> None:
    header = f"Bearer {issued.key}"
    find_presented(session, keyring, header, NOW)
    find_presented(session, keyring, header, NOW + 99)
    for wrong in (NOW - 1, NOW + 100):
        with pytest.raises(Unauthorized):
            find_presented(session, keyring, header, wrong)


def flipped(key: str, at: int) -> str:
    return key[:at] + ("a" if key[at] != "a" else "b") + key[at + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: None,
        lambda key: "",
        lambda key: "Bearer",
        lambda key: key,
        lambda key: f"Basic {key}",
        lambda key: f"Bearer  {key}",
        lambda key: f"Bearer {key} ",
        lambda key: f"Bearer {key}\n",
        lambda key: f"Bearer {key.upper()}",
        lambda key: f"Bearer {key[:-1]}",
        lambda key: f"Bearer {key}a",
        lambda key: f"Bearer {key[:-1]}é",
        lambda key: f"Bearer {key[:-1]}\u0661",
        lambda key: f"Bearer {key[:-1]}\x00",
        lambda key: f"Bearer cred_{'a' * 16}_{key.rpartition('_')[2]}",
        lambda key: f"Bearer {flipped(key, 8)}",
        lambda key: f"Bearer {flipped(key, 30)}",
        lambda key: f"Bearer {flipped(key, -1)}",
        lambda key: "Bearer " + "x" * 100_000,
    ],
)
def test_every_wrong_header_is_refused_alike(
    session: Session, keyring: Keyring, issued: IssuedKey, spoil: Callable[[str], str | None]
) -> None:
    find_presented(session, keyring, f"Bearer {issued.key}", NOW)  # the accepted twin
    with pytest.raises(Unauthorized) as caught:
        find_presented(session, keyring, spoil(issued.key), NOW)
    assert str(caught.value) == Unauthorized.default


def test_the_word_bearer_may_be_small(session: Session, keyring: Keyring, issued: IssuedKey) -> None:
    assert find_presented(session, keyring, f"bearer {issued.key}", NOW).client_id == "venue.example"


def test_the_secret_of_another_key_does_not_fit(
    session: Session, keyring: Keyring, issued: IssuedKey, rng: SeededBytes
) -> None:
    other = issue_key(session, keyring, "venue.example", SCOPES, now=NOW, rng=rng)
    mixed = f"cred_{issued.prefix}_{other.key.rpartition('_')[2]}"
    with pytest.raises(Unauthorized):
        find_presented(session, keyring, f"Bearer {mixed}", NOW)


def test_a_revoked_key_is_refused_at_once_and_others_live(
    session: Session, keyring: Keyring, issued: IssuedKey, rng: SeededBytes
) -> None:
    other = issue_key(session, keyring, "venue.example", SCOPES, now=NOW, rng=rng)
    revoke(session, issued.prefix, now=NOW)
    with pytest.raises(Unauthorized):
        find_presented(session, keyring, f"Bearer {issued.key}", NOW)
    find_presented(session, keyring, f"Bearer {other.key}", NOW)
    with pytest.raises(NotFound):
        revoke(session, issued.prefix, now=NOW)


def test_a_revoked_client_has_no_keys(session: Session, keyring: Keyring, issued: IssuedKey, rng: SeededBytes) -> None:
    revoke_client(session, "venue.example", now=NOW)
    with pytest.raises(Unauthorized):
        find_presented(session, keyring, f"Bearer {issued.key}", NOW)
    with pytest.raises(NotFound):
        issue_key(session, keyring, "venue.example", SCOPES, now=NOW, rng=rng)
    with pytest.raises(NotFound):
        revoke_client(session, "venue.example", now=NOW)
    with pytest.raises(Conflict):  # pseudonyms hang on the id: nobody else gets it
        add_client(session, "venue.example", "Another", now=NOW)


def test_keys_survive_one_rotation_of_the_secret_that_keyed_them(
    session: Session, keyring: Keyring, issued: IssuedKey, rng: SeededBytes, curve: Curve
) -> None:
    header = f"Bearer {issued.key}"
    keyring.rotate(Purpose.API_KEY, now=NOW, rng=rng, curve=curve)
    newer = issue_key(session, keyring, "venue.example", SCOPES, now=NOW, rng=rng)
    find_presented(session, keyring, header, NOW)
    keyring.rotate(Purpose.API_KEY, now=NOW, rng=rng, curve=curve)
    with pytest.raises(Unauthorized):
        find_presented(session, keyring, header, NOW)
    find_presented(session, keyring, f"Bearer {newer.key}", NOW)


@pytest.mark.parametrize("client_id", ["", "Venue", "-venue", "venue.", "a b", "véenue", "a/b", "a" * 129, "venue\n"])
def test_a_client_id_is_a_host_like_name(session: Session, client_id: str) -> None:
    add_client(session, "a" * 128, "twin", now=NOW)
    with pytest.raises(InvalidRequest):
        add_client(session, client_id, "name", now=NOW)


@pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines"])
def test_a_client_name_is_one_line(session: Session, name: str) -> None:
    with pytest.raises(InvalidRequest):
        add_client(session, "venue.example", name, now=NOW)


@pytest.mark.parametrize(("scopes", "lifetime"), [((), 100), (SCOPES, 0), (SCOPES, MAX_LIFETIME + 1)])
def test_a_key_has_scopes_and_an_end(
    session: Session, keyring: Keyring, issued: IssuedKey, rng: SeededBytes, scopes: frozenset[Scope], lifetime: int
) -> None:
    with pytest.raises(InvalidRequest):
        issue_key(session, keyring, "venue.example", scopes, now=NOW, rng=rng, lifetime=lifetime)


def test_a_key_needs_a_client(session: Session, keyring: Keyring, rng: SeededBytes) -> None:
    with pytest.raises(NotFound):
        issue_key(session, keyring, "nobody.example", SCOPES, now=NOW, rng=rng)


# --- over HTTP ---

router = APIRouter()


@router.get("/guarded", operation_id="guarded")
async def guarded(client: Annotated[Client, Depends(require(Scope.ISSUER_CASES))]) -> str:
    return client.client_id


@router.get("/either", operation_id="either")
async def either(client: Annotated[Client, Depends(require(Scope.ISSUER_CASES, Scope.ISSUER_REVIEW))]) -> str:
    return client.client_id


Start = Callable[..., Running]


@pytest.fixture
def running(started: Start) -> Running:
    def extend(app: FastAPI) -> None:
        app.include_router(router)

    return started(["log"], extend)


def test_a_route_learns_its_client(running: Running) -> None:
    key = running.key_of("venue.example", Scope.ISSUER_CASES)
    answer = running.client.get("/guarded", headers={"authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()) == (200, "venue.example")


def test_a_key_without_the_scope_is_forbidden(running: Running) -> None:
    for number, scope in enumerate(scope for scope in Scope if scope is not Scope.ISSUER_CASES):
        key = running.key_of(f"venue{number}.example", scope)
        answer = running.client.get("/guarded", headers={"authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


def test_a_route_may_accept_either_scope(running: Running) -> None:
    for number, scope in enumerate(Scope):
        key = running.key_of(f"venue{number}.example", scope)
        answer = running.client.get("/either", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == (200 if scope in (Scope.ISSUER_CASES, Scope.ISSUER_REVIEW) else 403)


def test_every_unauthenticated_answer_is_the_same(running: Running) -> None:
    key = running.key_of("venue.example", Scope.ISSUER_CASES)
    revoked = running.key_of("gone.example", Scope.ISSUER_CASES)
    with running.services.store("auth").transaction() as session:
        revoke(session, revoked.split("_")[1], now=running.clock())
    attempts: list[list[tuple[str, bytes]]] = [
        [],
        [("authorization", f"Bearer {revoked}".encode())],
        [("authorization", f"Bearer {key[:-1]}".encode())],
        [("authorization", b"Bearer \xff\xfe")],
        [("authorization", "Bearer ключ".encode())],
        [("authorization", f"Bearer {key}".encode()), ("authorization", f"Bearer {key}".encode())],
    ]
    answers = [running.client.get("/guarded", headers=headers) for headers in attempts]
    running.clock.forward(3_600)
    answers.append(running.client.get("/guarded", headers={"authorization": f"Bearer {key}"}))
    bodies = []
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers.get_list("www-authenticate") == [CHALLENGE]
        bodies.append({name: value for name, value in answer.json().items() if name != "request_id"})
    assert all(body == bodies[0] for body in bodies)


def test_the_document_says_which_key_or_token_is_needed(running: Running) -> None:
    document = running.client.get("/openapi.json").json()
    needed = [{"apiKey": ["issuer:cases"]}, {"clientCredentials": ["issuer:cases"]}]
    assert document["paths"]["/guarded"]["get"]["security"] == needed
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
