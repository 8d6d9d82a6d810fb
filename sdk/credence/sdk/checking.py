"""Checking offline: the request, the presentation and the issuers' published documents, and nothing else.

No service and no key is needed. It is steps 1 to 6 of verification; whoever relies on it must see to it that a nonce, and
the tag of a rate limit's use, is accepted once. Of revocations it knows what the request's staples show to be in the log.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.policy import PolicyError
from credence.circuits.presentation import Accepted, AccumulatorView, FindAccumulator, verify_presentation
from credence.circuits.receipt import Receipt, decision_digest
from credence.circuits.revocation_log import AccumulatorKey, Staple, check_age, verify_staple
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
    Where the policy asks for non-revocation, the request must carry a staple that is in the log which the issuer's document
    names, and not too old at ``now``; the presentation must show the value in it. What was revoked after that staple, and
    whether the log shows others another history, nobody learns offline: a request that was kept is good until the policy's
    ``max_age_s`` after the end of its staple's minute. :meth:`~credence.sdk.verifier.Verifier.refreshed` brings the newest.

    Raises :class:`PolicyInvalid` for the request's policy, :class:`PresentationInvalid` for a message that answers another
    question or none, :class:`PresentationRefused` with reason ``not_accepted`` or ``policy_not_met``.
    """
    try:
        if not isinstance(presentation, Presentation):
            presentation = Presentation.parse(presentation)
        engine = curves.load() if curve is None else curve
        views = _stapled(request, documents, now)
        return verify_presentation(engine, request, presentation, documents, audience, now, rng, accumulators=views)
    except PolicyError as error:
        raise PolicyInvalid(error.reason) from error
    except Refused as error:
        raise PresentationRefused(error.reason) from error
    except Malformed as error:
        raise PresentationInvalid from error
    except CircuitError as error:
        raise PresentationInvalid("The presentation does not answer this request.") from error


def _stapled(request: PresentationRequest, documents: Sequence[IssuerDocument], now: int) -> FindAccumulator:
    """The accumulators as the request's staples show them, those that hold."""
    staples = {staple.newest.checkpoint.accumulator_id: staple for staple in reversed(request.staples)}

    def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        for document in documents:
            if document.issuer != issuer:
                continue
            for key in document.accumulators:
                staple = staples.get(key.accumulator_id)
                if key.schema == schema and staple is not None and staple.newest.checkpoint.index == index:
                    with suppress(CircuitError):
                        return _view(document, key, staple, minute, now, max_age_s)
        return None

    return find


def _view(
    document: IssuerDocument, key: AccumulatorKey, staple: Staple, minute: int, now: int, max_age_s: int
) -> AccumulatorView:
    """The stapled value, shown as of whichever minute. Raises :class:`CircuitError` for a staple that does not hold."""
    verified = verify_staple(staple, document.issuer, key, document.log_vkey, now=now, max_age_s=max_age_s)
    newest = verified.checkpoint
    check_age(replace(newest, minute=minute), newest, now=now, max_age_s=max_age_s)
    return AccumulatorView(key.public_key, newest.value, newest.index, minute)


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
