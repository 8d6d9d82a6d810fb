"""The venue: registers policies, opens sessions, reads decisions, and can check everything by itself, offline.

:class:`Verifier` waits, :class:`AsyncVerifier` is awaited. Both are thin: what a venue asks is written in
:mod:`credence.sdk.asking`, what it checks in :mod:`credence.sdk.checking`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Generic

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.fields import Json
from credence.circuits.presentation import Accepted
from credence.circuits.receipt import Receipt
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.sdk.asking import Asker
from credence.sdk.calls.amounts import Amount
from credence.sdk.calls.cases import AbuseCase, CasePage, CaseState, Look, Note
from credence.sdk.calls.charges import Charge, ExplainedCall, Exposure, OpenPosition, Reconciled
from credence.sdk.calls.reports import RiskReport
from credence.sdk.calls.reputation import Conduct, ReportedLine
from credence.sdk.calls.verifier import Decision, OpenSession, RegisteredPolicy, Session, VerifierDocument
from credence.sdk.checking import check_presentation, check_receipt
from credence.sdk.clock import Clock, system_clock
from credence.sdk.credentials import ClientCredentials, one_of
from credence.sdk.flow import W, in_thread, run, run_async
from credence.sdk.messages import AsyncTransport, Transport


class _Venue(Generic[W]):
    """What needs no network."""

    def __init__(
        self,
        transport: W,
        *,
        audience: str,
        api_key: str | None = None,
        credentials: ClientCredentials | None = None,
        curve: Curve | None = None,
        clock: Clock = system_clock,
        rng: Rng = secrets.token_bytes,
    ) -> None:
        self.flows = Asker(transport, one_of(api_key, credentials), audience, rng)
        self._audience = audience
        self._curve = curve
        self._clock = clock

    @property
    def audience(self) -> str:
        """The name that wallets are told, and compare whole."""
        return self._audience

    def receipt(self, decision: Decision, document: VerifierDocument, *, policy_hash: bytes | None = None) -> Receipt:
        """Check offline that a decision's receipt is signed, for this venue, and says all that the decision says.

        The receipt's policy must be that of ``policy_hash``, or one that was registered or read by this object where it
        knows any. Raises :class:`ReceiptInvalid`.
        """
        policies = set(self.flows.known.values()) if policy_hash is None else {policy_hash}
        return check_receipt(decision, document, audience=self._audience, policies=policies)

    def _check(
        self,
        request: PresentationRequest,
        presentation: Presentation | Mapping[str, Any],
        documents: Sequence[IssuerDocument],
        now: int | None,
    ) -> Accepted:
        moment = self._clock() if now is None else now
        return check_presentation(request, presentation, documents, audience=self._audience, now=moment, curve=self._curve)


class Verifier(_Venue[Transport]):
    """One venue. ``audience`` is the whole name that the service gives it towards wallets; it shows who it is by the
    ``api_key`` that it was given, or by ``credentials``.

    Safe for several threads where its transport is. Raises :class:`Unsendable` where both are given, or neither.
    """

    def document(self) -> VerifierDocument:
        """The keys that sign receipts. Raises what :func:`~credence.sdk.calls.ask` raises."""
        return run(self.flows.document())

    def register_policy(self, policy: Json) -> RegisteredPolicy:
        """Register a version of a policy; a version once registered never changes.

        Raises :class:`PolicyInvalid` before anything is sent, :class:`PolicyVersionExists` where that version says something
        else, :class:`BadResponse` where the service understood another policy, and what :func:`~credence.sdk.calls.ask`
        raises.
        """
        return run(self.flows.register_policy(policy))

    def policy(self, name: str) -> RegisteredPolicy:
        """The newest version of one's own policy. Raises what :func:`~credence.sdk.calls.ask` raises."""
        return run(self.flows.policy(name))

    def open_session(
        self,
        policy: str,
        *,
        policy_hash: bytes | None = None,
        volume_30d_usd: Amount | None = None,
        maker_share: Amount | None = None,
        exposure: Exposure | None = None,
        channel: bytes = b"",
        message: bytes = b"",
    ) -> OpenSession:
        """Ask for a presentation under the newest version of ``policy``.

        ``volume_30d_usd``, ``maker_share`` (0 to 1) and ``exposure`` are what the venue knows of the account and enter the
        terms; ``channel`` and ``message`` are bound into the proof. The request must carry the very policy whose hash is
        ``policy_hash``, or that was registered or read last by this object, where either is known.

        Raises :class:`Unsendable` for an amount that is none, :class:`BadResponse` where the request is for another
        audience, binding or policy, and what :func:`~credence.sdk.calls.ask` raises.
        """
        flow = self.flows.open_session(
            policy,
            policy_hash=policy_hash,
            volume_30d_usd=volume_30d_usd,
            maker_share=maker_share,
            exposure=exposure,
            channel=channel,
            message=message,
        )
        return run(flow)

    def refreshed(self, request: PresentationRequest) -> PresentationRequest:
        """The request of an open session with the newest staples, to check against: an older one knows less of revocations.

        Raises :class:`BadResponse` where it asks anything else, and what :func:`~credence.sdk.calls.ask` raises."""
        return run(self.flows.refreshed(request))

    def result(self, session_id: str) -> Session:
        """One's own session as it is now. Raises :class:`NotFound`, and what :func:`~credence.sdk.calls.ask` raises."""
        return run(self.flows.result(session_id))

    def explain_margin_call(
        self,
        session_id: str,
        position: OpenPosition,
        equity_usd: Amount,
        *,
        other_positions: Mapping[str, Amount] | None = None,
        target_buffer: Amount | None = None,
        at: int | None = None,
    ) -> ExplainedCall:
        """Why a margin call came, by the terms of one's own accepted session: the buffer, what ends it, and the clause.

        ``position`` is all that the person holds of its class, ``equity_usd`` what the account has. ``other_positions`` are
        gross notionals of other classes, by default those that were stated for the decision. ``at`` is a unix time, by
        default now. Raises :class:`NotFound`, :class:`Conflict` for a session without terms, :class:`Unsendable` for an
        amount that is none, and what :func:`~credence.sdk.calls.ask` raises.
        """
        flow = self.flows.explain_margin_call(
            session_id, position, equity_usd, other_positions=other_positions, target_buffer=target_buffer, at=at
        )
        return run(flow)

    def reconcile(
        self,
        session_id: str,
        charge: Charge,
        *,
        own_standing: str | None = None,
        volume_30d_usd: Amount | None = None,
        maker_share: Amount | None = None,
        exposure: Exposure | None = None,
    ) -> Reconciled:
        """Why a charge is not what the terms of one's own accepted session give.

        The rest is what the venue knows to have been so when it was charged, besides its decisions; ``exposure`` is of the
        whole person. Raises as :meth:`explain_margin_call`.
        """
        flow = self.flows.reconcile(
            session_id,
            charge,
            own_standing=own_standing,
            volume_30d_usd=volume_30d_usd,
            maker_share=maker_share,
            exposure=exposure,
        )
        return run(flow)

    def report_events(self, events: Sequence[Json]) -> tuple[ReportedLine, ...]:
        """Say what one's pseudonyms did (docs/conduct.md): up to 500 events, and what became of each, in their order.

        An event counts once by its id: one that was sent again, by the caller or because an answer was lost, is a
        ``duplicate``. Raises :class:`Unsendable` for none or too many, and what :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.report_events(events))

    def conduct(self, pseudonym: bytes) -> Conduct:
        """What the conduct of one's own pseudonym (48 bytes) has come to.

        Raises :class:`NotFound` where nothing was reported of it, :class:`Unsendable` for another length, and what
        :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.conduct(pseudonym))

    def look_for_abuse(self, day: str) -> Look:
        """Have named rules look over a day (YYYY-MM-DD, of UTC, and over) of what one reported; a finding opens one case.

        Raises :class:`Unsendable` for what is no date, and what :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.look_for_abuse(day))

    def abuse_cases(self, *, state: CaseState | None = None, before: str | None = None) -> CasePage:
        """One's own cases, newest first, up to 100 that are older than the one ``before``. Nothing follows from a case.

        Raises :class:`Unsendable` for an id that is none, and what :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.abuse_cases(state, before))

    def abuse_case(self, case_id: str) -> AbuseCase:
        """One of one's own cases. Raises as :meth:`abuse_cases`, and :class:`NotFound`."""
        return run(self.flows.abuse_case(case_id))

    def close_abuse_case(self, case_id: str, note: Note) -> AbuseCase:
        """Say what a case was, for good. Raises as :meth:`abuse_case`, and :class:`Unsendable` for another note."""
        return run(self.flows.close_abuse_case(case_id, note))

    def make_report(
        self, as_of: str | None = None, *, depth_usd: int | None = None, insurance_usd: int | None = None
    ) -> RiskReport:
        """Make the risk desk's report of what was reported before a day (YYYY-MM-DD; default: today). It takes seconds.

        ``depth_usd`` moves a price by 1 %, ``insurance_usd`` is the fund: both for stress. Raises :class:`InvalidRequest`
        for fewer than 20 accounts, and what :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.make_report(as_of, depth_usd, insurance_usd))

    def reports(self) -> tuple[RiskReport, ...]:
        """One's own reports that are kept, the newest first. Raises what :func:`~credence.sdk.calls.ask` raises."""
        return run(self.flows.reports())

    def report(self, report_id: str) -> Json:
        """The document of one's own report. Raises as :meth:`reports`, :class:`NotFound`, :class:`Unsendable`."""
        return run(self.flows.report(report_id))

    def report_page(self, report_id: str) -> str:
        """The same as one self-contained HTML file."""
        return run(self.flows.report_page(report_id))

    def check(
        self,
        request: PresentationRequest,
        presentation: Presentation | Mapping[str, Any],
        documents: Sequence[IssuerDocument],
        *,
        now: int | None = None,
    ) -> Accepted:
        """Check a presentation offline, as of ``now`` (default: the clock). Raises as :func:`check_presentation`."""
        return self._check(request, presentation, documents, now)


