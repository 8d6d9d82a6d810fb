"""A wallet that does not look whether its credential satisfies the policy, and proves all the same.

What it proves is true, and too little: a verifier answers ``policy_not_met``. No wallet of ours does that, so a venue could
not see the answer otherwise.
"""

from __future__ import annotations

from types import MappingProxyType

from credence.circuits.bbs.nym_proof import core_proof_gen_with_nym
from credence.circuits.bbs.proof import core_proof_gen
from credence.circuits.context import Context, CredentialContext, Disclosed, Operation, scope
from credence.circuits.credential import day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import HeldCredential, credential_generators, issuing_interface
from credence.circuits.policy import load_policy
from credence.circuits.wire import Presentation, PresentationRequest


def prove_carelessly(curve: Curve, request: PresentationRequest, credential: HeldCredential, rng: Rng) -> Presentation:
    """A valid proof of whatever ``credential`` has, met or not; see :func:`credence.circuits.presentation.present`."""
    policy, layout = load_policy(request.policy), credential.schema
    interface = issuing_interface(curve, credential.suite)
    disclosed = {name: credential.attributes[name] for name in policy.disclosed_attributes()}
    context = Context(
        operation=Operation.PRESENT_STANDARD,
        policy_hash=policy.digest,
        audience=request.audience,
        nonce=request.nonce,
        channel=request.channel,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        day=day_of(request.requested_at),
        use_epoch=None,
        credentials=(CredentialContext(credential.public_key, credential.header, layout.id, interface.api_id),),
        accumulators=(),
        escrow=None,
        disclosed=tuple(Disclosed(0, layout.index(name), value) for name, value in disclosed.items()),
        message=request.message,
    )
    common = (
        interface,
        credential.public_key,
        credential.signature,
        credential_generators(interface, layout),
        credential.header,
        context.encode(),
        credential.message_scalars(),
        [layout.index(name) for name in disclosed],
    )
    pseudonym = None
    if policy.pseudonym_suffix is None:
        proof = core_proof_gen(*common, rng)
    else:
        where = scope(request.audience, policy.pseudonym_suffix)
        proof, pseudonym = core_proof_gen_with_nym(*common, where, [layout.index("nym_secret")], rng)
    return Presentation(
        session_id=request.session_id,
        issuer=credential.issuer,
        key_id=credential.key_id,
        expiry_epoch=credential.expiry_epoch,
        disclosed=MappingProxyType(disclosed),
        pseudonym=pseudonym,
        proof=proof,
    )
