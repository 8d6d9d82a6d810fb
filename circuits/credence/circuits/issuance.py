"""Blind issuance: the holder commits to its halves of the secrets, the issuer adds its own and signs.

Credentials that later predicates touch are signed with the drafts' core operations over scalars, under this project's own
api_id (proofs.md, section 1). The holder's halves come from its recovery root, the issuer's from a keyed function of the
person, so that neither side alone chooses a pseudonym and the same root brings the same pseudonyms back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from credence.circuits.bbs.blind import Commitment, blind_parameters, core_blind_sign, core_commit, sign_over_point
from credence.circuits.bbs.signature import SIGNATURE_LENGTH, core_verify
from credence.circuits.bbs.suite import Interface, credence_interface, suite_named
from credence.circuits.credential import HOLDER_SECRETS, Schema, credential_header, schema
from credence.circuits.curve import G1, G1_LENGTH, G2_LENGTH, ORDER, Curve
from credence.circuits.encoding import Rng, b64u, decode_g1, encode_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step
from credence.circuits.fields import Fields
from credence.circuits.hedging import hedged
from credence.circuits.revocation_log import MAX_INDEX, AccumulatorKey, WitnessState, accept_witness
from credence.circuits.wire import SUITES, IssuedCredential, IssuerDocument

_NYM: Final = 1  # positions among the committed scalars
_USE: Final = 2
DEFAULT_SUITE: Final = SUITES[0]


@dataclass(frozen=True, slots=True)
class HolderSecrets:
    """Scalars in ``[1, ORDER)``, in the order in which they are committed. Never printed."""

    holder_secret: int = field(repr=False)
    nym_secret: int = field(repr=False)
    use_key: int = field(repr=False)

    def __post_init__(self) -> None:
        if not all(0 < secret < ORDER for secret in self.scalars()):
            raise IllFormed("a holder's secret is a scalar other than zero")

    def scalars(self) -> tuple[int, int, int]:
        """The three, in the schema's order."""
        return self.holder_secret, self.nym_secret, self.use_key


@dataclass(frozen=True, slots=True)
class IssuerEntropy:
    """The issuer's halves of ``nym_secret`` and ``use_key``, scalars in ``[0, ORDER)``."""

    nym: int = field(repr=False)
    use: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """``commitment`` goes to the issuer (point, proof of knowledge); ``blind`` stays with the holder."""

    commitment: bytes
    blind: int = field(repr=False)


def issuing_interface(curve: Curve, suite: str = DEFAULT_SUITE) -> Interface:
    """The interface credentials are signed under. Raises :class:`IllFormed` for an unknown suite name."""
    return credence_interface(suite_named(suite, curve))


def request_credential(
    interface: Interface, layout: Schema, secrets: HolderSecrets, rng: Rng, *, blind: int | None = None
) -> CredentialRequest:
    """Commit to the holder's halves, with the proof that the issuer will check.

    With ``blind`` given, the commitment's point comes out again, which is how an issuer knows a repeated request; the
    proof's nonces are fresh each time. Raises :class:`IllFormed` for a blind factor that is none.
    """
    if layout.holder != HOLDER_SECRETS:
        raise IllFormed("the schema carries no holder secrets")
    hidden = b"".join([encode_scalar(secret) for secret in secrets.scalars()])
    hidden += b"" if blind is None else encode_scalar(blind % ORDER)
    drawn = hedged(rng, hidden, interface.api_id + layout.id.encode())
    commitment, factor = core_commit(interface, secrets.scalars(), drawn, blind=blind)
    return CredentialRequest(commitment, factor)


def commitment_length(layout: Schema) -> int:
    """Bytes of a commitment with proof: the point, the blind's answer, one answer a secret, the challenge."""
    return G1_LENGTH + 32 * (2 + len(layout.holder))


def commitment_point(commitment: bytes) -> bytes:
    """The 48 bytes that bind the holder's halves, which the issuer keeps. Raises :class:`Malformed` where too short."""
    if len(commitment) < G1_LENGTH:
        raise Malformed("the commitment is too short", Step.SHAPE)
    return commitment[:G1_LENGTH]


