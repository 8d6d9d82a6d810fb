"""Warrants: who asks the trustees to open a handle, on what basis and of which presentation; and what everybody sees of it.

A warrant is signed by whoever asks. Its *notice* is public: authority, basis, trustees and day, with the warrant's digest,
which a nonce keeps from telling anything. The notice is a leaf of the log before any trustee does anything, and the opening
is another one: so that anybody can count them, and nobody learns from that whom they are about.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.curve import G1, G1_LENGTH, Curve
from credence.circuits.encoding import Rng, b64u, decode_g1
from credence.circuits.errors import CircuitError, Malformed, Refused, Step
from credence.circuits.escrow.generation import TrusteeSet
from credence.circuits.escrow.locking import Locked, lock, unlock
from credence.circuits.escrow.messages import DIGEST_LENGTH, IDENTITY_LENGTH, MAX_MEMBERS, SIGNATURE_LENGTH
from credence.circuits.escrow.opening import Opening, Part, combine
from credence.circuits.fields import Fields, Json, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.signatures import check_signed

WARRANT_LEAF: Final = "warrant"
"""The kind of a warrant's leaf, which is not salted: its notice is public."""

OPENING_LEAF: Final = "opening"
"""The kind of an opening's leaf, which is not salted either."""

NONCE_LENGTH: Final = 32
MAX_LIFETIME: Final = 90 * DAY_SECONDS
"""Seconds that a warrant is valid at most."""

_ID: Final = 128
_BASIS: Final = 256