class AsyncVerifier(_Venue[AsyncTransport]):
    """As :class:`Verifier`, awaited. Safe for several tasks."""

    async def document(self) -> VerifierDocument:
        """As :meth:`Verifier.document`."""
        return await run_async(self.flows.document())

    async def register_policy(self, policy: Json) -> RegisteredPolicy:
        """As :meth:`Verifier.register_policy`."""
        return await run_async(self.flows.register_policy(policy))

    async def policy(self, name: str) -> RegisteredPolicy:
        """As :meth:`Verifier.policy`."""
        return await run_async(self.flows.policy(name))

    async def open_session(
        self,
        policy: str,
        *,
        policy_hash: bytes | None = None,
        volume_30d_usd: Amount | None = None,
        maker_share: Amount | None = None,
        exposure: Exposure | None = None,
        channel: bytes = b"",
        message: bytes = b"",
    ) -> OpenSession:
        """As :meth:`Verifier.open_session`."""
        flow = self.flows.open_session(
            policy,
            policy_hash=policy_hash,
            volume_30d_usd=volume_30d_usd,
            maker_share=maker_share,
            exposure=exposure,
            channel=channel,
            message=message,
        )
        return await run_async(flow)

    async def refreshed(self, request: PresentationRequest) -> PresentationRequest:
        """As :meth:`Verifier.refreshed`."""
        return await run_async(self.flows.refreshed(request))

    async def result(self, session_id: str) -> Session:
        """As :meth:`Verifier.result`."""
        return await run_async(self.flows.result(session_id))

    async def explain_margin_call(
        self,
        session_id: str,
        position: OpenPosition,
        equity_usd: Amount,
        *,
        other_positions: Mapping[str, Amount] | None = None,
        target_buffer: Amount | None = None,
        at: int | None = None,
    ) -> ExplainedCall:
        """As :meth:`Verifier.explain_margin_call`."""
        flow = self.flows.explain_margin_call(
            session_id, position, equity_usd, other_positions=other_positions, target_buffer=target_buffer, at=at
        )
        return await run_async(flow)

    async def reconcile(
        self,
        session_id: str,
        charge: Charge,
        *,
        own_standing: str | None = None,
        volume_30d_usd: Amount | None = None,
        maker_share: Amount | None = None,
        exposure: Exposure | None = None,
    ) -> Reconciled:
        """As :meth:`Verifier.reconcile`."""
        flow = self.flows.reconcile(
            session_id,
            charge,
            own_standing=own_standing,
            volume_30d_usd=volume_30d_usd,
            maker_share=maker_share,
            exposure=exposure,
        )
        return await run_async(flow)

    async def report_events(self, events: Sequence[Json]) -> tuple[ReportedLine, ...]:
        """As :meth:`Verifier.report_events`."""
        return await run_async(self.flows.report_events(events))

    async def conduct(self, pseudonym: bytes) -> Conduct:
        """As :meth:`Verifier.conduct`."""
        return await run_async(self.flows.conduct(pseudonym))

    async def look_for_abuse(self, day: str) -> Look:
        """As :meth:`Verifier.look_for_abuse`."""
        return await run_async(self.flows.look_for_abuse(day))

    async def abuse_cases(self, *, state: CaseState | None = None, before: str | None = None) -> CasePage:
        """As :meth:`Verifier.abuse_cases`."""
        return await run_async(self.flows.abuse_cases(state, before))

    async def abuse_case(self, case_id: str) -> AbuseCase:
        """As :meth:`Verifier.abuse_case`."""
        return await run_async(self.flows.abuse_case(case_id))

    async def close_abuse_case(self, case_id: str, note: Note) -> AbuseCase:
        """As :meth:`Verifier.close_abuse_case`."""
        return await run_async(self.flows.close_abuse_case(case_id, note))

    async def make_report(
        self, as_of: str | None = None, *, depth_usd: int | None = None, insurance_usd: int | None = None
    ) -> RiskReport:
        """As :meth:`Verifier.make_report`."""
        return await run_async(self.flows.make_report(as_of, depth_usd, insurance_usd))

    async def reports(self) -> tuple[RiskReport, ...]:
        """As :meth:`Verifier.reports`."""
        return await run_async(self.flows.reports())

    async def report(self, report_id: str) -> Json:
        """As :meth:`Verifier.report`."""
        return await run_async(self.flows.report(report_id))

    async def report_page(self, report_id: str) -> str:
        """As :meth:`Verifier.report_page`."""
        return await run_async(self.flows.report_page(report_id))

    async def check(
        self,
        request: PresentationRequest,
        presentation: Presentation | Mapping[str, Any],
        documents: Sequence[IssuerDocument],
        *,
        now: int | None = None,
    ) -> Accepted:
        """As :meth:`Verifier.check`, in a worker thread."""
        return await in_thread(partial(self._check, request, presentation, documents, now))


__all__ = ["Amount", "AsyncVerifier", "Verifier", "check_presentation"]
