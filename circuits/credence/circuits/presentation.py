"""A request becomes one proof, and a proof becomes an accepted fact, or nothing.

The standard surface: a proof that discloses the ladder rungs a policy asks for, bound to the context, with the venue's
pseudonym under the same challenge. Steps are numbered as in docs/protocol.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass, field
from types import MappingProxyType
from typing import Final

from credence.circuits.bbs.nym_proof import core_proof_gen_with_nym, core_proof_verify_with_nym
from credence.circuits.bbs.proof import core_proof_gen, core_proof_verify
from credence.circuits.bbs.suite import Interface
from credence.circuits.context import Context, CredentialContext, Disclosed, Operation, scope
from credence.circuits.credential import EPOCH_DAYS, LADDERS, Schema, credential_header, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, encode_scalar
from credence.circuits.errors import CircuitError, IllFormed, Refused, Step, Unprovable
from credence.circuits.fields import json_digest
from credence.circuits.hedging import hedged
from credence.circuits.issuance import HeldCredential, credential_generators, issuing_interface
from credence.circuits.policy import RISK_TIERS, CredentialAsk, Expiry, Policy, PolicyError, load_policy, resolve
from credence.circuits.policy.moments import Moment
from credence.circuits.wire import IssuerDocument, IssuerKey, Presentation, PresentationRequest

NOT_ACCEPTED: Final = "not_accepted"
POLICY_NOT_MET: Final = "policy_not_met"
_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one presentation proved. Built by :func:`verify_presentation` alone.

    ``kyc_level`` is the highest rung shown to be set (None: nothing about it), ``risk_tier`` the best tier shown,
    ``expires_on`` the last day on which the credential is valid, ``pseudonym`` 48 bytes.
    """

    audience: str
    policy: Policy
    pseudonym: bytes | None = field(repr=False)
    predicates: tuple[str, ...]
    disclosed: Mapping[str, int] = field(repr=False)
    kyc_level: int | None
    risk_tier: str | None
    expires_on: int
    presentation_digest: bytes
    seal: InitVar[object]  # no field: what is not kept, dataclasses.replace cannot hand on

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("an Accepted is the result of verify_presentation")

    @property
    def kind(self) -> int | None:
        """1 natural, 2 legal, 3 institution; None where not disclosed."""
        return self.disclosed.get("kind")

    @property
    def accredited(self) -> bool | None:
        """None where not disclosed."""
        value = self.disclosed.get("accredited")
        return None if value is None else bool(value)


def check_provable(policy: Policy, today: int) -> str:
    """The policy's one credential slot, where disclosure alone can prove the policy on that day.

    Raises :class:`PolicyError` for a policy that nobody can satisfy, and for one that needs the composite proof, which no
    presentation carries yet.
    """
    demand = resolve(policy, today)
    if len(demand.slots) != 1:
        raise PolicyError("a policy over several credentials is not yet supported")
    (slot,) = demand.slots
    hidden = [name for said in (slot.ranges, slot.inside, slot.outside) for name, _ in said]
    if hidden or demand.sums:
        raise PolicyError(f"a predicate about a hidden {'sum' if demand.sums else hidden[0]} is not yet supported")
    for asked, name in ((policy.not_revoked, "not_revoked"), (policy.rate_limit, "rate_limit"), (policy.escrow, "escrow")):
        if asked:
            raise PolicyError(f"{name} is not yet supported")
    return slot.name


def can_satisfy(policy: Policy, credential: HeldCredential, now: int) -> tuple[str, ...]:
    """The predicates that the credential cannot satisfy, in words; empty where it satisfies the policy."""
    today = day_of(now)
    slot = check_provable(policy, today)
    ask = policy.credentials[slot]
    if credential.schema.id != ask.schema.id:
        return (f"{slot} is of type {ask.schema.id}",)
    if credential.issuer not in ask.issuers:
        return (f"{slot} is issued by {' or '.join(ask.issuers)}",)
    failing = _failing(policy, credential.attributes, today)
    unexpired = Expiry(slot, Moment.parse("today"))
    if not unexpired.holds(credential.attributes, today) and unexpired.words() not in failing:
        # also where the policy does not say so
        return (*failing, unexpired.words())
    return failing


