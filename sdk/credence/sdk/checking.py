"""Checking offline: the request, the presentation and the issuers' published documents, and nothing else.

No service and no key is needed. It is steps 1 to 6 of verification; whoever relies on it must see to it that a nonce, and
the tag of a rate limit's use, is accepted once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.policy import PolicyError
from credence.circuits.presentation import Accepted, verify_presentation
from credence.circuits.receipt import Receipt, decision_digest
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.sdk.calls import verifier as calls
from credence.sdk.calls.verifier import Decision, VerifierDocument
from credence.sdk.errors import PolicyInvalid, PresentationInvalid, PresentationRefused, ReceiptInvalid


def check_presentation(
    request: PresentationRequest,
    presentation: Presentation | Mapping[str, Any],
    documents: Sequence[IssuerDocument],
    *,
    audience: str,
    now: int,
    curve: Curve | None = None,
    rng: Rng = secrets.token_bytes,
) -> Accepted:
    """What a presentation proves, without asking anyone; the nonce, and a use of a rate limit, are the caller's to spend.

    ``documents`` are those of the issuers trusted here; ``rng`` draws the weights of the check, which nobody may foresee.
    A policy that asks for non-revocation is never met here: nobody follows an accumulator offline.

    Raises :class:`PolicyInvalid` for the request's policy, :class:`PresentationInvalid` for a message that answers another
    question or none, :class:`PresentationRefused` with reason ``not_accepted`` or ``policy_not_met``.
    """
    try:
        if not isinstance(presentation, Presentation):
            presentation = Presentation.parse(presentation)
        engine = curves.load() if curve is None else curve
        return verify_presentation(engine, request, presentation, documents, audience, now, rng)
    except PolicyError as error:
        raise PolicyInvalid(error.reason) from error
    except Refused as error:
        raise PresentationRefused(error.reason) from error
    except Malformed as error:
        raise PresentationInvalid from error
    except CircuitError as error:
        raise PresentationInvalid("The presentation does not answer this request.") from error


def check_receipt(decision: Decision, document: VerifierDocument, *, audience: str, policies: Collection[bytes]) -> Receipt:
    """The receipt of a decision, if it is signed, for ``audience``, and says all that the decision says.

    Its policy must have one of the hashes ``policies``, where there are any. Raises :class:`ReceiptInvalid`.
    """
    receipt = document.open(decision.receipt)
    try:
        whole = calls.read_decision(decision.answer) == decision
        whole = whole and decision_digest(decision.answer) == receipt.decision_digest
    except CircuitError as error:
        raise ReceiptInvalid("The decision cannot be read.") from error
    said = (decision.session_id, decision.decision, decision.reason, decision.pseudonym)
    if not whole or (receipt.session_id, receipt.decision, receipt.reason, receipt.pseudonym) != said:
        raise ReceiptInvalid("The receipt says something else than the decision.")
    if receipt.audience != audience:
        raise ReceiptInvalid("The receipt is for another venue.")
    if policies and receipt.policy_hash not in policies:
        raise ReceiptInvalid("The receipt is for another policy.")
    return receipt
