"""The issuer's operator and reviewers: evidence is handed in, now and again; cases are followed, decided, overridden."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any, Generic, Literal

from credence.circuits.encoding import Rng
from credence.circuits.wire import IssuerDocument
from credence.sdk.calls import ask, issuer, keeping, persons, reviews
from credence.sdk.calls.issuer import Case, Challenge, Evidence, Revocation
from credence.sdk.calls.keeping import Hold, Kept, Order, Ordered
from credence.sdk.calls.persons import Ban, Person, Suspension
from credence.sdk.calls.reviews import Proposal, Proposed, Waiting
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

    def suspend(self, attestation_id: str, reason: str) -> Flow[W, Suspension]:
        """See :meth:`Onboarding.suspend`."""
        return ask_as(self._way, self._credentials, partial(persons.suspend, attestation_id, reason), self._rng)

    def lift(self, attestation_id: str) -> Flow[W, Suspension]:
        """See :meth:`Onboarding.lift`."""
        return ask_as(self._way, self._credentials, partial(persons.lift, attestation_id), self._rng)

    def ban(self, reason: str, *, attestation_id: str | None, case_id: str | None, until: int | None) -> Flow[W, Ban]:
        """See :meth:`Onboarding.ban`."""
        make = partial(persons.ban, reason, attestation_id=attestation_id, case_id=case_id, until=until)
        return ask_as(self._way, self._credentials, make, self._rng)

    def unban(self, ban_id: str) -> Flow[W, Ban]:
        """See :meth:`Onboarding.unban`."""
        return ask_as(self._way, self._credentials, partial(persons.unban, ban_id), self._rng)

    def person(self, name: str) -> Flow[W, Person]:
        """See :meth:`Onboarding.person`."""
        return ask_as(self._way, self._credentials, partial(persons.person, name), self._rng)

    def waiting(self, limit: int, due_after: str | None) -> Flow[W, Waiting]:
        """See :meth:`Onboarding.waiting`."""
        return ask_as(self._way, self._credentials, lambda auth: reviews.waiting(auth, limit, due_after), self._rng)

    def history(self, case_id: str) -> Flow[W, Mapping[str, Any]]:
        """See :meth:`Onboarding.history`."""
        return ask_as(self._way, self._credentials, partial(reviews.history, case_id), self._rng)

    def comment(self, case_id: str, text: str) -> Flow[W, str]:
        """See :meth:`Onboarding.comment`."""
        return ask_as(self._way, self._credentials, partial(reviews.comment, case_id, text), self._rng)

    def propose(self, case_id: str, proposed: Proposed) -> Flow[W, Proposal]:
        """See :meth:`Onboarding.propose`."""
        return ask_as(self._way, self._credentials, partial(reviews.propose, case_id, proposed), self._rng)

    def approve(self, case_id: str, proposal_id: str) -> Flow[W, Case]:
        """See :meth:`Onboarding.approve`."""
        return ask_as(self._way, self._credentials, partial(reviews.approve, case_id, proposal_id), self._rng)

    def reject(self, case_id: str, proposal_id: str) -> Flow[W, Proposal]:
        """See :meth:`Onboarding.reject`."""
        return ask_as(self._way, self._credentials, partial(reviews.reject, case_id, proposal_id), self._rng)

    def show_again(self, case_id: str, evidence: Evidence | str) -> Flow[W, Case]:
        """See :meth:`Onboarding.show_again`."""
        given = Evidence(evidence) if isinstance(evidence, str) else evidence
        return ask_as(self._way, self._credentials, partial(reviews.show_again, case_id, given), self._rng)

    def kept(self, case: str) -> Flow[W, Kept]:
        """See :meth:`Onboarding.kept`."""
        return ask_as(self._way, self._credentials, partial(keeping.kept, case), self._rng)

    def hold(self, case_id: str, reason: Hold) -> Flow[W, Kept]:
        """See :meth:`Onboarding.hold`."""
        return ask_as(self._way, self._credentials, partial(keeping.hold, case_id, reason), self._rng)

    def order(self, case_id: str, what: Order) -> Flow[W, Ordered]:
        """See :meth:`Onboarding.order`."""
        return ask_as(self._way, self._credentials, partial(keeping.order, case_id, what), self._rng)

    def approve_order(self, case_id: str, order_id: str) -> Flow[W, Kept]:
        """See :meth:`Onboarding.approve_order`."""
        return ask_as(self._way, self._credentials, partial(keeping.approve, case_id, order_id), self._rng)


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

    def suspend(self, attestation_id: str, reason: str) -> Suspension:
        """Suspend a credential: verifiers refuse it as a revoked one, and nothing is issued to its person meanwhile.

        Raises :class:`NotFound`, and :class:`Conflict` where it is not live.
        """
        return run(self.flows.suspend(attestation_id, reason))

    def lift(self, attestation_id: str) -> Suspension:
        """Ask that a suspension be lifted; when a second person asks, it is, and the answer may carry an offer.

        Raises :class:`FourEyesRequired` for whoever asked before, :class:`Conflict` where nothing is suspended.
        """
        return run(self.flows.lift(attestation_id))

    def ban(
        self, reason: str, *, attestation_id: str | None = None, case_id: str | None = None, until: int | None = None
    ) -> Ban:
        """Ban the person of an attestation or a case, one of the two: nothing is issued to them, and what they hold is
        revoked. ``until`` is in unix seconds. Raises :class:`NotFound`, and :class:`Conflict` for who is banned already.
        """
        return run(self.flows.ban(reason, attestation_id=attestation_id, case_id=case_id, until=until))

    def unban(self, ban_id: str) -> Ban:
        """Ask that a ban be lifted; when a second person asks, it is. Raises as :meth:`lift`."""
        return run(self.flows.unban(ban_id))

    def person(self, name: str) -> Person:
        """What was issued to the person of an attestation or a case, and every ban. Raises :class:`NotFound`."""
        return run(self.flows.person(name))

    def waiting(self, limit: int = 50, due_after: str | None = None) -> Waiting:
        """What waits for somebody: cases in review, proposals for a second person, holders who are due.

        Up to ``limit`` of each, 1 to 200. Who is due beyond that is asked for with the ``due_next`` of the answer before.
        """
        return run(self.flows.waiting(limit, due_after))

    def history(self, case_id: str) -> Mapping[str, Any]:
        """All that happened to a case, for staff alone. Raises :class:`NotFound`."""
        return run(self.flows.history(case_id))

    def comment(self, case_id: str, text: str) -> str:
        """Write a comment on a case, for colleagues: no personal data belongs in it. Answers who wrote it."""
        return run(self.flows.comment(case_id, text))

    def propose(self, case_id: str, proposed: Proposed) -> Proposal:
        """Propose to decide otherwise than the rules did; another person approves it.

        Raises :class:`Conflict` for a case in another state, :class:`ProposalOpen` where one waits already.
        """
        return run(self.flows.propose(case_id, proposed))

    def approve(self, case_id: str, proposal_id: str) -> Case:
        """Approve a proposal of somebody else's. An approved case carries the offer, this once.

        Raises :class:`FourEyesRequired` for one's own, :class:`Conflict` where it is not open any more.
        """
        return run(self.flows.approve(case_id, proposal_id))

    def reject(self, case_id: str, proposal_id: str) -> Proposal:
        """Reject a proposal, or withdraw one's own. Raises :class:`Conflict` where it is not open any more."""
        return run(self.flows.reject(case_id, proposal_id))

    def show_again(self, case_id: str, evidence: Evidence | str) -> Case:
        """Hand in fresh evidence for a credential that was issued. What is found may have it revoked.

        Raises :class:`Conflict` for another person's, evidence of before, or a case without a credential.
        """
        return run(self.flows.show_again(case_id, evidence))

    def kept(self, case: str) -> Kept:
        """Until when a case is kept, by its id or that of what was issued through it, and who holds it."""
        return run(self.flows.kept(case))

    def hold(self, case_id: str, reason: Hold) -> Kept:
        """Put a case under a legal hold. Raises :class:`Conflict` where it is under one."""
        return run(self.flows.hold(case_id, reason))

    def order(self, case_id: str, what: Order) -> Ordered:
        """Order that a case is erased, or its hold lifted; another person approves it. Raises :class:`Conflict` where it has
        to be kept: ``detail`` names the ground, and the day or the hold."""
        return run(self.flows.order(case_id, what))

    def approve_order(self, case_id: str, order_id: str) -> Kept:
        """Approve somebody else's order, which takes effect with it. Raises :class:`Conflict` as :meth:`order`."""
        return run(self.flows.approve_order(case_id, order_id))


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

    async def suspend(self, attestation_id: str, reason: str) -> Suspension:
        """As :meth:`Onboarding.suspend`."""
        return await run_async(self.flows.suspend(attestation_id, reason))

    async def lift(self, attestation_id: str) -> Suspension:
        """As :meth:`Onboarding.lift`."""
        return await run_async(self.flows.lift(attestation_id))

    async def ban(
        self, reason: str, *, attestation_id: str | None = None, case_id: str | None = None, until: int | None = None
    ) -> Ban:
        """As :meth:`Onboarding.ban`."""
        return await run_async(self.flows.ban(reason, attestation_id=attestation_id, case_id=case_id, until=until))

    async def unban(self, ban_id: str) -> Ban:
        """As :meth:`Onboarding.unban`."""
        return await run_async(self.flows.unban(ban_id))

    async def person(self, name: str) -> Person:
        """As :meth:`Onboarding.person`."""
        return await run_async(self.flows.person(name))

    async def waiting(self, limit: int = 50, due_after: str | None = None) -> Waiting:
        """As :meth:`Onboarding.waiting`."""
        return await run_async(self.flows.waiting(limit, due_after))

    async def history(self, case_id: str) -> Mapping[str, Any]:
        """As :meth:`Onboarding.history`."""
        return await run_async(self.flows.history(case_id))

    async def comment(self, case_id: str, text: str) -> str:
        """As :meth:`Onboarding.comment`."""
        return await run_async(self.flows.comment(case_id, text))

    async def propose(self, case_id: str, proposed: Proposed) -> Proposal:
        """As :meth:`Onboarding.propose`."""
        return await run_async(self.flows.propose(case_id, proposed))

    async def approve(self, case_id: str, proposal_id: str) -> Case:
        """As :meth:`Onboarding.approve`."""
        return await run_async(self.flows.approve(case_id, proposal_id))

    async def reject(self, case_id: str, proposal_id: str) -> Proposal:
        """As :meth:`Onboarding.reject`."""
        return await run_async(self.flows.reject(case_id, proposal_id))

    async def show_again(self, case_id: str, evidence: Evidence | str) -> Case:
        """As :meth:`Onboarding.show_again`."""
        return await run_async(self.flows.show_again(case_id, evidence))

    async def kept(self, case: str) -> Kept:
        """As :meth:`Onboarding.kept`."""
        return await run_async(self.flows.kept(case))

    async def hold(self, case_id: str, reason: Hold) -> Kept:
        """As :meth:`Onboarding.hold`."""
        return await run_async(self.flows.hold(case_id, reason))

    async def order(self, case_id: str, what: Order) -> Ordered:
        """As :meth:`Onboarding.order`."""
        return await run_async(self.flows.order(case_id, what))

    async def approve_order(self, case_id: str, order_id: str) -> Kept:
        """As :meth:`Onboarding.approve_order`."""
        return await run_async(self.flows.approve_order(case_id, order_id))