@dataclass(frozen=True, slots=True)
class Warrant:
    """What is asked. Digests have 32 bytes, points 48, times are unix seconds.

    ``receipt`` is the accepted receipt's :meth:`~credence.circuits.receipt.Receipt.signed_bytes`; ``trustees`` the set's id
    and ``purpose`` the label, both as they stood in the presentation's context; ``reader`` is the key that parts are locked
    to, ``identity`` the Ed25519 key that signs the warrant. ``basis`` is public and has no personal data in it.
    """

    authority: str
    basis: str
    verifier: str
    receipt: bytes
    presentation: bytes
    policy_hash: bytes
    trustees: str
    purpose: str
    E1: bytes = field(repr=False)
    E2: bytes = field(repr=False)
    reader: bytes
    identity: bytes
    issued_at: int
    expires_at: int
    nonce: bytes = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The signed content."""
        return {
            "type": "credence/warrant/1",
            "authority": self.authority,
            "basis": self.basis,
            "verifier": self.verifier,
            "receipt": b64u(self.receipt),
            "presentation": b64u(self.presentation),
            "policy_hash": b64u(self.policy_hash),
            "trustees": self.trustees,
            "purpose": self.purpose,
            "E1": b64u(self.E1),
            "E2": b64u(self.E2),
            "reader": b64u(self.reader),
            "identity": b64u(self.identity),
            "issued_at": self.issued_at,
            "expires_at": self.expires_at,
            "nonce": b64u(self.nonce),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the content. Raises :class:`Malformed`, also for a warrant that is valid for longer than 90 days or never."""
        fields = Fields(value, "warrant")
        fields.choice("type", "credence/warrant/1")
        warrant = cls(
            authority=fields.text("authority", max_length=_ID),
            basis=fields.text("basis", max_length=_BASIS),
            verifier=fields.text("verifier", max_length=_ID),
            receipt=fields.binary("receipt", length=DIGEST_LENGTH),
            presentation=fields.binary("presentation", length=DIGEST_LENGTH),
            policy_hash=fields.binary("policy_hash", length=32),
            trustees=fields.text("trustees", max_length=_ID),
            purpose=fields.text("purpose", max_length=_BASIS),
            E1=fields.binary("E1", length=G1_LENGTH),
            E2=fields.binary("E2", length=G1_LENGTH),
            reader=fields.binary("reader", length=G1_LENGTH),
            identity=fields.binary("identity", length=IDENTITY_LENGTH),
            issued_at=fields.integer("issued_at"),
            expires_at=fields.integer("expires_at"),
            nonce=fields.binary("nonce", length=NONCE_LENGTH),
        )
        fields.done()
        if not warrant.issued_at < warrant.expires_at <= warrant.issued_at + MAX_LIFETIME:
            raise Malformed("a warrant ends after it begins, and within 90 days", Step.RECEIPT)
        return warrant

    def digest(self) -> bytes:
        """The 32 bytes that are signed, and that the notice and every part of the opening name."""
        return sha256_labelled(Label.WARRANT, canonical_json(self.to_json()))

    def notice(self) -> Notice:
        """What everybody sees of it."""
        return Notice(self.authority, self.basis, self.trustees, self.issued_at // DAY_SECONDS, self.digest())

    def opening(self, trustees: TrusteeSet) -> Opening:
        """What those trustees open by it."""
        return Opening(trustees, self.digest(), self.presentation, self.purpose, self.E1, self.E2)

    def check_time(self, now: int) -> None:
        """Returns iff it is valid at ``now``. Raises :class:`Refused`."""
        if now < self.issued_at:
            raise Refused("the warrant is not valid yet", Step.RECEIPT)
        if now >= self.expires_at:
            raise Refused("the warrant has expired", Step.RECEIPT)


def sign_warrant(warrant: Warrant, key: Ed25519PrivateKey) -> dict[str, Any]:
    """As it goes over the wire: ``{"warrant": …, "signature": base64url}``."""
    return {"warrant": warrant.to_json(), "signature": b64u(key.sign(warrant.digest()))}


def open_warrant(value: object, curve: Curve) -> Warrant:
    """The warrant inside a signed one, its signature and points checked; whether its identity is the authority's is for who
    knows the authority. Raises :class:`Malformed`, or :class:`Refused` for another key's signature.
    """
    fields = Fields(value, "signed warrant")
    warrant = Warrant.parse(fields.raw_object("warrant"))
    signature = fields.binary("signature", length=SIGNATURE_LENGTH)
    fields.done()
    for point in (warrant.E1, warrant.E2, warrant.reader):
        decode_g1(curve, point)
    refusal = Refused("the warrant's signature is not valid", Step.RECEIPT)
    check_signed(warrant.digest(), signature, warrant.identity, refusal)
    return warrant


@dataclass(frozen=True, slots=True)
class Notice:
    """What is public of a warrant. ``day`` counts from 1970-01-01."""

    authority: str
    basis: str
    trustees: str
    day: int
    warrant: bytes

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/warrant-notice/1",
            "authority": self.authority,
            "basis": self.basis,
            "trustees": self.trustees,
            "day": self.day,
            "warrant": b64u(self.warrant),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a notice. Raises :class:`Malformed`."""
        fields = Fields(value, "notice")
        fields.choice("type", "credence/warrant-notice/1")
        notice = cls(
            authority=fields.text("authority", max_length=_ID),
            basis=fields.text("basis", max_length=_BASIS),
            trustees=fields.text("trustees", max_length=_ID),
            day=fields.integer("day", maximum=1 << 20),
            warrant=fields.binary("warrant", length=DIGEST_LENGTH),
        )
        fields.done()
        return notice

    def leaf(self) -> bytes:
        """The warrant's 32 leaf bytes in the log."""
        return sha256_labelled(Label.WARRANT_NOTICE, canonical_json(self.to_json()))

    def opening_leaf(self) -> bytes:
        """The 32 leaf bytes that the log gets once enough trustees have handed in their parts."""
        return sha256_labelled(Label.OPENING_NOTICE, canonical_json(self.to_json()))


@dataclass(frozen=True, slots=True)
class Share:
    """A trustee's part on its way to whoever asked, whom alone it is locked to. The trustee's number is public."""

    warrant: bytes
    index: int
    locked: Locked
    signature: bytes = b""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a share. Raises :class:`Malformed`."""
        fields = Fields(value, "opening share")
        fields.choice("type", "credence/opening-share/1")
        share = cls(
            warrant=fields.binary("warrant", length=DIGEST_LENGTH),
            index=fields.integer("index", minimum=1, maximum=MAX_MEMBERS),
            locked=Locked.parse(fields.raw_object("locked")),
            signature=fields.binary("signature", length=SIGNATURE_LENGTH),
        )
        fields.done()
        return share

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {**self._said(), "signature": b64u(self.signature)}

    def _said(self) -> dict[str, Any]:
        return {
            "type": "credence/opening-share/1",
            "warrant": b64u(self.warrant),
            "index": self.index,
            "locked": self.locked.to_json(),
        }

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed."""
        return sha256_labelled(Label.OPENING_SHARE, canonical_json(self._said()))

    def check(self, identity: bytes) -> None:
        """Returns iff the trustee with that Ed25519 key signed it. Raises :class:`Refused`."""
        refusal = Refused("the share is not signed by its trustee", Step.RECEIPT)
        check_signed(self.signed_bytes(), self.signature, identity, refusal)


def lock_part(curve: Curve, warrant: Warrant, part: Part, identity: Ed25519PrivateKey, rng: Rng) -> Share:
    """A part for the warrant's reader alone, signed by its trustee."""
    digest = warrant.digest()
    message = canonical_json(part.to_json())
    locked = lock(curve, decode_g1(curve, warrant.reader), message, _about(digest, part.index), rng)
    share = Share(digest, part.index, locked)
    return Share(digest, part.index, locked, identity.sign(share.signed_bytes()))


def unlock_part(curve: Curve, share: Share, secret: int) -> Part:
    """The part inside a share; what it proves is for :func:`~credence.circuits.escrow.opening.combine` to check.

    Raises :class:`Refused` for another reader, and where another part is inside than it says.
    """
    message = unlock(curve, secret, share.locked, _about(share.warrant, share.index))
    try:
        part = Part.parse(_object(message))
    except CircuitError as error:
        raise Refused("a share has no part in it", Step.RECEIPT) from error
    if part.index != share.index:
        raise Refused("a share has another trustee's part in it", Step.RECEIPT)
    return part


@dataclass(frozen=True, slots=True)
class Finding:
    """What an authority shows the issuer: its signed warrant, and the trustees' parts, from which the point follows anew."""

    warrant: Json
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a finding. Raises :class:`Malformed`; nothing is checked before :meth:`check`."""
        fields = Fields(value, "finding")
        fields.choice("type", "credence/finding/1")
        found = cls(fields.raw_object("warrant"), fields.items("parts", Part.parse, minimum=1, maximum=MAX_MEMBERS))
        fields.done()
        return found

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/finding/1",
            "warrant": dict(self.warrant),
            "parts": [part.to_json() for part in self.parts],
        }

    def check(self, curve: Curve, trustees: TrusteeSet, rng: Rng) -> tuple[Warrant, G1]:
        """The warrant, and ``id·G_id`` of the handle that it asks for: of no other one.

        Raises :class:`Malformed`, :class:`Refused` where warrant or parts do not hold, or are for other trustees.
        """
        warrant = open_warrant(self.warrant, curve)
        if warrant.trustees != trustees.id:
            raise Refused("the warrant is for other trustees", Step.CONTEXT)
        return warrant, combine(curve, warrant.opening(trustees), self.parts, rng)


def _about(warrant: bytes, index: int) -> bytes:
    return sha256_labelled(Label.OPENING_SHARE, b"locked", warrant, index.to_bytes(4, "little"))


def _object(message: bytes) -> object:
    try:
        return json.loads(message)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON", Step.SHAPE) from error
