"""What crosses a wire as JSON: offers, issued credentials, requests, presentations, the issuer document.

Frozen dataclasses; ``parse`` reads strictly and raises :class:`~credence.circuits.errors.Malformed`, ``to_json`` writes the
one accepted form. Binary values are unpadded base64url, scalars are decimal strings, times are unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from credence.circuits.bbs.signature import SIGNATURE_LENGTH
from credence.circuits.credential import DAY_SECONDS, MAX_DAY
from credence.circuits.encoding import b64u
from credence.circuits.fields import Fields, Json
from credence.circuits.issuer_document import SUITES as SUITES
from credence.circuits.issuer_document import IssuerDocument as IssuerDocument
from credence.circuits.issuer_document import IssuerKey as IssuerKey
from credence.circuits.policy.language import MAX_ACCUMULATORS
from credence.circuits.revocation_log import MAX_INDEX, MAX_MINUTE, CheckpointProof, Staple, WitnessState
from credence.circuits.verifier_rules import PolicyProof

MAX_PROOF: Final = 32_768
"""Bytes of a message: 512 scalars and 128 equations with their points come to less."""

MAX_SLOTS: Final = 8
LAST_SECOND: Final = (MAX_DAY + 1) * DAY_SECONDS - 1
"""The last second of the last day that credentials know: no request is of a later one."""

ENCODINGS: Final = ("batchable", "compact")
_ID: Final = 128
MAX_AUDIENCE: Final = 2 * _ID + 1
"""Characters of an audience, ``<verifier>/<client>``."""


def _scalars(values: Mapping[str, int]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Offer:
    """An issuer's offer to sign for an approved case. ``secret`` lets its bearer claim the credential once."""

    issuer: str
    schema: str
    case_id: str
    secret: str = field(repr=False)
    expires_at: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read an offer."""
        fields = Fields(value, "offer")
        fields.choice("type", "credence/offer/1")
        offer = cls(
            issuer=fields.text("issuer", max_length=_ID),
            schema=fields.text("schema", max_length=64),
            case_id=fields.text("case_id", max_length=_ID),
            secret=fields.text("secret", max_length=_ID),
            expires_at=fields.integer("expires_at"),
        )
        fields.done()
        return offer

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/offer/1",
            "issuer": self.issuer,
            "schema": self.schema,
            "case_id": self.case_id,
            "secret": self.secret,
            "expires_at": self.expires_at,
        }


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """The issuer's answer: its attributes, its halves of the secrets, the 80-byte signature, the attestation's log leaf.

    ``witness`` is the first revocation witness, None where the issuer has no accumulator. It is of the value in
    ``checkpoint``, or of the accumulator's first one.
    """

    issuer: str
    schema: str
    key_id: str
    expiry_epoch: int
    attributes: Mapping[str, int] = field(repr=False)
    nym_entropy: int = field(repr=False)
    use_entropy: int = field(repr=False)
    signature: bytes = field(repr=False)
    attestation_id: str = field(repr=False)
    leaf: bytes = field(repr=False)
    witness: WitnessState | None = field(default=None, repr=False)
    checkpoint: CheckpointProof | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read an issued credential; what the attributes may be is the schema's business."""
        fields = Fields(value, "credential")
        fields.choice("type", "credence/credential/1")
        credential = cls(
            issuer=fields.text("issuer", max_length=_ID),
            schema=fields.text("schema", max_length=64),
            key_id=fields.text("key_id", max_length=_ID),
            expiry_epoch=fields.integer("expiry_epoch", maximum=1 << 32),
            attributes=fields.scalars("attributes"),
            nym_entropy=fields.scalar("nym_entropy"),
            use_entropy=fields.scalar("use_entropy"),
            signature=fields.binary("signature", length=SIGNATURE_LENGTH),
            attestation_id=fields.text("attestation_id", max_length=_ID),
            leaf=fields.binary("leaf", length=32),
            witness=WitnessState.parse(fields.raw_object("witness")) if fields.has("witness") else None,
            checkpoint=CheckpointProof.parse(fields.raw_object("checkpoint")) if fields.has("checkpoint") else None,
        )
        fields.done()
        return credential

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/credential/1",
            "issuer": self.issuer,
            "schema": self.schema,
            "key_id": self.key_id,
            "expiry_epoch": self.expiry_epoch,
            "attributes": _scalars(self.attributes),
            "nym_entropy": str(self.nym_entropy),
            "use_entropy": str(self.use_entropy),
            "signature": b64u(self.signature),
            "attestation_id": self.attestation_id,
            "leaf": b64u(self.leaf),
            "witness": None if self.witness is None else self.witness.to_json(),
            "checkpoint": None if self.checkpoint is None else self.checkpoint.to_json(),
        }