def issue_credential(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    layout: Schema,
    issuer_id: str,
    expiry_epoch: int,
    attributes: Mapping[str, int],
    commitment: bytes,
    entropy: IssuerEntropy,
    rng: Rng,
) -> bytes:
    """The 80-byte signature over the attributes and the committed secrets with the issuer's halves added.

    Deterministic in everything but ``rng``, which only blinds the issuer's arithmetic. Raises :class:`IllFormed` for
    attributes that are not the schema's, :class:`Malformed` or :class:`Refused` for the commitment.
    """
    scalars = _encode(layout, expiry_epoch, attributes)
    if len(commitment) != commitment_length(layout):
        raise Malformed("the commitment has the wrong length for the schema", Step.SHAPE)
    header = credential_header(layout.id, issuer_id, expiry_epoch)
    addends = {_NYM: entropy.nym, _USE: entropy.use}
    return core_blind_sign(interface, secret_key, public_key, commitment, header, scalars, rng=rng, addends=addends)


def issue_over_point(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    layout: Schema,
    issuer_id: str,
    expiry_epoch: int,
    attributes: Mapping[str, int],
    point: bytes,
    rng: Rng,
) -> bytes:
    """The 80-byte signature over the attributes and what ``point`` (48 bytes) commits to, with nothing added.

    The caller has seen the proof that the point holds the secrets of a credential of this issuer's
    (:mod:`credence.circuits.renewal`). Raises as :func:`issue_credential`.
    """
    scalars = _encode(layout, expiry_epoch, attributes)
    commitment = Commitment(decode_g1(interface.curve, point), len(layout.holder))
    header = credential_header(layout.id, issuer_id, expiry_epoch)
    return sign_over_point(interface, secret_key, public_key, commitment, header, scalars, rng=rng)


