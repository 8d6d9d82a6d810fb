"""Does the stored form of a request tell nothing to whoever lacks the keyring, the key, or both?"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from credence.circuits.errors import IllFormed
from credence.service.errors import IdempotencyMismatch
from credence.service.idempotency import Answer
from credence.service.idempotency.handle import AnswerAltered, Asked, Handle

SECRET, OTHER = b"s" * 32, b"o" * 32
ASKED = Asked(("issuer", "client", "operator"), "key", "POST", "/v1/issuer/cases", b"", b'{"evidence":"Ada Lovelace"}')
ANSWER = Answer(201, b'{"secret":"bearer"}')

OWNERS = [
    {"key": "yek"},
    {"owner": ("verifier", "client", "operator")},
    {"owner": ("issuer", "address", "operator")},
    {"owner": ("issuer", "client", "operato")},
    {"owner": ("issuer", "clientoperator", "")},
]
REQUESTS = [
    {"method": "PUT"},
    {"path": "/v1/issuer/case"},
    {"query": b"x"},
    {"body": b""},
    {"path": "/v1/issuer/casesx", "query": b""},
    {"path": "/v1/issuer/cases", "query": b'{"evidence":"Ada Lovelace"}', "body": b""},
]


def test_the_same_request_is_found_and_opened() -> None:
    handle, again = Handle.of(SECRET, ASKED), Handle.of(SECRET, ASKED)
    sealed = handle.seal(ANSWER, os.urandom)
    assert (again.digest, again.fingerprint) == (handle.digest, handle.fingerprint)
    assert again.open(handle.fingerprint, sealed) == ANSWER
    assert handle.seal(ANSWER, os.urandom) != sealed  # a nonce of its own each time


@pytest.mark.parametrize("other", OWNERS)
def test_another_key_or_owner_leads_elsewhere(other: dict[str, object]) -> None:
    handle, stranger = Handle.of(SECRET, ASKED), Handle.of(SECRET, replace(ASKED, **other))  # type: ignore[arg-type]
    assert stranger.digest != handle.digest
    assert stranger.fingerprint != handle.fingerprint


@pytest.mark.parametrize("other", REQUESTS)
def test_another_request_is_told_apart(other: dict[str, object]) -> None:
    handle, stranger = Handle.of(SECRET, ASKED), Handle.of(SECRET, replace(ASKED, **other))  # type: ignore[arg-type]
    assert stranger.digest == handle.digest
    with pytest.raises(IdempotencyMismatch):
        stranger.open(handle.fingerprint, handle.seal(ANSWER, os.urandom))


def test_the_keyring_alone_opens_nothing() -> None:
    """A thief who has it and the database, but guesses the key wrong, and claims that the fingerprint fits."""
    handle, thief = Handle.of(SECRET, ASKED), Handle.of(SECRET, replace(ASKED, key="guess"))
    sealed = handle.seal(ANSWER, os.urandom)
    with pytest.raises(AnswerAltered):
        thief.open(thief.fingerprint, sealed)
    assert thief.open(thief.fingerprint, thief.seal(ANSWER, os.urandom)) == ANSWER


def test_the_key_alone_finds_nothing() -> None:
    handle, guess = Handle.of(SECRET, ASKED), Handle.of(OTHER, ASKED)
    assert guess.digest != handle.digest
    assert guess.fingerprint != handle.fingerprint
    with pytest.raises(IllFormed):
        Handle.of(b"", ASKED)


def test_an_answer_stays_where_it_was_put() -> None:
    handle, other = Handle.of(SECRET, ASKED), Handle.of(SECRET, replace(ASKED, body=b"{}"))
    with pytest.raises(AnswerAltered):
        other.open(other.fingerprint, handle.seal(ANSWER, os.urandom))


def test_nothing_of_it_is_shown_or_stored_in_clear() -> None:
    handle = Handle.of(SECRET, ASKED)
    stored = handle.digest + handle.fingerprint + handle.seal(ANSWER, os.urandom)
    for secret in (b"key", b"Lovelace", b"bearer", b"operator"):
        assert secret not in stored
    assert "key" not in repr(ASKED).lower().replace("<credence", "")
    assert "bearer" not in repr(ANSWER)
