"""What is stored in place of an idempotency key, a request and an answer.

The key itself goes into everything, beside the keyring's secret: without the secret a short key could be guessed from its
digest, and without the key nobody opens the answer, whatever else was stolen.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credence.circuits.encoding import Rng
from credence.circuits.hashing import Label, hmac_labelled
from credence.service.errors import IdempotencyMismatch, ServiceError
from credence.service.idempotency.answer import Answer

NONCE_LENGTH: Final = 12


class AnswerAltered(ServiceError):
    """A stored answer that does not open: somebody changed it in the database."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A request, as far as two are told apart. ``key`` is the raw idempotency key.

    ``owner`` is whose key it is: the party, a kind, a name.
    """

    owner: tuple[str, str, str]
    key: str = field(repr=False)
    method: str
    path: str
    query: bytes
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Handle:
    """What one secret of the keyring makes of a request: where its answer lies, and what opens it. 32 bytes each."""

    digest: bytes
    fingerprint: bytes
    _answer_key: bytes

    @classmethod
    def of(cls, secret: bytes, asked: Asked) -> Self:
        """``secret`` is a 32-byte key of the purpose ``idempotency``."""
        whose = (*(part.encode() for part in asked.owner), asked.key.encode())
        own = hmac_labelled(secret, Label.IDEMPOTENCY, b"own", *whose)
        request = (asked.method.encode(), asked.path.encode(), asked.query, asked.body)
        return cls(
            digest=hmac_labelled(secret, Label.IDEMPOTENCY, b"digest", *whose),
            fingerprint=hmac_labelled(own, Label.IDEMPOTENCY, b"request", *request),
            _answer_key=hmac_labelled(own, Label.IDEMPOTENCY, b"answer"),
        )

    def seal(self, answer: Answer, rng: Rng) -> bytes:
        """A fresh 12-byte nonce, and the answer under AES-256-GCM, bound to the key and the request."""
        nonce = rng(NONCE_LENGTH)
        return nonce + AESGCM(self._answer_key).encrypt(nonce, answer.encoded(), self.digest + self.fingerprint)

    def open(self, fingerprint: bytes, sealed: bytes) -> Answer:
        """The answer of a row under :attr:`digest`.

        Raises :class:`IdempotencyMismatch` where it answers another request, :class:`AnswerAltered`.
        """
        if not hmac.compare_digest(fingerprint, self.fingerprint):
            raise IdempotencyMismatch
        nonce, data = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
        try:
            return Answer.decoded(AESGCM(self._answer_key).decrypt(nonce, data, self.digest + self.fingerprint))
        except (InvalidTag, ValueError) as error:
            raise AnswerAltered from error
