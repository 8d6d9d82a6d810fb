"""The context: everything both sides agree on, in one byte string that the proof's challenge absorbs.

Layout (docs/protocol.md shows one worked example in hex): every item is ``LP(item)``, integers are 8 bytes little-endian
inside their LP, an absent item is ``LP("")``, a list is its count and then its items.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from credence.circuits.encoding import encode_scalar, lp, u64le
from credence.circuits.errors import IllFormed, Step
from credence.circuits.hashing import Label

MIN_NONCE: Final = 16
MAX_NONCE: Final = 64


class Operation(bytes, Enum):
    """What a proof is for; a proof of one operation never verifies as another."""

    PRESENT = b"present"
    ISSUE = b"issue"


@dataclass(frozen=True, slots=True)
class CredentialContext:
    """One credential slot: the issuer's public key (96 bytes), the BBS header, the schema and the BBS api_id."""

    issuer_key: bytes
    header: bytes
    schema: str
    api_id: bytes


@dataclass(frozen=True, slots=True)
class AccumulatorContext:
    """One accumulator checkpoint a proof refers to: its key, the value V_t, the log index and the unix minute."""

    key: bytes
    value: bytes
    index: int
    minute: int


@dataclass(frozen=True, slots=True)
class EscrowContext:
    """The trustee set an escrow is sealed to: id, the public key Y, threshold t of n, and the purpose label."""

    trustees: str
    key: bytes
    threshold: int
    members: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A disclosed scalar: the credential's slot number, the position in the signed vector, the value."""

    slot: int
    index: int
    scalar: int


@dataclass(frozen=True, slots=True)
class Context:
    """See the module. Times are unix seconds, ``day`` a UTC day number, ``use_epoch`` None where no limit is asked."""

    operation: Operation
    policy_hash: bytes
    audience: str
    nonce: bytes
    channel: bytes
    requested_at: int
    expires_at: int
    day: int
    use_epoch: int | None
    credentials: tuple[CredentialContext, ...]
    accumulators: tuple[AccumulatorContext, ...]
    escrow: EscrowContext | None
    disclosed: tuple[Disclosed, ...]
    message: bytes

    def __post_init__(self) -> None:
        if len(self.policy_hash) != 32:
            raise IllFormed("a policy hash has 32 bytes", Step.CONTEXT)
        if not MIN_NONCE <= len(self.nonce) <= MAX_NONCE:
            raise IllFormed("a nonce has 16 to 64 bytes", Step.CONTEXT)
        if not self.audience:
            raise IllFormed("the audience is empty", Step.CONTEXT)
        if self.expires_at <= self.requested_at:
            raise IllFormed("the request ends before it begins", Step.CONTEXT)

    def encode(self) -> bytes:
        """The byte string. Injective: two contexts never share it."""
        items = [
            Label.CONTEXT.value,
            self.operation.value,
            self.policy_hash,
            self.audience.encode(),
            self.nonce,
            self.channel,
            u64le(self.requested_at),
            u64le(self.expires_at),
            u64le(self.day),
            b"" if self.use_epoch is None else u64le(self.use_epoch),
            u64le(len(self.credentials)),
        ]
        for credential in self.credentials:
            items += [credential.issuer_key, credential.header, credential.schema.encode(), credential.api_id]
        items.append(u64le(len(self.accumulators)))
        for accumulator in self.accumulators:
            items += [accumulator.key, accumulator.value, u64le(accumulator.index), u64le(accumulator.minute)]
        items += self._escrow_items()
        items.append(u64le(len(self.disclosed)))
        for disclosed in self.disclosed:
            items += [u64le(disclosed.slot), u64le(disclosed.index), encode_scalar(disclosed.scalar)]
        items.append(self.message)
        return b"".join(lp(item) for item in items)

    def _escrow_items(self) -> list[bytes]:
        if self.escrow is None:
            return [b""] * 5
        escrow = self.escrow
        return [
            escrow.trustees.encode(),
            escrow.key,
            u64le(escrow.threshold),
            u64le(escrow.members),
            escrow.purpose.encode(),
        ]


def scope(audience: str, suffix: str) -> bytes:
    """The pseudonym's context_id: ``LP(label) LP(audience) LP(suffix)``, so one client never reaches another's scope."""
    return lp(Label.SCOPE.value) + lp(audience.encode()) + lp(suffix.encode())
