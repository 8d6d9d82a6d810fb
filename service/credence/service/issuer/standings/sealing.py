"""What is kept of an answer so that a repeat gets it again: sealed under the commitment, which only its wallet can send.

A commitment is uniform and is shown to nobody else, so that whoever has the table reads no score in it.
"""

from __future__ import annotations

import hmac
import json
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credence.circuits.encoding import Rng
from credence.circuits.hashing import Label, hmac_labelled
from credence.circuits.wire import IssuedCredential
from credence.service.errors import ServiceError
from credence.service.issuer.standings.records import IssuerStanding

_NONCE: Final = 12


class AnswerAltered(ServiceError):
    """A stored answer that does not open: somebody changed it in the database."""


def point_digest(session_id: str, commitment: bytes) -> bytes:
    """By what a session knows its commitment again, 32 bytes."""
    return hmac_labelled(commitment, Label.ATTESTATION, b"standing-point", session_id.encode())


def is_commitment_of(row: IssuerStanding, commitment: bytes) -> bool:
    """Whether a session served this commitment."""
    return hmac.compare_digest(row.point, point_digest(row.session_id, commitment))


def seal_answer(session_id: str, commitment: bytes, issued: IssuedCredential, rng: Rng) -> bytes:
    """A fresh 12-byte nonce, and the credential under AES-256-GCM."""
    nonce, data = rng(_NONCE), json.dumps(issued.to_json()).encode()
    return nonce + AESGCM(_key(session_id, commitment)).encrypt(nonce, data, session_id.encode())


def open_answer(row: IssuerStanding, commitment: bytes) -> IssuedCredential:
    """The credential that was answered to this commitment. Raises :class:`AnswerAltered`."""
    nonce, data = row.answer[:_NONCE], row.answer[_NONCE:]
    try:
        found = AESGCM(_key(row.session_id, commitment)).decrypt(nonce, data, row.session_id.encode())
    except (InvalidTag, ValueError) as error:
        raise AnswerAltered from error
    return IssuedCredential.parse(json.loads(found))


def _key(session_id: str, commitment: bytes) -> bytes:
    return hmac_labelled(commitment, Label.ATTESTATION, b"standing-answer", session_id.encode())