def _encode(layout: Schema, expiry_epoch: int, attributes: Mapping[str, int]) -> tuple[int, ...]:
    scalars = layout.encode(attributes)
    if attributes["expires_on"] != layout.last_day(expiry_epoch):
        raise IllFormed("expires_on and the expiry epoch disagree")
    return scalars


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """What a wallet holds. ``secrets`` are the sums of both halves; ``blind`` hides them in the signed vector.

    ``witness`` shows that it is not revoked, as of the event up to which it has followed ``accumulator``, whose checkpoints
    are in the ledger of ``log_vkey``; both are None for a credential that cannot be revoked. ``revoked`` is the index of the
    event that revoked it, None as long as the wallet knows of none. Raises :class:`IllFormed` for one without the other.
    """

    schema: Schema
    issuer: str
    key_id: str
    suite: str
    public_key: bytes
    expiry_epoch: int
    attributes: Mapping[str, int] = field(repr=False)
    secrets: HolderSecrets = field(repr=False)
    blind: int = field(repr=False)
    signature: bytes = field(repr=False)
    attestation_id: str = field(repr=False, default="")
    leaf: bytes = field(repr=False, default=b"")
    accumulator: AccumulatorKey | None = None
    log_vkey: str = ""
    witness: WitnessState | None = field(repr=False, default=None)
    revoked: int | None = None

    def __post_init__(self) -> None:
        accumulated = self.accumulator is not None
        if accumulated != (self.witness is not None) or accumulated != bool(self.log_vkey):
            raise IllFormed("an accumulator, its ledger and a witness go together")
        if self.revoked is not None and not accumulated:
            raise IllFormed("a credential that cannot be revoked is not")

    @property
    def revocation_handle(self) -> int:
        """The handle that a revocation would name."""
        return self.attributes["revocation_handle"]

    @property
    def header(self) -> bytes:
        """The signed BBS header."""
        return credential_header(self.schema.id, self.issuer, self.expiry_epoch)

    def message_scalars(self) -> tuple[int, ...]:
        """The signed vector: issuer attributes, blind factor, secrets."""
        return (*self.schema.encode(self.attributes), self.blind, *self.secrets.scalars())

    def to_json(self) -> dict[str, Any]:
        """The form a vault keeps. Secret."""
        return {
            "type": "credence/held/1",
            "schema": self.schema.id,
            "issuer": self.issuer,
            "key_id": self.key_id,
            "suite": self.suite,
            "public_key": b64u(self.public_key),
            "expiry_epoch": self.expiry_epoch,
            "attributes": {name: str(value) for name, value in self.attributes.items()},
            "secrets": [b64u(encode_scalar(secret)) for secret in self.secrets.scalars()],
            "blind": str(self.blind),
            "signature": b64u(self.signature),
            "attestation_id": self.attestation_id,
            "leaf": b64u(self.leaf),
            "accumulator": None if self.accumulator is None else self.accumulator.to_json(),
            "log_vkey": self.log_vkey or None,
            "witness": None if self.witness is None else self.witness.to_json(),
            **({} if self.revoked is None else {"revoked": self.revoked}),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a vault's form. Raises :class:`Malformed` or :class:`IllFormed`."""
        fields = Fields(value, "held credential")
        fields.choice("type", "credence/held/1")
        layout = schema(fields.text("schema", max_length=64))
        secrets = fields.items(
            "secrets", lambda item: Fields({"s": item}, "secrets").binary("s", length=32), minimum=3, maximum=3
        )
        held = cls(
            schema=layout,
            issuer=fields.text("issuer", max_length=128),
            key_id=fields.text("key_id", max_length=128),
            suite=fields.choice("suite", *SUITES),
            public_key=fields.binary("public_key", length=G2_LENGTH),
            expiry_epoch=fields.integer("expiry_epoch", maximum=1 << 32),
            attributes=fields.scalars("attributes"),
            secrets=HolderSecrets(*(int.from_bytes(secret, "big") for secret in secrets)),
            blind=fields.scalar("blind"),
            signature=fields.binary("signature", length=SIGNATURE_LENGTH),
            attestation_id=fields.text("attestation_id", max_length=128),
            leaf=fields.binary("leaf", length=32),
            accumulator=AccumulatorKey.parse(fields.raw_object("accumulator")) if fields.has("accumulator") else None,
            log_vkey=fields.text("log_vkey", max_length=512) if fields.has("log_vkey") else "",
            witness=WitnessState.parse(fields.raw_object("witness")) if fields.has("witness") else None,
            revoked=fields.integer("revoked", minimum=1, maximum=MAX_INDEX) if fields.has("revoked") else None,
        )
        fields.done()
        held.message_scalars()
        return held


def accept_credential(
    curve: Curve,
    document: IssuerDocument,
    issued: IssuedCredential,
    secrets: HolderSecrets,
    blind: int,
    now: int,
) -> HeldCredential:
    """Check an issued credential against the issuer's published key and the schema, and finish it.

    Raises :class:`IllFormed` for a wrong layout, length or order, :class:`Refused` for a key or signature that is not the
    document's, and for a revocation witness that is missing, not of a value in the ledger, or of an accumulator that the
    document does not have: a wallet keeps nothing it could not later show.
    """
    layout = schema(issued.schema)
    if issued.issuer != document.issuer or issued.schema not in document.schemas:
        raise Refused("the credential is not from the expected issuer", Step.CONTEXT)
    key = document.key_at(issued.key_id, now)
    _encode(layout, issued.expiry_epoch, issued.attributes)
    if not (0 <= issued.nym_entropy < ORDER and 0 <= issued.use_entropy < ORDER):
        raise IllFormed("the issuer's halves are no scalars")
    accumulator = _accept_witness(curve, document, issued)
    held = HeldCredential(
        schema=layout,
        issuer=issued.issuer,
        key_id=issued.key_id,
        suite=key.suite,
        public_key=key.public_key,
        expiry_epoch=issued.expiry_epoch,
        attributes=MappingProxyType(dict(issued.attributes)),
        secrets=HolderSecrets(
            secrets.holder_secret,
            (secrets.nym_secret + issued.nym_entropy) % ORDER,
            (secrets.use_key + issued.use_entropy) % ORDER,
        ),
        blind=blind,
        signature=issued.signature,
        attestation_id=issued.attestation_id,
        leaf=issued.leaf,
        accumulator=accumulator,
        log_vkey="" if accumulator is None else document.log_vkey,
        witness=issued.witness,
    )
    interface = issuing_interface(curve, key.suite)
    generators = credential_generators(interface, layout)
    core_verify(interface, key.public_key, issued.signature, generators, held.header, held.message_scalars())
    return held


def _accept_witness(curve: Curve, document: IssuerDocument, issued: IssuedCredential) -> AccumulatorKey | None:
    """The accumulator that the credential's witness was checked against; None where there is neither."""
    key, witness = document.accumulator_of(issued.schema), issued.witness
    if key is None and witness is None and issued.checkpoint is None:
        return None
    if key is None or witness is None:
        raise Refused("a revocation witness is missing, or of an accumulator that is not published", Step.CONTEXT)
    handle = issued.attributes["revocation_handle"]
    accept_witness(curve, key, document.issuer, document.log_vkey, witness, issued.checkpoint, handle)
    return key


def credential_generators(interface: Interface, layout: Schema) -> tuple[G1, ...]:
    """``Q1, H_1 … H_L`` and the blind generators ``Q2, J_1 … J_M``, in the order of the signed vector."""
    return blind_parameters(interface, len(layout.issuer), len(layout.holder))
