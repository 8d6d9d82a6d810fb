"""What is derived from a person and kept: every value keyed or salted, so that a stolen table opens no dictionary.

Each derivation has its own key and its own label. The keys of ``identity_tag`` and of the issuer's entropy are behind a port
(:class:`~credence.service.keys.ports.IdentityTags`), in this process or in one of their own.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from credence.circuits.encoding import b64u, u64le
from credence.circuits.hashing import Label, hmac_labelled, sha256_labelled
from credence.service.issuer.evidence import Document
from credence.service.issuer.numbers import VERSIONS, canonical_number
from credence.service.keys.ports import IdentityTags

SALT_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Tag:
    """A keyed tag (32 bytes) of one person's document, and the version of the rule that its number was written by."""

    version: int
    value: bytes = field(repr=False)


def identity_tag(tags: IdentityTags, document: Document, version: int = VERSIONS[0]) -> bytes:
    """The keyed tag of one person, 32 bytes, from country, type and number of the document by one version's rule, and
    from who numbered it where the country does not.

    Every version but the first stands in what is keyed, so that no two versions give one tag.
    """
    number = canonical_number(document.country, document.type, document.number, version)
    by = [] if document.numbered_by is None else [document.numbered_by]
    parts = [part.encode() for part in (document.country, document.type, number, *by)]
    return tags.tag(*([] if version == 1 else [u64le(version)]), *parts)


def identity_tags(tags: IdentityTags, document: Document) -> tuple[Tag, ...]:
    """The tags of a document in every version in use, the one that is written first."""
    return tuple(Tag(version, identity_tag(tags, document, version)) for version in VERSIONS)


def evidence_digest(key: bytes, token: bytes) -> bytes:
    """The keyed digest of evidence, 32 bytes: the same evidence is found again, by this service alone."""
    return hmac_labelled(key, Label.EVIDENCE, token)


def evidence_commitment(salt: bytes, token: bytes) -> bytes:
    """The salted commitment to evidence, 32 bytes, which whoever holds the evidence can open for an auditor."""
    return sha256_labelled(Label.EVIDENCE, salt, token)


def offer_secret(key: bytes, case_id: str) -> str:
    """The bearer secret of a case's offer, 43 characters. It is derived again when asked for, so no table has it."""
    return b64u(hmac_labelled(key, Label.OFFER_SECRET, case_id.encode()))


def is_offer_secret(key: bytes, case_id: str, shown: str) -> bool:
    """Whether ``shown`` is the secret of that case's offer, in constant time."""
    return hmac.compare_digest(offer_secret(key, case_id).encode(), shown.encode("utf-8", "surrogatepass"))
