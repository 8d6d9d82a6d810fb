"""Does one document lead to one tag and one entropy, under one key, and to nothing that opens without it?"""

from __future__ import annotations

import pytest

from credence.circuits.curve import ORDER
from credence.circuits.errors import IllFormed
from credence.service.issuer.evidence import Document
from credence.service.issuer.identity import (
    evidence_commitment,
    evidence_digest,
    identity_tag,
    is_offer_secret,
    offer_secret,
)
from credence.service.keys.tags import KeyedTags

KEY, OTHER = b"k" * 32, b"l" * 32
TAGS, OTHER_TAGS = KeyedTags(KEY, KEY), KeyedTags(OTHER, OTHER)
PASSPORT = Document("IT", "passport", "YA1234567")


def test_one_document_one_tag() -> None:
    tag = identity_tag(TAGS, PASSPORT)
    assert len(tag) == 32
    assert tag == identity_tag(TAGS, Document("IT", "passport", "ya 123 4567"))
    others = [
        identity_tag(OTHER_TAGS, PASSPORT),
        identity_tag(TAGS, Document("FR", "passport", "YA1234567")),
        identity_tag(TAGS, Document("IT", "id-card", "YA1234567")),
        identity_tag(TAGS, Document("IT", "passport", "YA1234568")),
    ]
    assert len({tag, *others}) == 5


def test_digests_and_commitments_are_of_their_key_and_salt() -> None:
    values = {
        evidence_digest(KEY, b"token"),
        evidence_digest(OTHER, b"token"),
        evidence_digest(KEY, b"tokem"),
        evidence_commitment(b"s" * 32, b"token"),
        evidence_commitment(b"t" * 32, b"token"),
        evidence_commitment(b"s" * 32, b"tokem"),
    }
    assert len(values) == 6


def test_entropy_is_of_the_tag_and_the_resets() -> None:
    def entropy(tags: KeyedTags = TAGS, tag: bytes = b"t" * 32, resets: int = 0) -> tuple[int, int]:
        found = tags.entropy(tag, resets)
        return found.nym, found.use

    first = entropy()
    assert first == entropy()
    assert all(0 < half < ORDER for half in first)
    halves = [*first, *entropy(OTHER_TAGS), *entropy(tag=b"u" * 32), *entropy(resets=1)]
    assert len(set(halves)) == 8


def test_an_offer_is_of_its_case() -> None:
    secret = offer_secret(KEY, "case-1")
    assert len(secret) == 43
    assert is_offer_secret(KEY, "case-1", secret)
    for wrong in (
        "",
        secret[:-1],
        secret + "A",
        secret.lower(),
        offer_secret(KEY, "case-2"),
        offer_secret(OTHER, "case-1"),
        "é",
    ):
        assert not is_offer_secret(KEY, "case-1", wrong)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(IllFormed):
        identity_tag(KeyedTags(b"k" * 31, KEY), PASSPORT)
