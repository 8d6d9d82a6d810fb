"""The venue: registers policies, opens sessions, reads decisions, and can check everything by itself, offline.

Checking offline needs the request, the presentation and the issuers' published documents, and nothing else: no service, no
key. It is steps 1 to 6 of verification; whoever relies on it must see to it that a nonce is accepted once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.fields import Json
from credence.circuits.policy import PolicyError, load_policy
from credence.circuits.presentation import Accepted, verify_presentation
from credence.circuits.receipt import Receipt, decision_digest
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

_AMOUNT: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?")


class Verifier:
    """One venue. ``audience`` is the whole name that the service gives it towards wallets, ``api_key`` the key it was given.

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
        self._known: dict[str, bytes] = {}  # the hash of a policy by its name, as registered or last read

    @property
    def audience(self) -> str:
        """The name that wallets are told, and compare whole."""
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
        self._known[loaded.name] = loaded.digest
        return registered

    def policy(self, name: str) -> RegisteredPolicy:
        """The newest version of one's own policy. Raises what :func:`~credence.sdk.calls.perform` raises."""
        registered = perform(self._transport, calls.policy(name, self._api_key))
        if registered.name != name:
            raise BadResponse("The service answered with another policy.")
        self._known[name] = registered.policy_hash
        return registered

    def open_session(
        self,
        policy: str,
        *,
        policy_hash: bytes | None = None,
        volume_30d_usd: Amount | None = None,
        maker_share: Amount | None = None,
        channel: bytes = b"",
        message: bytes = b"",
    ) -> OpenSession:
        """Ask for a presentation under the newest version of ``policy``.

        ``volume_30d_usd`` and ``maker_share`` (0 to 1) are what the venue knows of the account and enter the terms;
        ``channel`` and ``message`` are bound into the proof. The request must carry the very policy whose hash is
        ``policy_hash``, or that was registered or read last by this object, where either is known.

        Raises :class:`Unsendable` for an amount that is none, :class:`BadResponse` where the request is for another
        audience, binding or policy, and what
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
        expected = self._known.get(policy) if policy_hash is None else policy_hash
        try:
            asked = load_policy(request.policy).digest
        except CircuitError as error:
            raise BadResponse("The service asks for a policy that cannot be used.") from error
        if expected is not None and asked != expected:
            raise BadResponse("The service asks under another policy than the one that was registered.")
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

    def receipt(self, decision: Decision, document: VerifierDocument, *, policy_hash: bytes | None = None) -> Receipt:
        """Check offline that a decision's receipt is signed, for this venue, and says all that the decision says.

        The receipt's policy must be that of ``policy_hash``, or one that was registered or read by this object where it
        knows any. Raises :class:`ReceiptInvalid`.
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
        if receipt.audience != self._audience:
            raise ReceiptInvalid("The receipt is for another venue.")
        expected = set(self._known.values()) if policy_hash is None else {policy_hash}
        if expected and receipt.policy_hash not in expected:
            raise ReceiptInvalid("The receipt is for another policy.")
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


def _amount(value: Amount | None) -> Decimal | None:
    """One form alone, digits with at most one point: what ``Decimal`` reads besides is refused."""
    if value is None:
        return None
    if isinstance(value, bool | float):
        raise Unsendable("An amount is a decimal number.")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Unsendable("An amount is a decimal number.")
    written = format(value, "f") if isinstance(value, Decimal) else str(value)
    if len(written) > 40 or not _AMOUNT.fullmatch(written):
        raise Unsendable("An amount is a decimal number: digits, and at most one point.")
    return Decimal(written)
