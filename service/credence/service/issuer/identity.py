"""What is derived from a person and kept: every value keyed or salted, so that a stolen table opens no dictionary.

Each derivation has its own key and its own label. The keys of ``identity_tag`` and of the entropy are permanent: the same
document must lead to the same tag, and the same tag to the same pseudonyms.
"""

from __future__ import annotations

import hmac
from typing import Final

from credence.circuits.encoding import b64u, u64le
from credence.circuits.hashing import Expand, Label, hash_to_scalar, hmac_labelled, sha256_labelled
from credence.circuits.issuance import IssuerEntropy
from credence.service.issuer.evidence import Document

TAG_LENGTH: Final = 32
SALT_LENGTH: Final = 32


def identity_tag(key: bytes, document: Document) -> bytes:
    """The keyed tag of one person, 32 bytes, from country, type and number of the document."""
    parts = (document.country, document.type, document.canonical_number)
    return hmac_labelled(key, Label.IDENTITY_TAG, *(part.encode() for part in parts))


def evidence_digest(key: bytes, token: bytes) -> bytes:
    """The keyed digest of evidence, 32 bytes: the same evidence is found again, by this service alone."""
    return hmac_labelled(key, Label.EVIDENCE, token)


def evidence_commitment(salt: bytes, token: bytes) -> bytes:
    """The salted commitment to evidence, 32 bytes, which whoever holds the evidence can open for an auditor."""
    return sha256_labelled(Label.EVIDENCE, salt, token)


def issuer_entropy(key: bytes, expand: Expand, tag: bytes, resets: int) -> IssuerEntropy:
    """The issuer's halves of ``nym_secret`` and ``use_key``: the same for a tag and a number of resets, for ever."""

    def half(label: Label) -> int:
        return hash_to_scalar(expand, hmac_labelled(key, label, tag, u64le(resets)), label.value)

    return IssuerEntropy(nym=half(Label.NYM_ENTROPY), use=half(Label.USE_ENTROPY))


def offer_secret(key: bytes, case_id: str) -> str:
    """The bearer secret of a case's offer, 43 characters. It is derived again when asked for, so no table has it."""
    return b64u(hmac_labelled(key, Label.OFFER_SECRET, case_id.encode()))


def is_offer_secret(key: bytes, case_id: str, shown: str) -> bool:
    """Whether ``shown`` is the secret of that case's offer, in constant time."""
    return hmac.compare_digest(offer_secret(key, case_id).encode(), shown.encode("utf-8", "surrogatepass"))
