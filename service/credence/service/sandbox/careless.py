"""A wallet that does not look whether its credential satisfies the policy, and proves all the same.

What it proves is true, and too little: a verifier answers ``policy_not_met``. No wallet of ours does that, so a venue could
not see the answer otherwise. Of what stays hidden nothing untrue can be proven: then this wallet, too, sends nothing. It
counts no uses of a rate limit, and always shows the first.
"""

from __future__ import annotations

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import show
from credence.circuits.wire import Presentation, PresentationRequest


def prove_carelessly(curve: Curve, request: PresentationRequest, credential: HeldCredential, rng: Rng) -> Presentation:
    """A valid proof of whatever ``credential`` has, met or not, for a policy over one credential.

    Raises :class:`~credence.circuits.errors.CircuitError` where there is no such proof.
    """
    return show(curve, request, dict.fromkeys(load_policy(request.policy).credentials, credential), rng)
