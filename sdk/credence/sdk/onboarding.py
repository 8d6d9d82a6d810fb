"""The issuer's operator: hands in evidence, follows a case, decides what is in review."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Generic, Literal

from credence.circuits.encoding import Rng
from credence.circuits.wire import IssuerDocument
from credence.sdk.calls import ask, issuer
from credence.sdk.calls.issuer import Case, Challenge, Evidence, Revocation
from credence.sdk.credentials import ClientCredentials, Credentials, ask_as, one_of
from credence.sdk.flow import Flow, W, run, run_async
from credence.sdk.messages import AsyncTransport, Transport


class Intake(Generic[W]):
    """The flows of :class:`Onboarding`, whoever waits for the network."""

    def __init__(self, way: W, credentials: Credentials, rng: Rng) -> None:
        self._way = way
        self._credentials = credentials
        self._rng = rng

    def document(self) -> Flow[W, IssuerDocument]:
        """See :meth:`Onboarding.document`."""
        return ask(self._way, issuer.document())

    def challenge(self) -> Flow[W, Challenge]:
        """See :meth:`Onboarding.challenge`."""
        return ask_as(self._way, self._credentials, issuer.challenge, self._rng)

    def submit(self, evidence: Evidence | str) -> Flow[W, Case]:
        """See :meth:`Onboarding.submit`."""
        given = Evidence(evidence) if isinstance(evidence, str) else evidence
        return ask_as(self._way, self._credentials, partial(issuer.submit, given), self._rng)

    def case(self, case_id: str) -> Flow[W, Case]:
        """See :meth:`Onboarding.case`."""
        return ask_as(self._way, self._credentials, partial(issuer.case, case_id), self._rng)

    def decide(self, case_id: str, decision: Literal["approve", "decline"], reason: str) -> Flow[W, Case]:
        """See :meth:`Onboarding.decide`."""
        make = partial(issuer.decide, case_id, decision, reason)
        return ask_as(self._way, self._credentials, make, self._rng)

    def revoke(self, reason: str, *, attestation_id: str | None, case_id: str | None) -> Flow[W, Revocation]:
        """See :meth:`Onboarding.revoke`."""
        make = partial(issuer.revoke, reason, attestation_id=attestation_id, case_id=case_id)
        return ask_as(self._way, self._credentials, make, self._rng)


class Onboarding:
    """One operator of an issuer, by an API key or ``credentials`` with the scopes ``issuer:cases``, to decide
    ``issuer:review``, and to revoke ``issuer:revoke``.

    Every method raises what :func:`~credence.sdk.calls.ask` raises. Safe for several threads where its transport is. Raises
    :class:`Unsendable` where both an API key and credentials are given, or neither.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        api_key: str | None = None,
        credentials: ClientCredentials | None = None,
        rng: Rng = secrets.token_bytes,
    ) -> None:
        self.flows = Intake(transport, one_of(api_key, credentials), rng)

    def document(self) -> IssuerDocument:
        """What the issuer publishes of itself."""
        return run(self.flows.document())

    def challenge(self) -> Challenge:
        """What a holder signs when a PID is shown. The answer opens one case, of this operator's."""
        return run(self.flows.challenge())

    def submit(self, evidence: Evidence | str) -> Case:
        """Hand in evidence (or its token). An approved case carries the offer, this once; hand it to the person's wallet.

        Raises :class:`InvalidRequest` for evidence that no configured vendor signed.
        """
        return run(self.flows.submit(evidence))

    def case(self, case_id: str) -> Case:
        """A case as it is now, without its offer. Raises :class:`NotFound`."""
        return run(self.flows.case(case_id))

    def decide(self, case_id: str, decision: Literal["approve", "decline"], reason: str) -> Case:
        """Decide a case in review; ``reason`` is a slug. Raises :class:`Conflict` for a case in another state."""
        return run(self.flows.decide(case_id, decision, reason))

    def revoke(self, reason: str, *, attestation_id: str | None = None, case_id: str | None = None) -> Revocation:
        """Revoke a credential for good, by its attestation or its case, one of the two; ``reason`` is a slug.

        Raises :class:`NotFound` where none was issued, :class:`Conflict` where it is revoked already.
        """
        return run(self.flows.revoke(reason, attestation_id=attestation_id, case_id=case_id))


class AsyncOnboarding:
    """As :class:`Onboarding`, awaited. Safe for several tasks."""

    def __init__(
        self,
        transport: AsyncTransport,
        *,
        api_key: str | None = None,
        credentials: ClientCredentials | None = None,
        rng: Rng = secrets.token_bytes,
    ) -> None:
        self.flows = Intake(transport, one_of(api_key, credentials), rng)

    async def document(self) -> IssuerDocument:
        """As :meth:`Onboarding.document`."""
        return await run_async(self.flows.document())

    async def challenge(self) -> Challenge:
        """As :meth:`Onboarding.challenge`."""
        return await run_async(self.flows.challenge())

    async def submit(self, evidence: Evidence | str) -> Case:
        """As :meth:`Onboarding.submit`."""
        return await run_async(self.flows.submit(evidence))

    async def case(self, case_id: str) -> Case:
        """As :meth:`Onboarding.case`."""
        return await run_async(self.flows.case(case_id))

    async def decide(self, case_id: str, decision: Literal["approve", "decline"], reason: str) -> Case:
        """As :meth:`Onboarding.decide`."""
        return await run_async(self.flows.decide(case_id, decision, reason))

    async def revoke(self, reason: str, *, attestation_id: str | None = None, case_id: str | None = None) -> Revocation:
        """As :meth:`Onboarding.revoke`."""
        return await run_async(self.flows.revoke(reason, attestation_id=attestation_id, case_id=case_id))
