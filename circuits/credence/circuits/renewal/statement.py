"""What both sides make of an ask: a plan for one credential, and what is public about it.

The proof is of the operation ISSUE and its audience is the issuer. The pseudonym alone is of another scope, the venue's:
the one place in the protocol where the two differ, which is why a wallet proves it for a venue that its user named, only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from credence.circuits.composite.assembly import Choice, assemble, check_policy
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.public import Public
from credence.circuits.context import AccumulatorContext, Context, CredentialContext, Operation, scope
from credence.circuits.credential import day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u, decode_g1
from credence.circuits.fields import json_digest
from credence.circuits.issuance import credential_generators
from credence.circuits.issuer_document import IssuerKey
from credence.circuits.presentation.statement import AccumulatorView, PublicCredential
from credence.circuits.renewal.messages import PERSON, RENEWED, RenewalAsk
from credence.circuits.sigma.transcript import Operation as SigmaOperation

_OPERATION: Final = "credence/renewal-operation/1"


@dataclass(frozen=True, slots=True)
class StatedRenewal:
    """The statement of one renewal."""

    plan: Plan
    public: Public


def operation_digest(ask: RenewalAsk, signing: IssuerKey) -> bytes:
    """SHA-256 of the operation's canonical document, 32 bytes, which stands where a presentation has its policy's hash.

    It says whose pseudonym is shown, what is received for it and under which key, and what is proven.
    """
    return json_digest(
        {
            "type": _OPERATION,
            "issuer": ask.issuer,
            "venue": ask.venue,
            "suffix": ask.suffix,
            "schema": RENEWED.id,
            "key": {"key_id": signing.key_id, "suite": signing.suite, "public_key": b64u(signing.public_key)},
            "policy": ask.policy.document,
            "tickets": [],
        }
    )


def state_renewal(
    curve: Curve, ask: RenewalAsk, signing: IssuerKey, person: PublicCredential, view: AccumulatorView
) -> StatedRenewal:
    """The plan and the public part, ``signing`` being the key that is to sign the standing.

    Raises :class:`~credence.circuits.policy.PolicyError` for an ask that nobody can answer, :class:`Malformed` for an
    accumulator's value that is no point.
    """
    policy = ask.policy
    today = day_of(ask.requested_at)
    interface = person.interface(curve)
    domain = interface.domain(person.public_key, credential_generators(interface, person.schema), person.header)
    plan = assemble(policy, check_policy(policy, today), {PERSON: Choice(person.suite, domain, {})})
    context = Context(
        operation=Operation.ISSUE,
        policy_hash=operation_digest(ask, signing),
        audience=ask.issuer,
        nonce=ask.nonce,
        channel=b"",
        requested_at=ask.requested_at,
        expires_at=ask.expires_at,
        day=today,
        use_epoch=None,
        credentials=(CredentialContext(person.public_key, person.header, person.schema.id, interface.api_id),),
        accumulators=(AccumulatorContext(view.key, view.value, view.index, view.minute),),
        escrow=None,
        disclosed=(),
        message=ask.session_id.encode(),
    )
    public = Public(
        context=context.encode(),
        accumulators={PERSON: decode_g1(curve, view.value)},
        scope=scope(ask.venue, ask.suffix),
        operation=SigmaOperation.ISSUE,
    )
    return StatedRenewal(replace(plan, committed=signing.suite), public)
