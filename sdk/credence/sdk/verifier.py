"""The venue: registers policies, opens sessions, reads decisions, and can check everything by itself, offline.

Checking offline needs the request, the presentation and the issuers' published documents, and nothing else: no service, no
key. It is steps 1 to 6 of verification; whoever relies on it must see to it that a nonce is accepted once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.fields import Json, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.policy import PolicyError, load_policy
from credence.circuits.presentation import Accepted, verify_presentation
from credence.circuits.receipt import Receipt
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.sdk.calls import perform
from credence.sdk.calls import verifier as calls
from credence.sdk.calls.verifier import Decision, OpenSession, RegisteredPolicy, Session, VerifierDocument
from credence.sdk.clock import Clock, system_clock
from credence.sdk.errors import (
    BadResponse,
    PolicyInvalid,
    PresentationInvalid,
    PresentationRefused,
    ReceiptInvalid,
    Unsendable,
)
from credence.sdk.transport import Transport

Amount = Decimal | int | str
"""A decimal number; a string is read as one. Never a float."""


class Verifier:
    """One venue. ``audience`` is its client id at the service, ``api_key`` the key it was given.

    Safe for several threads where its transport is.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        audience: str,
        api_key: str,
        curve: Curve | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._transport = transport
        self._audience = audience
        self._api_key = api_key
        self._curve = curve
        self._clock = clock

    @property
    def audience(self) -> str:
        """The client id that wallets are told."""
        return self._audience

    def document(self) -> VerifierDocument:
        """The keys that sign receipts. Raises what :func:`~credence.sdk.calls.perform` raises."""
        return perform(self._transport, calls.document())

    def register_policy(self, policy: Json) -> RegisteredPolicy:
        """Register a version of a policy; a version once registered never changes.

        Raises :class:`PolicyInvalid` before anything is sent, :class:`Conflict` where that version says something else,
        :class:`BadResponse` where the service understood another policy, and what :func:`~credence.sdk.calls.perform`
        raises.
        """
        try:
            loaded = load_policy(policy)
        except PolicyError as error:
            raise PolicyInvalid(error.reason) from error
        except CircuitError as error:
            raise PolicyInvalid from error
        registered = perform(self._transport, calls.register_policy(policy, loaded.name, self._api_key))
        if registered.policy_hash != loaded.digest:
            raise BadResponse("The service registered another policy.")
        return registered

    def policy(self, name: str) -> RegisteredPolicy:
        """The newest version of one's own policy. Raises what :func:`~credence.sdk.calls.perform` raises."""
        return perform(self._transport, calls.policy(name, self._api_key))

    def open_session(
        self,
        policy: str,
        *,
        volume_30d_usd: Amount | None = None,
        maker_share: Amount | None = None,
        channel: bytes = b"",
        message: bytes = b"",
    ) -> OpenSession:
        """Ask for a presentation under the newest version of ``policy``.

        ``volume_30d_usd`` and ``maker_share`` (0 to 1) are what the venue knows of the account and enter the terms;
        ``channel`` and ``message`` are bound into the proof. Raises :class:`Unsendable` for an amount that is none,
        :class:`BadResponse` where the request is for another audience, binding or policy, and what
        :func:`~credence.sdk.calls.perform` raises.
        """
        call = calls.open_session(
            policy,
            self._api_key,
            volume_30d_usd=_amount(volume_30d_usd),
            maker_share=_amount(maker_share),
            channel=channel,
            message=message,
        )
        opened = perform(self._transport, call)
        request = opened.request
        bound = (request.audience, request.channel, request.message, request.policy.get("name"))
        if bound != (self._audience, channel, message, policy):
            raise BadResponse("The service opened another session than was asked for.")
        return opened

    def result(self, session_id: str) -> Session:
        """One's own session as it is now. Raises :class:`NotFound`, and what :func:`~credence.sdk.calls.perform` raises."""
        return perform(self._transport, calls.session(session_id, self._api_key))

    def check(
        self,
        request: PresentationRequest,
        presentation: Presentation | Mapping[str, Any],
        documents: Sequence[IssuerDocument],
        *,
        now: int | None = None,
    ) -> Accepted:
        """Check a presentation offline, as of ``now`` (default: the clock). Raises as :func:`check_presentation`."""
        moment = self._clock() if now is None else now
        return check_presentation(request, presentation, documents, audience=self._audience, now=moment, curve=self._curve)

    def receipt(self, decision: Decision, document: VerifierDocument) -> Receipt:
        """Check offline that a decision's receipt is signed, for this venue, and says what the decision says.

        Raises :class:`ReceiptInvalid`.
        """
        receipt = document.open(decision.receipt)
        said = (decision.session_id, decision.decision, decision.reason, decision.pseudonym)
        if (receipt.session_id, receipt.decision, receipt.reason, receipt.pseudonym) != said:
            raise ReceiptInvalid("The receipt says something else than the decision.")
        if receipt.terms_digest != _terms_digest(decision.terms):
            raise ReceiptInvalid("The receipt is for other terms.")
        if receipt.audience != self._audience:
            raise ReceiptInvalid("The receipt is for another venue.")
        return receipt


def check_presentation(
    request: PresentationRequest,
    presentation: Presentation | Mapping[str, Any],
    documents: Sequence[IssuerDocument],
    *,
    audience: str,
    now: int,
    curve: Curve | None = None,
) -> Accepted:
    """What a presentation proves, without asking anyone; the nonce is the caller's to spend, once.

    ``documents`` are those of the issuers trusted here. Raises :class:`PolicyInvalid` for the request's policy,
    :class:`PresentationInvalid` for a message that answers another question or none, :class:`PresentationRefused` with
    reason ``not_accepted`` or ``policy_not_met``.
    """
    try:
        if not isinstance(presentation, Presentation):
            presentation = Presentation.parse(presentation)
        engine = curves.load() if curve is None else curve
        return verify_presentation(engine, request, presentation, documents, audience, now)
    except PolicyError as error:
        raise PolicyInvalid(error.reason) from error
    except Refused as error:
        raise PresentationRefused(error.reason) from error
    except Malformed as error:
        raise PresentationInvalid from error
    except CircuitError as error:
        raise PresentationInvalid("The presentation does not answer this request.") from error


def _terms_digest(terms: Json | None) -> bytes | None:
    try:
        return None if terms is None else sha256_labelled(Label.TERMS, canonical_json(terms))
    except Malformed as error:
        raise ReceiptInvalid("The terms cannot be read.") from error


def _amount(value: Amount | None) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool | float):
        raise Unsendable("An amount is a decimal number.")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise Unsendable("An amount is a decimal number.") from error
