"""A key ceremony's transcript: who took part, what they committed to, which keys came of it, with what software.

It is public. Its digest is a leaf in the ledger, and whoever signed it can be asked. That the keys were made of the
contributions no transcript shows: for that one has to have been there, which is what participants sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.fields import Fields, json_digest
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.issuer_document import IssuerDocument, IssuerKey
from credence.service.keys.contributions import MAX_PARTICIPANTS, Commitment, Contribution, check_signature
from credence.service.keys.keyring import Keyring
from credence.service.keys.purposes import Purpose

LEAF: Final = "key-ceremony"
"""The kind of a transcript's leaf."""

_TYPE: Final = "credence/key-ceremony/1"
_MAX_KEYS: Final = 64


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was made: its purpose, its id, and the 32-byte Ed25519 key where it has one; empty for a secret."""

    purpose: str
    key_id: str
    public_key: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Reads one. Raises :class:`Malformed`."""
        fields = Fields(value, "made key")
        found = cls(
            purpose=fields.choice("purpose", *Purpose),
            key_id=fields.text("key_id", max_length=32),
            public_key=fields.binary("public_key", length=32) if fields.has("public_key") else b"",
        )
        fields.done()
        return found

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "purpose": self.purpose,
            "key_id": self.key_id,
            "public_key": b64u(self.public_key) if self.public_key else None,
        }


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a ceremony leaves. ``issuing`` is the key that signs credentials, with the proof that its secret is known;
    ``made_at`` in unix seconds; ``software`` names version, interpreter and engine; ``signatures`` are by participant."""

    issuer: str
    log_vkey: str
    made_at: int
    software: Mapping[str, str]
    participants: tuple[Commitment, ...]
    issuing: IssuerKey
    keys: tuple[MadeKey, ...]
    signatures: Mapping[str, bytes]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Reads one; no signature over it is believed yet. Raises :class:`Malformed`, and as :meth:`Commitment.parse`."""
        fields = Fields(value, "transcript")
        fields.choice("type", _TYPE)
        software, signed = fields.nested("software"), fields.nested("signatures")
        found = cls(
            issuer=fields.text("issuer", max_length=128),
            log_vkey=fields.text("log_vkey", max_length=512),
            made_at=fields.integer("made_at"),
            software={name: software.text(name, max_length=128) for name in software.names()[:8]},
            participants=fields.items("participants", Commitment.parse, maximum=MAX_PARTICIPANTS),
            issuing=IssuerKey.parse(fields.raw_object("issuing")),
            keys=fields.items("keys", MadeKey.parse, minimum=1, maximum=_MAX_KEYS),
            signatures={name: signed.binary(name, length=64) for name in signed.names()[:MAX_PARTICIPANTS]},
        )
        for part in (software, signed, fields):
            part.done()
        if len({each.name for each in found.participants}) != len(found.participants):
            raise Malformed("a participant stands twice", Step.SHAPE)
        return found

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {**self._said(), "signatures": {name: b64u(found) for name, found in sorted(self.signatures.items())}}

    def _said(self) -> dict[str, Any]:
        return {
            "type": _TYPE,
            "issuer": self.issuer,
            "log_vkey": self.log_vkey,
            "made_at": self.made_at,
            "software": dict(self.software),
            "participants": [each.to_json() for each in self.participants],
            "issuing": self.issuing.to_json(),
            "keys": [key.to_json() for key in self.keys],
        }

    def digest(self) -> bytes:
        """SHA-256 of the canonical form without the signatures, 32 bytes: what is signed and logged."""
        return json_digest(self._said())

    def leaf(self) -> bytes:
        """Its leaf in the ledger, 32 bytes. Not salted: the transcript is public."""
        return sha256_labelled(Label.KEY_CEREMONY, b"leaf", self.digest())

    def signed_by(self, name: str, key: Ed25519PrivateKey) -> Transcript:
        """The transcript with one more signature. Raises :class:`Refused` for a key that is not the participant's."""
        public = key.public_key().public_bytes_raw()
        if not any((each.name, each.public_key) == (name, public) for each in self.participants):
            raise Refused("no participant of that name committed with that key", Step.RECEIPT)
        return replace(self, signatures={**self.signatures, name: key.sign(self._signed_bytes())})

    def check(self, curve: Curve, contributions: Sequence[Contribution] = ()) -> None:
        """Returns iff the issuing key is proven, everybody (one at least) who committed with a key has signed, nobody else,
        and each of ``contributions`` is what its participant committed to. Raises :class:`Refused` or :class:`Malformed`."""
        self.issuing.check_possession(curve)
        made = next((key for key in self.keys if key.purpose == Purpose.ISSUER_BBS), None)
        if made is None or made.key_id != self.issuing.key_id:
            raise Refused("the issuing key is not one of the keys that were made", Step.CONTEXT)
        signing = {each.name: each.public_key for each in self.participants if each.public_key}
        if not signing:
            raise Refused("nobody took part who could sign: that is no ceremony", Step.RECEIPT)
        if signing.keys() != self.signatures.keys():
            raise Refused("somebody who committed with a key has not signed, or somebody else has", Step.RECEIPT)
        for name, public in signing.items():
            check_signature(public, self.signatures[name], self._signed_bytes())
        committed = {each.name: each for each in self.participants}
        for contribution in contributions:
            if contribution.name not in committed:
                raise Refused("a contribution is nobody's who took part", Step.CHALLENGE)
            contribution.check(committed[contribution.name])

    def check_published(self, document: IssuerDocument) -> None:
        """Returns iff the issuing key stands in a document of the issuer, live or retired. Raises :class:`Refused`."""
        if (document.issuer, document.log_vkey) != (self.issuer, self.log_vkey):
            raise Refused("the document is of another issuer or log", Step.CONTEXT)
        known = {(key.key_id, key.suite, key.public_key, key.possession) for key in document.keys}
        key = self.issuing
        if (key.key_id, key.suite, key.public_key, key.possession) not in known:
            raise Refused("the issuer does not publish the key that was made", Step.CONTEXT)

    def _signed_bytes(self) -> bytes:
        return sha256_labelled(Label.KEY_CEREMONY, b"signed", self.digest())


def made_keys(keyring: Keyring) -> tuple[MadeKey, ...]:
    """What the world may know of the keys of a keyring that was just made."""
    found = []
    for version in keyring.versions():
        public = b""
        if version.purpose.is_ed25519:
            public = keyring.public_key(version.purpose, version.key_id).public_bytes_raw()
        found.append(MadeKey(version.purpose.value, version.key_id, public))
    return tuple(found)
