"""What both sides make of a request and of what a presentation says openly: a plan, and what is public about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credence.circuits.bbs.suite import Interface
from credence.circuits.composite.assembly import Choice, assemble
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.public import Public
from credence.circuits.context import (
    AccumulatorContext,
    Context,
    CredentialContext,
    Disclosed,
    EscrowContext,
    Operation,
    scope,
)
from credence.circuits.credential import Schema, credential_header, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import decode_g1
from credence.circuits.errors import IllFormed, Step
from credence.circuits.escrow import decode_escrow_key
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.policy import Demand, Policy
from credence.circuits.ratelimit import Limit
from credence.circuits.wire import PresentationRequest


@dataclass(frozen=True, slots=True)
class AccumulatorView:
    """An accumulator as both sides take it: its key (96 bytes), value V (48 bytes), index and unix minute."""

    key: bytes
    value: bytes
    index: int
    minute: int


@dataclass(frozen=True, slots=True)
class PublicCredential:
    """Of the credential in a slot: suite, the issuer's key (96 bytes) and name, the expiry epoch, what is disclosed."""

    schema: Schema
    suite: str
    public_key: bytes
    issuer: str
    expiry_epoch: int
    disclosed: Mapping[str, int]

    @property
    def expires_on(self) -> int:
        """The last day on which it is valid, which the header says."""
        return self.schema.last_day(self.expiry_epoch)

    @property
    def header(self) -> bytes:
        """The signed BBS header."""
        return credential_header(self.schema.id, self.issuer, self.expiry_epoch)

    def interface(self, curve: Curve) -> Interface:
        """The interface it is signed under."""
        return issuing_interface(curve, self.suite)


@dataclass(frozen=True, slots=True)
class Stated:
    """The statement of one presentation."""

    plan: Plan
    public: Public


def state(
    curve: Curve,
    request: PresentationRequest,
    policy: Policy,
    demand: Demand,
    credentials: Mapping[str, PublicCredential],
    accumulators: Mapping[str, AccumulatorView],
) -> Stated:
    """The plan and the public part. Raises :class:`IllFormed` for an accumulator too many or too few, or a policy without
    a statement, :class:`Malformed` for bytes that are no point.
    """
    if set(accumulators) != {asked.slot for asked in policy.not_revoked}:
        raise IllFormed("an accumulator is missing or was not asked for", Step.SHAPE)
    choices = {}
    for slot, shown in credentials.items():
        interface = shown.interface(curve)
        generators = credential_generators(interface, shown.schema)
        choices[slot] = Choice(shown.suite, interface.domain(shown.public_key, generators, shown.header), shown.disclosed)
    plan = assemble(policy, demand, choices)
    limit, escrow = policy.rate_limit, policy.escrow
    suffix = policy.pseudonym_suffix
    public = Public(
        context=_context(curve, request, policy, plan, credentials, accumulators).encode(),
        accumulators={slot: decode_g1(curve, view.value) for slot, view in accumulators.items()},
        scope=None if suffix is None else scope(request.audience, suffix),
        limit=None if limit is None else Limit(request.audience, limit.name, limit.epoch(request.requested_at), limit.uses),
        escrow=None if escrow is None else decode_escrow_key(curve, escrow.key),
    )
    return Stated(plan, public)


def _context(
    curve: Curve,
    request: PresentationRequest,
    policy: Policy,
    plan: Plan,
    credentials: Mapping[str, PublicCredential],
    accumulators: Mapping[str, AccumulatorView],
) -> Context:
    limit, escrow = policy.rate_limit, policy.escrow
    shown = [credentials[slot.name] for slot in plan.slots]
    views = [accumulators[slot] for slot in plan.not_revoked]
    return Context(
        operation=Operation.PRESENT,
        policy_hash=policy.digest,
        audience=request.audience,
        nonce=request.nonce,
        channel=request.channel,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        day=day_of(request.requested_at),
        use_epoch=None if limit is None else limit.epoch(request.requested_at),
        credentials=tuple(
            CredentialContext(each.public_key, each.header, each.schema.id, each.interface(curve).api_id) for each in shown
        ),
        accumulators=tuple(AccumulatorContext(view.key, view.value, view.index, view.minute) for view in views),
        escrow=None
        if escrow is None
        else EscrowContext(escrow.trustees, escrow.key, escrow.threshold, escrow.members, escrow.purpose),
        disclosed=tuple(
            Disclosed(number, slot.schema.index(name), scalar)
            for number, slot in enumerate(plan.slots)
            for name, scalar in slot.disclosed
        ),
        message=request.message,
    )
