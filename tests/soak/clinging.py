"""A wallet whose holder was revoked and goes on with what it has: the witness and the checkpoint of just before, for as long
as anybody takes them.

It looks at nothing that the SDK's wallet looks at. What it can do is to show the last value under which its witness is one,
as of the latest minute for which the log holds that value: nothing that is younger exists.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Self

from credence.circuits import curve as curves
from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import random_scalar
from credence.circuits.issuance import HeldCredential
from credence.circuits.presentation import AccumulatorView, present
from credence.circuits.renewal import RenewalAsk, RenewalRequest, request_renewal
from credence.circuits.revocation_log import AccumulatorKey, Staple, follow, verify_staple
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.service.clock import system_clock

_FRESH = 60


@dataclass(frozen=True)
class Clinging:
    """One credential, and the value that it can be shown by."""

    held: HeldCredential = field(repr=False)
    document: IssuerDocument = field(repr=False)
    view: AccumulatorView
    witness: bytes = field(repr=False)

    @classmethod
    def at(cls, staple: Staple, held: HeldCredential, document: IssuerDocument) -> Self:
        """As an honest wallet is once it has followed a staple. Raises :class:`CircuitError` for one that leads nowhere."""
        key, before = key_of(document), held.witness
        assert before is not None
        stapled = verify_staple(staple, held.issuer, key, held.log_vkey, now=system_clock(), max_age_s=_FRESH)
        reached = follow(curves.load(), key, before, held.revocation_handle, stapled)
        at = stapled.checkpoint
        return cls(held, document, AccumulatorView(key.public_key, at.value, at.index, at.minute), reached.witness)

    def as_of(self, minute: int) -> Self:
        """The same value in another minute, for which the log has to hold it."""
        return replace(self, view=replace(self.view, minute=minute))

    def answer(self, request: PresentationRequest) -> Presentation:
        """A proof that is good under the old value."""
        return present(
            curves.load(),
            request,
            {"person": self.held},
            system_clock(),
            secrets.token_bytes,
            accumulators={"person": self.view},
            witnesses={"person": self.witness},
        )

    def renewal(self, ask: RenewalAsk) -> RenewalRequest:
        """The same towards the issuer, for a standing."""
        blind, now = random_scalar(secrets.token_bytes), system_clock()
        given = (self.document, self.held, self.view, self.witness, blind, now, secrets.token_bytes)
        return request_renewal(curves.load(), ask, *given).request


def key_of(document: IssuerDocument) -> AccumulatorKey:
    """The accumulator of persons' credentials."""
    key = document.accumulator_of(PERSON_1.id)
    assert key is not None
    return key
