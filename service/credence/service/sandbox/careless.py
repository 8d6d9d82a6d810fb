"""A wallet that does not look whether its credential satisfies the policy, and proves all the same.

What it proves is true, and too little: a verifier answers ``policy_not_met``. No wallet of ours does that, so a venue could
not see the answer otherwise. Of what stays hidden nothing untrue can be proven: then this wallet, too, sends nothing. It
counts no uses of a rate limit, and always shows the first. Where its credential was revoked, it shows the last witness that
it had, which is none any more: ``not_accepted``.
"""

from __future__ import annotations

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView, show
from credence.circuits.wire import Presentation, PresentationRequest
from credence.sdk.revocations import look


def prove_carelessly(
    curve: Curve, request: PresentationRequest, credential: HeldCredential, now: int, rng: Rng
) -> Presentation:
    """A valid proof of whatever ``credential`` has, met or not, for a policy over one credential.

    Raises :class:`~credence.circuits.errors.CircuitError` where there is no such proof.
    """
    policy = load_policy(request.policy)
    looked = look(curve, request, policy, dict.fromkeys(policy.credentials, credential), {}, now)
    views, witnesses = dict(looked.views), {}
    for slot in (asked.slot for asked in policy.not_revoked):
        key, state = credential.accumulator, looked.chosen[slot].witness
        if state is not None:
            witnesses[slot] = state.witness
        for staple in request.staples:
            at = staple.newest.checkpoint
            if key is not None and key.accumulator_id == at.accumulator_id:
                views.setdefault(slot, AccumulatorView(key.public_key, at.value, at.index, at.minute))
    return show(curve, request, looked.chosen, rng, accumulators=views, witnesses=witnesses)