@dataclass(frozen=True, slots=True)
class PresentationRequest:
    """A venue's question to a wallet. ``message`` is the caller's (an address, an order hash), empty where none is bound.

    ``audience`` says who asks, and whose scope a pseudonym is in: ``<verifier>/<client>``, compared as a whole. ``staples``
    are what was known of revocations when the request was fetched, for a policy that asks about them: they change from
    minute to minute, and are no part of what is asked, bound or compared. So it is with ``published``, by which a wallet
    sees that others are shown this policy; None while the ledger does not hold it yet.
    """

    session_id: str = field(repr=False)
    audience: str
    policy: Json
    nonce: bytes = field(repr=False)
    channel: bytes = field(repr=False)
    message: bytes = field(repr=False)
    requested_at: int
    expires_at: int
    staples: tuple[Staple, ...] = field(default=(), compare=False, repr=False)
    published: PolicyProof | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a request; the policy inside is read by ``load_policy``; no staple and no proof is believed yet."""
        fields = Fields(value, "request")
        fields.choice("type", "credence/request/1")
        request = cls(
            session_id=fields.text("session_id", max_length=_ID),
            audience=fields.text("audience", max_length=MAX_AUDIENCE),
            policy=MappingProxyType(dict(fields.raw_object("policy"))),
            nonce=fields.binary("nonce", max_length=64),
            channel=fields.binary("channel", max_length=64),
            message=fields.binary("message", max_length=1024),
            requested_at=fields.integer("requested_at", maximum=LAST_SECOND),
            expires_at=fields.integer("expires_at", maximum=LAST_SECOND),
            staples=fields.items("staples", Staple.parse, maximum=MAX_ACCUMULATORS) if fields.has("staples") else (),
            published=PolicyProof.parse(fields.raw_object("published")) if fields.has("published") else None,
        )
        fields.done()
        return request

    def to_json(self) -> dict[str, Any]:
        """The accepted form; ``staples`` and ``published`` are there where there are any."""
        return {
            "type": "credence/request/1",
            "session_id": self.session_id,
            "audience": self.audience,
            "policy": dict(self.policy),
            "nonce": b64u(self.nonce),
            "channel": b64u(self.channel),
            "message": b64u(self.message),
            "requested_at": self.requested_at,
            "expires_at": self.expires_at,
            **({"staples": [staple.to_json() for staple in self.staples]} if self.staples else {}),
            **({} if self.published is None else {"published": self.published.to_json()}),
        }


@dataclass(frozen=True, slots=True)
class ShownCredential:
    """What a presentation says openly of the credential in a slot: who issued it, under which key, until when."""

    slot: str
    issuer: str
    key_id: str
    expiry_epoch: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one."""
        fields = Fields(value, "credential")
        shown = cls(
            slot=fields.text("slot", max_length=32),
            issuer=fields.text("issuer", max_length=_ID),
            key_id=fields.text("key_id", max_length=_ID),
            expiry_epoch=fields.integer("expiry_epoch", maximum=1 << 32),
        )
        fields.done()
        return shown

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {"slot": self.slot, "issuer": self.issuer, "key_id": self.key_id, "expiry_epoch": self.expiry_epoch}


@dataclass(frozen=True, slots=True)
class ShownAccumulator:
    """Which of its accumulator's checkpoints the credential in a slot was shown not to be revoked by."""

    slot: str
    index: int
    minute: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one."""
        fields = Fields(value, "accumulator")
        shown = cls(
            slot=fields.text("slot", max_length=32),
            index=fields.integer("index", maximum=MAX_INDEX),
            minute=fields.integer("minute", maximum=MAX_MINUTE),
        )
        fields.done()
        return shown

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {"slot": self.slot, "index": self.index, "minute": self.minute}


@dataclass(frozen=True, slots=True)
class Presentation:
    """A wallet's answer: what it says openly, and one proof.

    ``disclosed`` has scalars by ``slot.attribute``. ``proof`` is the message of docs/protocol, in one of two encodings;
    pseudonym, tag and a sealed handle are points in it.
    """

    session_id: str = field(repr=False)
    credentials: tuple[ShownCredential, ...]
    accumulators: tuple[ShownAccumulator, ...]
    disclosed: Mapping[str, int] = field(repr=False)
    encoding: str
    proof: bytes = field(repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a presentation."""
        fields = Fields(value, "presentation")
        fields.choice("type", "credence/presentation/1")
        presentation = cls(
            session_id=fields.text("session_id", max_length=_ID),
            credentials=fields.items("credentials", ShownCredential.parse, minimum=1, maximum=MAX_SLOTS),
            accumulators=fields.items("accumulators", ShownAccumulator.parse, maximum=MAX_SLOTS),
            disclosed=fields.scalars("disclosed", maximum=256),
            encoding=fields.choice("encoding", *ENCODINGS),
            proof=fields.binary("proof", max_length=MAX_PROOF),
        )
        fields.done()
        return presentation

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/presentation/1",
            "session_id": self.session_id,
            "credentials": [shown.to_json() for shown in self.credentials],
            "accumulators": [shown.to_json() for shown in self.accumulators],
            "disclosed": _scalars(self.disclosed),
            "encoding": self.encoding,
            "proof": b64u(self.proof),
        }