def _failing(policy: Policy, values: Mapping[str, int], today: int) -> tuple[str, ...]:
    return tuple(predicate.words() for predicate in resolve(policy, today).clear if not predicate.holds(values, today))


def present(curve: Curve, request: PresentationRequest, credential: HeldCredential, now: int, rng: Rng) -> Presentation:
    """Prove what the request's policy asks. The caller has checked that the audience is the one it talks to.

    Raises :class:`PolicyError` for a policy that does not load, :class:`Unprovable` naming the predicates that fail or for
    a request outside its time; nothing leaves the wallet then.
    """
    policy = load_policy(request.policy)
    if not request.requested_at <= now + 60 or now >= request.expires_at:
        raise Unprovable("the request is outside its time")
    failing = can_satisfy(policy, credential, now)
    if failing:
        raise Unprovable("cannot show: " + ", ".join(failing))
    if policy.message_required and not request.message:
        raise Unprovable("the policy requires a bound message")
    layout = credential.schema
    asked = policy.disclosed_attributes(check_provable(policy, day_of(now)))
    disclosed = {name: credential.attributes[name] for name in asked}
    interface = issuing_interface(curve, credential.suite)
    context = _context(request, policy, interface, layout, credential.public_key, credential.header, disclosed).encode()
    scalars = credential.message_scalars()
    witness = b"".join([encode_scalar(scalar) for scalar in scalars]) + credential.signature
    nonces = hedged(rng, witness, context)
    common = (
        interface,
        credential.public_key,
        credential.signature,
        credential_generators(interface, layout),
        credential.header,
        context,
        scalars,
    )
    indexes = [layout.index(name) for name in disclosed]
    pseudonym = None
    if policy.pseudonym_suffix is None:
        proof = core_proof_gen(*common, indexes, nonces)
    else:
        proof, pseudonym = core_proof_gen_with_nym(
            *common,
            indexes,
            scope(request.audience, policy.pseudonym_suffix),
            [layout.index("nym_secret")],
            nonces,
        )
    return Presentation(
        session_id=request.session_id,
        issuer=credential.issuer,
        key_id=credential.key_id,
        expiry_epoch=credential.expiry_epoch,
        disclosed=MappingProxyType(disclosed),
        pseudonym=pseudonym,
        proof=proof,
    )


def verify_presentation(
    curve: Curve,
    request: PresentationRequest,
    presentation: Presentation,
    documents: Sequence[IssuerDocument],
    audience: str,
    now: int,
) -> Accepted:
    """Steps 1 to 6 of verification; the nonce and the receipt (7, 8) belong to the service.

    ``documents`` are the issuers the verifier trusts. Raises :class:`Malformed` or :class:`IllFormed` for a message that
    is none, :class:`Refused` with reason ``not_accepted`` for a proof that does not verify, and with ``policy_not_met``
    for a valid proof that shows too little.
    """
    # 1. size and shape
    policy = load_policy(request.policy)
    today = day_of(request.requested_at)
    slot = check_provable(policy, today)
    layout = policy.credentials[slot].schema
    asked = policy.disclosed_attributes(slot)
    if set(presentation.disclosed) != set(asked):
        raise IllFormed("the disclosed attributes are not the policy's", Step.SHAPE)
    if (presentation.pseudonym is None) != (policy.pseudonym_suffix is None):
        raise IllFormed("a pseudonym is missing or was not asked for", Step.SHAPE)
    attributes = layout.attributes
    for name, value in presentation.disclosed.items():
        if not attributes[name].admits(value):
            raise IllFormed("a disclosed attribute is outside its domain", Step.SHAPE)
    layout.check_consistency(presentation.disclosed)
    # 2. the context: this session, this audience, in time, an issuer key trusted now
    if presentation.session_id != request.session_id or request.audience != audience:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    if not request.requested_at <= now < request.expires_at:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    if policy.message_required and not request.message:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    key = _trusted_key(documents, policy.credentials[slot], presentation, now)
    # 3. to 6. decoding, instance, challenge, pairing
    interface = issuing_interface(curve, key.suite)
    disclosed = {name: presentation.disclosed[name] for name in asked}
    header = credential_header(layout.id, presentation.issuer, presentation.expiry_epoch)
    context = _context(request, policy, interface, layout, key.public_key, header, disclosed)
    _verify_proof(interface, layout, policy, key.public_key, header, context, disclosed, presentation)
    # a valid proof of too little
    expires_on = presentation.expiry_epoch * EPOCH_DAYS
    if expires_on < day_of(now) or _failing(policy, {**disclosed, "expires_on": expires_on}, today):
        raise Refused(POLICY_NOT_MET, Step.CONTEXT)
    return Accepted(
        audience=audience,
        policy=policy,
        pseudonym=presentation.pseudonym,
        predicates=tuple(predicate.words() for predicate in policy.predicates),
        disclosed=MappingProxyType(disclosed),
        kyc_level=_kyc_level(disclosed),
        risk_tier=_risk_tier(disclosed),
        expires_on=expires_on,
        presentation_digest=json_digest(presentation.to_json()),
        seal=_SEAL,
    )


