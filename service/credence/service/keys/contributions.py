"""Contributions: what each participant of a key ceremony adds to the randomness, committed to before any is shown.

The keys follow from all contributions and from the machine's own randomness: whoever knows one of them less than all of them
knows nothing, and nobody could choose theirs after having seen another's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import Rng, b64u, u64le
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.fields import Fields
from credence.circuits.hashing import Label, hmac_labelled, sha256_labelled
from credence.circuits.signatures import check_signed

ENTROPY_LENGTH: Final = 32
MAX_PARTICIPANTS: Final = 32
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_SIGNATURE: Final = 64


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a participant shows first: 32 bytes that commit to the contribution, and the 32-byte Ed25519 key that signs the
    transcript, with its signature over the commitment; both empty where the participant only watches."""

    name: str
    commitment: bytes
    public_key: bytes = b""
    signature: bytes = b""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Reads one. Raises :class:`Malformed`, and :class:`Refused` for a signature of another key."""
        fields = Fields(value, "commitment")
        fields.choice("type", "credence/key-commitment/1")
        found = cls(
            name=_name(fields.text("name", max_length=64)),
            commitment=fields.binary("commitment", length=32),
            public_key=fields.binary("public_key", length=32) if fields.has("public_key") else b"",
            signature=fields.binary("signature", length=_SIGNATURE) if fields.has("signature") else b"",
        )
        fields.done()
        if bool(found.public_key) is not bool(found.signature):
            raise Malformed("a commitment has a key and its signature, or neither", Step.SHAPE)
        if found.public_key:
            check_signature(found.public_key, found.signature, found.signed_bytes())
        return found

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        signed = {"public_key": b64u(self.public_key), "signature": b64u(self.signature)} if self.public_key else {}
        return {"type": "credence/key-commitment/1", "name": self.name, "commitment": b64u(self.commitment), **signed}

    def signed_bytes(self) -> bytes:
        """What the participant's key signs, 32 bytes."""
        return sha256_labelled(Label.KEY_CEREMONY, b"committed", self.name.encode(), self.commitment, self.public_key)


@dataclass(frozen=True, slots=True)
class Contribution:
    """32 bytes of a participant's, and the 32-byte salt of the commitment to them. Secret for good."""

    name: str
    entropy: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def drawn(cls, name: str, own: bytes, rng: Rng) -> Self:
        """From whatever a participant brings (dice, coins, a file; may be empty) and what ``rng`` adds."""
        entropy = sha256_labelled(Label.KEY_CEREMONY, b"entropy", own, rng(ENTROPY_LENGTH))
        return cls(_name(name), entropy, rng(ENTROPY_LENGTH))

    @classmethod
    def parse(cls, value: object) -> Self:
        """Reads one. Raises :class:`Malformed`."""
        fields = Fields(value, "contribution")
        fields.choice("type", "credence/key-contribution/1")
        found = cls(
            name=_name(fields.text("name", max_length=64)),
            entropy=fields.binary("entropy", length=ENTROPY_LENGTH),
            salt=fields.binary("salt", length=ENTROPY_LENGTH),
        )
        fields.done()
        return found

    def to_json(self) -> dict[str, Any]:
        """The accepted form. Secret."""
        what = {"entropy": b64u(self.entropy), "salt": b64u(self.salt)}
        return {"type": "credence/key-contribution/1", "name": self.name, **what}

    def committed(self) -> bytes:
        """What commits to it, 32 bytes."""
        return sha256_labelled(Label.KEY_CEREMONY, b"commitment", self.name.encode(), self.salt, self.entropy)

    def commitment(self, key: Ed25519PrivateKey | None) -> Commitment:
        """The commitment to it, signed with the participant's key where there is one."""
        if key is None:
            return Commitment(self.name, self.committed())
        public = key.public_key().public_bytes_raw()
        unsigned = Commitment(self.name, self.committed(), public, b"")
        return Commitment(self.name, self.committed(), public, key.sign(unsigned.signed_bytes()))

    def check(self, commitment: Commitment) -> None:
        """Returns iff this is what was committed to. Raises :class:`Refused`."""
        if self.name != commitment.name or not hmac.compare_digest(self.committed(), commitment.commitment):
            raise Refused("a contribution is not what was committed to", Step.CHALLENGE)


def mixed(contributions: Sequence[Contribution], rng: Rng) -> Rng:
    """Bytes that follow from all contributions and from ``rng``: each draw is of ``rng``, and mixed with the rest.

    With contributions that somebody knows, it is as good as ``rng``; with a bad ``rng``, as good as the best of them.
    """
    parts = [part for each in contributions for part in (each.name.encode(), each.entropy, each.salt)]
    key = sha256_labelled(Label.KEY_CEREMONY, b"mixed", *parts)
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        fresh = rng(max(count, ENTROPY_LENGTH))
        seed = hmac_labelled(key, Label.KEY_CEREMONY, b"draw", u64le(drawn), u64le(count), fresh)
        return hashlib.shake_256(seed).digest(count)

    return draw


def check_signature(public_key: bytes, signature: bytes, signed: bytes) -> None:
    """Returns iff an Ed25519 signature verifies. Raises :class:`Refused`."""
    check_signed(signed, signature, public_key, Refused("a participant's signature does not verify", Step.RECEIPT))


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Malformed("a participant's name has lower-case letters, digits, dots and dashes", Step.SHAPE)
    return name
