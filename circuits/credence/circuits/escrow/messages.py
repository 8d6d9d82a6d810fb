"""What trustees say to each other when they make a key: frozen dataclasses that ``parse`` reads strictly.

In order: each has a :class:`Member`; somebody writes them into a :class:`Roster`; each sends a :class:`Pledge`; when all
pledges are there, a :class:`Dealing`; and when all dealings are there, a :class:`Verdict`. Each but the roster is signed by
its trustee's Ed25519 identity, and the last three name the ceremony, which is the roster's digest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import G1_LENGTH
from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.escrow.equality import PROOF_LENGTH
from credence.circuits.escrow.locking import Locked
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.signatures import check_signed

MAX_MEMBERS: Final = 32
"""Trustees of one set; a policy can name more, a ceremony of more people does not end."""

MIN_THRESHOLD: Final = 2
DIGEST_LENGTH: Final = 32
IDENTITY_LENGTH: Final = 32
SIGNATURE_LENGTH: Final = 64
NAME_LENGTH: Final = 64


class TrusteeRefused(Refused):
    """One trustee sent what no honest one sends; ``trustee`` is its number, from 1."""

    def __init__(self, trustee: int, reason: str) -> None:
        super().__init__(f"trustee {trustee}: {reason}", Step.RECEIPT)
        self.trustee = trustee


@dataclass(frozen=True, slots=True)
class Member:
    """A trustee's card: its name, its Ed25519 identity (32 bytes), the G1 key it reads with (48), the proof that it can."""

    name: str
    identity: bytes
    key: bytes
    proof: bytes
    signature: bytes = b""

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {**self._said(), "signature": b64u(self.signature)}

    def _said(self) -> dict[str, Any]:
        return {
            "type": "credence/trustee/1",
            "name": self.name,
            "identity": b64u(self.identity),
            "key": b64u(self.key),
            "proof": b64u(self.proof),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a card; its proofs are checked by who uses it."""
        fields = Fields(value, "trustee")
        fields.choice("type", "credence/trustee/1")
        member = cls(
            name=fields.text("name", max_length=NAME_LENGTH),
            identity=fields.binary("identity", length=IDENTITY_LENGTH),
            key=fields.binary("key", length=G1_LENGTH),
            proof=fields.binary("proof", length=PROOF_LENGTH),
            signature=fields.binary("signature", length=SIGNATURE_LENGTH),
        )
        fields.done()
        return member

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed."""
        return sha256_labelled(Label.TRUSTEES, b"member", canonical_json(self._said()))


@dataclass(frozen=True, slots=True)
class Roster:
    """Who makes a key together: the set's name, ``threshold`` of the members, whose numbers are their places from 1.

    ``nonce`` (16 bytes) makes every ceremony another one: what was said in one means nothing in the next.
    """

    name: str
    threshold: int
    members: tuple[Member, ...]
    nonce: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a roster. Raises :class:`Malformed`, also where a name, identity or key stands twice."""
        fields = Fields(value, "roster")
        fields.choice("type", "credence/trustee-roster/1")
        roster = cls(
            name=fields.text("name", max_length=NAME_LENGTH),
            threshold=fields.integer("threshold", minimum=MIN_THRESHOLD, maximum=MAX_MEMBERS),
            members=fields.items("members", Member.parse, minimum=MIN_THRESHOLD, maximum=MAX_MEMBERS),
            nonce=fields.binary("nonce", length=16),
        )
        fields.done()
        if roster.threshold > len(roster.members):
            raise Malformed("a threshold above the number of trustees", Step.SHAPE)
        for values in (
            [m.name for m in roster.members],
            [m.identity for m in roster.members],
            [m.key for m in roster.members],
        ):
            if len(set(values)) != len(values):
                raise Malformed("a trustee stands twice", Step.SHAPE)
        return roster

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/trustee-roster/1",
            "name": self.name,
            "threshold": self.threshold,
            "members": [member.to_json() for member in self.members],
            "nonce": b64u(self.nonce),
        }

    def digest(self) -> bytes:
        """The ceremony: 32 bytes."""
        return sha256_labelled(Label.TRUSTEES, b"roster", canonical_json(self.to_json()))

    def number_of(self, identity: bytes) -> int:
        """The number of the member with that identity. Raises :class:`Refused` for nobody of the roster."""
        for number, member in enumerate(self.members, start=1):
            if member.identity == identity:
                return number
        raise Refused("this trustee is not of the roster", Step.RECEIPT)


@dataclass(frozen=True, slots=True)
class Pledge:
    """First round: the hash of a dealing's commitments and proof, so that nobody chooses theirs by those of the others."""

    ceremony: bytes
    index: int
    pledge: bytes
    signature: bytes = b""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a pledge."""
        fields = _of_ceremony(value, "pledge")
        pledge = cls(*_place(fields), fields.binary("pledge", length=DIGEST_LENGTH), _signature(fields))
        fields.done()
        return pledge

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {**self._said(), "signature": b64u(self.signature)}

    def _said(self) -> dict[str, Any]:
        return {**_placed("pledge", self.ceremony, self.index), "pledge": b64u(self.pledge)}

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed."""
        return sha256_labelled(Label.TRUSTEES, b"pledge", canonical_json(self._said()))


@dataclass(frozen=True, slots=True)
class Dealing:
    """Second round: the dealer's commitments (48 bytes each, ``threshold`` of them), the proof that it knows the first one's
    secret, and a share for each member, locked to it. ``pledges`` is the digest of all pledges that it saw.

    ``origins`` prove of each locked share that the dealer made its point itself: whoever complains of a share shows what
    opens that point, which must not be one that somebody else locked to it.
    """

    ceremony: bytes
    index: int
    pledges: bytes
    commitments: tuple[bytes, ...]
    proof: bytes
    shares: tuple[Locked, ...]
    origins: tuple[bytes, ...]
    signature: bytes = b""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a dealing."""
        fields = _of_ceremony(value, "dealing")
        dealing = cls(
            *_place(fields),
            pledges=fields.binary("pledges", length=DIGEST_LENGTH),
            commitments=fields.items("commitments", _point, minimum=MIN_THRESHOLD, maximum=MAX_MEMBERS),
            proof=fields.binary("proof", length=PROOF_LENGTH),
            shares=fields.items("shares", Locked.parse, minimum=MIN_THRESHOLD, maximum=MAX_MEMBERS),
            origins=fields.items("origins", _proof, minimum=MIN_THRESHOLD, maximum=MAX_MEMBERS),
            signature=_signature(fields),
        )
        fields.done()
        return dealing

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {**self._said(), "signature": b64u(self.signature)}

    def _said(self) -> dict[str, Any]:
        return {
            **_placed("dealing", self.ceremony, self.index),
            "pledges": b64u(self.pledges),
            "commitments": [b64u(point) for point in self.commitments],
            "proof": b64u(self.proof),
            "shares": [share.to_json() for share in self.shares],
            "origins": [b64u(proof) for proof in self.origins],
        }

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed."""
        return sha256_labelled(Label.TRUSTEES, b"dealing", canonical_json(self._said()))

    def pledged(self) -> bytes:
        """What the dealer's pledge has to be, 32 bytes."""
        return pledged_digest(self.ceremony, self.index, self.commitments, self.proof)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a dealer sent, shown to everybody: the point that its locked share opens with, and the proof that it is that."""

    dealer: int
    shared: bytes
    proof: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a complaint."""
        fields = Fields(value, "complaint")
        complaint = cls(
            fields.integer("dealer", minimum=1, maximum=MAX_MEMBERS),
            fields.binary("shared", length=G1_LENGTH),
            fields.binary("proof", length=PROOF_LENGTH),
        )
        fields.done()
        return complaint

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {"dealer": self.dealer, "shared": b64u(self.shared), "proof": b64u(self.proof)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Third round: that all dealings are in order, or which one is not. ``dealings`` is the digest of all that it saw."""

    ceremony: bytes
    index: int
    dealings: bytes
    complaint: Complaint | None = None
    signature: bytes = b""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a verdict."""
        fields = _of_ceremony(value, "verdict")
        verdict = cls(
            *_place(fields),
            dealings=fields.binary("dealings", length=DIGEST_LENGTH),
            complaint=Complaint.parse(fields.raw_object("complaint")) if fields.has("complaint") else None,
            signature=_signature(fields),
        )
        fields.done()
        return verdict

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {**self._said(), "signature": b64u(self.signature)}

    def _said(self) -> dict[str, Any]:
        return {
            **_placed("verdict", self.ceremony, self.index),
            "dealings": b64u(self.dealings),
            "complaint": None if self.complaint is None else self.complaint.to_json(),
        }

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed."""
        return sha256_labelled(Label.TRUSTEES, b"verdict", canonical_json(self._said()))


Signed = TypeVar("Signed", Member, Pledge, Dealing, Verdict)


def signed(message: Signed, identity: Ed25519PrivateKey) -> Signed:
    """The message with its signature."""
    return replace(message, signature=identity.sign(message.signed_bytes()))


def check_signature(message: Member | Pledge | Dealing | Verdict, identity: bytes, number: int) -> None:
    """Returns iff the trustee with that identity signed it. Raises :class:`TrusteeRefused`."""
    refusal = TrusteeRefused(number, "a message without its signature")
    check_signed(message.signed_bytes(), message.signature, identity, refusal)


def pledged_digest(ceremony: bytes, index: int, commitments: tuple[bytes, ...], proof: bytes) -> bytes:
    """What a pledge holds, 32 bytes."""
    return sha256_labelled(Label.TRUSTEES, b"pledged", ceremony, index.to_bytes(4, "little"), *commitments, proof)


def digest_of(kind: bytes, ceremony: bytes, messages: tuple[Pledge, ...] | tuple[Dealing, ...]) -> bytes:
    """What a round came to: 32 bytes over all of its messages, in the order of their numbers."""
    said = {message.index: message.signed_bytes() for message in messages}
    return sha256_labelled(Label.TRUSTEES, kind, ceremony, *(said[index] for index in sorted(said)))


def _of_ceremony(value: object, what: str) -> Fields:
    fields = Fields(value, what)
    fields.choice("type", f"credence/trustee-{what}/1")
    return fields


def _place(fields: Fields) -> tuple[bytes, int]:
    ceremony = fields.binary("ceremony", length=DIGEST_LENGTH)
    return ceremony, fields.integer("index", minimum=1, maximum=MAX_MEMBERS)


def _placed(what: str, ceremony: bytes, index: int) -> dict[str, Any]:
    return {"type": f"credence/trustee-{what}/1", "ceremony": b64u(ceremony), "index": index}


def _signature(fields: Fields) -> bytes:
    return fields.binary("signature", length=SIGNATURE_LENGTH)


def _point(value: object) -> bytes:
    return Fields({"point": value}, "commitments").binary("point", length=G1_LENGTH)


def _proof(value: object) -> bytes:
    return Fields({"proof": value}, "origins").binary("proof", length=PROOF_LENGTH)
