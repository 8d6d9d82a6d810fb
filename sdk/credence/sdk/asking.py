"""The venue's flows: register policies, open sessions, read decisions.

:mod:`credence.sdk.verifier` says what each is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Generic

from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.fields import Json
from credence.circuits.policy import PolicyError, load_policy
from credence.circuits.wire import PresentationRequest
from credence.sdk.calls import ask, cases, charges, reports, reputation
from credence.sdk.calls import verifier as calls
from credence.sdk.calls.amounts import Amount, amount, sent
from credence.sdk.calls.cases import AbuseCase, CasePage, CaseState, Look, Note
from credence.sdk.calls.charges import Charge, ExplainedCall, Exposure, OpenPosition, Reconciled
from credence.sdk.calls.reports import RiskReport
from credence.sdk.calls.reputation import Conduct, ReportedLine
from credence.sdk.calls.verifier import OpenSession, RegisteredPolicy, Session, VerifierDocument
from credence.sdk.credentials import Credentials, ask_as
from credence.sdk.errors import BadResponse, PolicyInvalid, Unsendable
from credence.sdk.flow import Flow, W


class Asker(Generic[W]):
    """One venue towards its service. ``known`` is the hash of a policy by its name, as registered or last read."""

    def __init__(self, way: W, credentials: Credentials, audience: str, rng: Rng) -> None:
        self._way = way
        self._credentials = credentials
        self._audience = audience
        self._rng = rng
        self.known: dict[str, bytes] = {}

    def document(self) -> Flow[W, VerifierDocument]:
        """See :meth:`~credence.sdk.verifier.Verifier.document`."""
        return ask(self._way, calls.document())

    def register_policy(self, policy: Json) -> Flow[W, RegisteredPolicy]:
        """See :meth:`~credence.sdk.verifier.Verifier.register_policy`."""
        try:
            loaded = load_policy(policy)
        except PolicyError as error:
            raise PolicyInvalid(error.reason) from error
        except CircuitError as error:
            raise PolicyInvalid from error
        make = partial(calls.register_policy, policy, loaded.name)
        registered = yield from ask_as(self._way, self._credentials, make, self._rng)
        if registered.policy_hash != loaded.digest:
            raise BadResponse("The service registered another policy.")
        self.known[loaded.name] = loaded.digest
        return registered

    def policy(self, name: str) -> Flow[W, RegisteredPolicy]:
        """See :meth:`~credence.sdk.verifier.Verifier.policy`."""
        registered = yield from ask_as(self._way, self._credentials, partial(calls.policy, name), self._rng)
        self.known[name] = registered.policy_hash
        return registered

    def open_session(
        self,
        policy: str,
        *,
        policy_hash: bytes | None,
        volume_30d_usd: Amount | None,
        maker_share: Amount | None,
        exposure: Exposure | None,
        channel: bytes,
        message: bytes,
    ) -> Flow[W, OpenSession]:
        """See :meth:`~credence.sdk.verifier.Verifier.open_session`."""
        make = partial(
            calls.open_session,
            policy,
            volume_30d_usd=None if volume_30d_usd is None else amount(volume_30d_usd),
            maker_share=None if maker_share is None else amount(maker_share),
            channel=channel,
            message=message,
            stated={} if exposure is None else exposure.members(),
        )
        opened = yield from ask_as(self._way, self._credentials, make, self._rng)
        request = opened.request
        bound = (request.audience, request.channel, request.message, request.policy.get("name"))
        if bound != (self._audience, channel, message, policy):
            raise BadResponse("The service opened another session than was asked for.")
        expected = self.known.get(policy) if policy_hash is None else policy_hash
        try:
            asked = load_policy(request.policy).digest
        except CircuitError as error:
            raise BadResponse("The service asks for a policy that cannot be used.") from error
        if expected is not None and asked != expected:
            raise BadResponse("The service asks under another policy than the one that was registered.")
        return opened

    def refreshed(self, request: PresentationRequest) -> Flow[W, PresentationRequest]:
        """See :meth:`~credence.sdk.verifier.Verifier.refreshed`."""
        found = yield from ask(self._way, calls.request(request.session_id))
        if found != request:  # staples are no part of the comparison
            raise BadResponse("The service asks something else in this session than it did.")
        return found

    def result(self, session_id: str) -> Flow[W, Session]:
        """See :meth:`~credence.sdk.verifier.Verifier.result`."""
        return ask_as(self._way, self._credentials, partial(calls.session, session_id), self._rng)

    def explain_margin_call(
        self,
        session_id: str,
        position: OpenPosition,
        equity_usd: Amount,
        *,
        other_positions: Mapping[str, Amount] | None,
        target_buffer: Amount | None,
        at: int | None,
    ) -> Flow[W, ExplainedCall]:
        """See :meth:`~credence.sdk.verifier.Verifier.explain_margin_call`."""
        make = partial(
            charges.explain_margin_call,
            session_id,
            position=position,
            equity_usd=equity_usd,
            other_positions=other_positions,
            target_buffer=target_buffer,
            at=at,
        )
        return ask_as(self._way, self._credentials, make, self._rng)

    def reconcile(
        self,
        session_id: str,
        charge: Charge,
        *,
        own_standing: str | None,
        volume_30d_usd: Amount | None,
        maker_share: Amount | None,
        exposure: Exposure | None,
    ) -> Flow[W, Reconciled]:
        """See :meth:`~credence.sdk.verifier.Verifier.reconcile`."""
        then = {} if exposure is None else exposure.members()
        if then.pop("account", None) is not None:
            raise Unsendable("Positions of a moment are those of the whole person, and of no account.")
        if own_standing is not None:
            then["own_standing"] = own_standing
        for name, value in (("volume_30d_usd", volume_30d_usd), ("maker_share", maker_share)):
            if value is not None:
                then[name] = sent(value)
        make = partial(charges.reconcile, session_id, charge=charge, then=then)
        return ask_as(self._way, self._credentials, make, self._rng)

    def report_events(self, events: Sequence[Json]) -> Flow[W, tuple[ReportedLine, ...]]:
        """See :meth:`~credence.sdk.verifier.Verifier.report_events`."""
        return ask_as(self._way, self._credentials, partial(reputation.report_events, events), self._rng)

    def conduct(self, pseudonym: bytes) -> Flow[W, Conduct]:
        """See :meth:`~credence.sdk.verifier.Verifier.conduct`."""
        return ask_as(self._way, self._credentials, partial(reputation.conduct, pseudonym), self._rng)

    def look_for_abuse(self, day: str) -> Flow[W, Look]:
        """See :meth:`~credence.sdk.verifier.Verifier.look_for_abuse`."""
        return ask_as(self._way, self._credentials, partial(cases.look, day), self._rng)

    def abuse_cases(self, state: CaseState | None, before: str | None) -> Flow[W, CasePage]:
        """See :meth:`~credence.sdk.verifier.Verifier.abuse_cases`."""
        return ask_as(self._way, self._credentials, partial(cases.listed, state=state, before=before), self._rng)

    def abuse_case(self, case_id: str) -> Flow[W, AbuseCase]:
        """See :meth:`~credence.sdk.verifier.Verifier.abuse_case`."""
        return ask_as(self._way, self._credentials, partial(cases.read, case_id), self._rng)

    def close_abuse_case(self, case_id: str, note: Note) -> Flow[W, AbuseCase]:
        """See :meth:`~credence.sdk.verifier.Verifier.close_abuse_case`."""
        return ask_as(self._way, self._credentials, partial(cases.close, case_id, note), self._rng)

    def make_report(self, as_of: str | None, depth_usd: int | None, insurance_usd: int | None) -> Flow[W, RiskReport]:
        """See :meth:`~credence.sdk.verifier.Verifier.make_report`."""
        return ask_as(self._way, self._credentials, partial(reports.made, as_of, depth_usd, insurance_usd), self._rng)

    def reports(self) -> Flow[W, tuple[RiskReport, ...]]:
        """See :meth:`~credence.sdk.verifier.Verifier.reports`."""
        return ask_as(self._way, self._credentials, reports.listed, self._rng)

    def report(self, report_id: str) -> Flow[W, Json]:
        """See :meth:`~credence.sdk.verifier.Verifier.report`."""
        return ask_as(self._way, self._credentials, partial(reports.document, report_id), self._rng)

    def report_page(self, report_id: str) -> Flow[W, str]:
        """See :meth:`~credence.sdk.verifier.Verifier.report_page`."""
        return ask_as(self._way, self._credentials, partial(reports.page, report_id), self._rng)