def _verify_proof(
    interface: Interface,
    layout: Schema,
    policy: Policy,
    public_key: bytes,
    header: bytes,
    context: Context,
    disclosed: Mapping[str, int],
    presentation: Presentation,
) -> None:
    generators = credential_generators(interface, layout)
    values, indexes = list(disclosed.values()), [layout.index(name) for name in disclosed]
    try:
        if presentation.pseudonym is None or policy.pseudonym_suffix is None:
            core_proof_verify(
                interface, public_key, presentation.proof, generators, header, context.encode(), values, indexes
            )
        else:
            core_proof_verify_with_nym(
                interface,
                public_key,
                presentation.proof,
                generators,
                header,
                context.encode(),
                values,
                indexes,
                presentation.pseudonym,
                scope(context.audience, policy.pseudonym_suffix),
                [layout.index("nym_secret")],
            )
    except CircuitError as error:
        # whatever the step, outside there is one refusal
        raise Refused(NOT_ACCEPTED, error.step or Step.INSTANCE) from error


def _trusted_key(documents: Sequence[IssuerDocument], ask: CredentialAsk, presentation: Presentation, now: int) -> IssuerKey:
    """The key in any of the issuer's documents; a verifier may trust an old one and its successor."""
    for document in documents:
        if (
            document.issuer == presentation.issuer
            and presentation.issuer in ask.issuers
            and ask.schema.id in document.schemas
        ):
            with suppress(Refused):
                return document.key_at(presentation.key_id, now)
    raise Refused(NOT_ACCEPTED, Step.CONTEXT)


def _context(
    request: PresentationRequest,
    policy: Policy,
    interface: Interface,
    layout: Schema,
    public_key: bytes,
    header: bytes,
    disclosed: Mapping[str, int],
) -> Context:
    return Context(
        operation=Operation.PRESENT_STANDARD,
        policy_hash=policy.digest,
        audience=request.audience,
        nonce=request.nonce,
        channel=request.channel,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        day=day_of(request.requested_at),
        use_epoch=None,
        credentials=(CredentialContext(public_key, header, layout.id, interface.api_id),),
        accumulators=(),
        escrow=None,
        disclosed=tuple(Disclosed(0, layout.index(name), value) for name, value in disclosed.items()),
        message=request.message,
    )


def _kyc_level(disclosed: Mapping[str, int]) -> int | None:
    shown = [level for level, rung in enumerate(LADDERS["kyc_level"], start=1) if disclosed.get(rung) == 1]
    if shown:
        return max(shown)
    return 0 if disclosed.get("kyc_ge_1") == 0 else None


def _risk_tier(disclosed: Mapping[str, int]) -> str | None:
    for tier in RISK_TIERS[:2]:
        if disclosed.get(f"risk_le_{tier}") == 1:
            return tier
    return RISK_TIERS[2] if disclosed.get("risk_le_standard") == 0 else None
