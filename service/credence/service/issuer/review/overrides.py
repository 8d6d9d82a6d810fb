"""Overrides: one person proposes to decide otherwise than the rules did, another one approves or rejects it.

A person is a client, whichever of its keys it uses. That nobody approves what they proposed is a constraint of the database
(``ck_issuer_proposals_four_eyes``); here it is only said in words before it is met.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.policy import RISK_TIERS
from credence.service.auth import Scope, may
from credence.service.errors import Conflict, Erased, FourEyesRequired, InvalidRequest, NotFound, ProposalOpen
from credence.service.issuer import records as issuer_records
from credence.service.issuer.cases import Actor, CaseState, IllegalStep, step
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.intake import CaseView, stored_screening, view
from credence.service.issuer.persons.records import ban_of
from credence.service.issuer.records import IssuerCase
from credence.service.issuer.review import records
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.holding import ends_with, settle
from credence.service.issuer.review.monitoring import is_fixed, watched
from credence.service.issuer.review.reasons import REASONS, Happening, Kind, Reason, Standing
from credence.service.issuer.review.records import IssuerProposal
from credence.service.issuer.sealing import KEYS, key_of_case
from credence.service.keys import Purpose
from credence.service.logs import logger
from credence.service.store import Run, uuid7

_WHERE: Final = {
    Kind.APPROVE: (CaseState.REVIEW, CaseState.DECLINED),
    Kind.DECLINE: (CaseState.APPROVED, CaseState.REVIEW, CaseState.ISSUED),
    Kind.CHANGE: (CaseState.REVIEW, CaseState.APPROVED),
    Kind.REOPEN: (CaseState.DECLINED,),
}
_WORST: Final = RISK_TIERS[-1]


class NotOverridable(Conflict):
    """What no two persons may decide: the table refuses the applicant, or the credential is revoked."""

    default = "This cannot be overridden."


class ProposerGone(Conflict):
    """A proposal of somebody who may not propose any more: a second person is not a second one beside nobody."""

    default = "Whoever proposed it is no reviewer any more: reject it, and propose it anew."


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that was found, by list and id."""

    list: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class Override:
    """What is proposed. ``kyc_level`` and ``risk_tier`` are None where they stay; ``comment`` says it in words."""

    kind: Kind
    reason: Reason
    comment: str
    kyc_level: int | None = None
    risk_tier: str | None = None
    cleared: tuple[Entry, ...] = ()


def propose(
    desk: Desk, case_id: str, override: Override, client_id: str, run: Run[IssuerProposal] | None = None
) -> IssuerProposal:
    """Proposes an override. ``run`` runs the transaction, by default the desk's store.

    Raises :class:`NotFound`, :class:`IllegalStep` for a case in another state, :class:`NotOverridable`,
    :class:`InvalidRequest` for a proposal that does not fit the case, :class:`ProposalOpen` where it has one.
    """
    now, rng = desk.services.clock(), desk.services.rng
    proposal_id = str(uuid7(now, rng))
    proposal = partial(_proposal, proposal_id=proposal_id, override=override, by=client_id, now=now)
    comment = partial(records.add_comment, author=client_id, now=now, proposal_id=proposal_id)

    with desk.store.reading() as session:
        found = issuer_records.find_case(session, case_id)
    if found is None:
        raise NotFound
    key = key_of_case(desk.services.keeping, desk.store, found, now)

    def work(session: Session) -> IssuerProposal:
        case = _locked(session, case_id)
        _check(session, desk, case, override)
        made = proposal(case_id=case_id)
        if not records.add_proposal(session, made):
            raise ProposalOpen
        KEYS.claim(session, key.key_id)
        comment(session, case_id, override.comment, key=key)
        _note(session, case, Happening.PROPOSED, Actor.REVIEWER, client_id, override.reason, now)
        return made

    made = (run or desk.store.run)(work)
    logger().info("case.proposed", party=PARTY, reason=override.kind.value)
    return made


def approve(desk: Desk, case_id: str, proposal_id: str, client_id: str, run: Run[CaseView] | None = None) -> CaseView:
    """Approves a proposal of somebody else's, which takes effect with it.

    Raises :class:`NotFound`, :class:`FourEyesRequired` for whoever proposed it, :class:`ProposerGone`, :class:`Conflict`
    where it is not open any more, and as :func:`propose`.
    """
    now = desk.services.clock()
    is_gone = _is_proposer_gone(desk, case_id, proposal_id, now)
    key_id = desk.services.keyring.current(Purpose.ISSUER_OFFER).key_id

    def work(session: Session) -> CaseView:
        case = _locked(session, case_id)
        proposal = _open(session, case_id, proposal_id)
        if proposal.proposed_by == client_id:
            raise FourEyesRequired("Whoever proposed it does not approve it.")
        if is_gone:
            raise ProposerGone
        override = _read(proposal)
        source, target = CaseState(case.state), _check(session, desk, case, override)
        closed = {"approved_by": client_id, "closed_by": client_id, "closed_at": now}
        if not records.close_proposal(session, proposal_id, Standing.APPROVED, **closed):
            raise Conflict
        changes = _changes(desk, case, override, target) | {
            "reasons": " ".join(dict.fromkeys([*case.reasons.split(), override.reason.value])),
            "offer_key_id": key_id,
            "decided_by": client_id,
            "decided_at": now,
        }
        if not issuer_records.move_case(session, case_id, source, target, **changes):
            raise IllegalStep
        records.add_step(
            session,
            case_id,
            Happening.OVERRIDDEN,
            source,
            target,
            Actor.PAIR,
            by=client_id,
            reasons=(override.kind.value, override.reason.value),
            now=now,
        )
        if ends_with(target):
            settle(session, desk.revocation, case_id, target, reason=override.reason.value, by=client_id, now=now)
        session.refresh(case)
        return view(desk, case, now)

    decided = (run or desk.store.run)(work)
    logger().info("case.overridden", party=PARTY, status=decided.case.state)
    desk.services.metrics.case(decided.case.state)
    return decided


def reject(
    desk: Desk, case_id: str, proposal_id: str, client_id: str, run: Run[IssuerProposal] | None = None
) -> IssuerProposal:
    """Ends a proposal without effect: somebody else's is rejected, one's own withdrawn. Raises as :func:`approve`."""
    now = desk.services.clock()

    def work(session: Session) -> IssuerProposal:
        case = _locked(session, case_id)
        proposal = _open(session, case_id, proposal_id)
        own = proposal.proposed_by == client_id
        standing = Standing.WITHDRAWN if own else Standing.REJECTED
        if not records.close_proposal(session, proposal_id, standing, closed_by=client_id, closed_at=now):
            raise Conflict
        what = Happening.WITHDRAWN if own else Happening.REJECTED
        _note(session, case, what, Actor.REVIEWER, client_id, Reason(proposal.reason), now)
        session.refresh(proposal)
        return proposal

    ended = (run or desk.store.run)(work)
    logger().info("case.proposal-ended", party=PARTY, reason=ended.standing)
    return ended


def entries_of(proposal: IssuerProposal) -> tuple[Entry, ...]:
    """The entries that a proposal clears."""
    return tuple(Entry(*item) for item in json.loads(proposal.cleared))


def _check(session: Session, desk: Desk, case: IssuerCase, override: Override) -> CaseState:
    """The state that an override leads to. Raises as :func:`propose`."""
    source, kind = CaseState(case.state), override.kind
    if source not in _WHERE[kind]:
        raise IllegalStep
    if override.reason not in REASONS[kind]:
        raise InvalidRequest("The reason is none for this kind of proposal.")
    attestation = due_records.attestation_of_case(session, case.id)
    if kind is Kind.DECLINE and source is CaseState.REVIEW and attestation is None:
        raise IllegalStep("One reviewer declines it.")
    if attestation is not None and due_records.is_revoked(session, attestation.id):
        raise NotOverridable("The credential of the case is revoked, for good.")
    if kind in (Kind.APPROVE, Kind.REOPEN) and ban_of(session, case.identity_tag, desk.services.clock()) is not None:
        raise NotOverridable("The person is banned: that is what would have to be lifted.")
    if kind in (Kind.APPROVE, Kind.REOPEN) and case.assessed_tier is None:
        raise NotOverridable("Due diligence refuses the applicant: the table is what would have to change.")
    if kind is Kind.APPROVE and attestation is not None and _is_outgrown(case):
        raise NotOverridable("The credential says what the evidence bears out no more: decline the case, and it is revoked.")
    _check_entries(case, override)
    _check_terms(case, override, is_held=attestation is not None)
    if kind is Kind.CHANGE:
        return source
    if kind is Kind.APPROVE:
        to = CaseState.APPROVED if attestation is None else CaseState.ISSUED
    else:
        to = CaseState.DECLINED if kind is Kind.DECLINE else CaseState.REVIEW
    return step(source, to, Actor.PAIR)


def _is_outgrown(case: IssuerCase) -> bool:
    """Whether a credential has a higher level than the evidence that was shown last, or a tier below one that is fixed."""
    return (case.kyc_level or 0) > (case.assessed_level or 0) or (case.risk_tier != _WORST and is_fixed(case))


def _check_entries(case: IssuerCase, override: Override) -> None:
    """Whoever approves names every entry that was found, and nobody names another one."""
    screening = stored_screening(case)
    found = {Entry(match.list, match.entry_id) for match in screening.matches}
    wanted = found if override.kind is Kind.APPROVE else set()
    if set(override.cleared) != wanted or len(override.cleared) != len(wanted):
        raise InvalidRequest("Approving clears every entry that was found, by list and id, each once, and no other.")
    if override.kind is not Kind.APPROVE:
        return
    if (override.reason is Reason.FALSE_POSITIVE) != bool(found):
        raise InvalidRequest("Where entries were found, and there alone, the reason is false-positive.")
    if (override.reason is Reason.SCREENED_ELSEWHERE) != (not found and not screening.lists):
        raise InvalidRequest("Where no list was searched, and there alone, the reason is screened-elsewhere.")


def _check_terms(case: IssuerCase, override: Override, *, is_held: bool) -> None:
    level, tier = override.kyc_level, override.risk_tier
    stays = (level is None or level == case.kyc_level) and (tier is None or tier == case.risk_tier)
    if override.kind is Kind.DECLINE and (level is not None or tier is not None):
        raise InvalidRequest("A case that is declined has neither level nor tier.")
    if is_held and not stays:
        raise IllegalStep("The credential has its level and tier: decline the case, and it is revoked.")
    if override.kind is Kind.CHANGE and stays:
        raise InvalidRequest("Nothing changes.")
    if level is not None and level > (case.assessed_level or 0):
        raise NotOverridable("No override gives a higher level than the evidence.")
    if tier is not None and tier != _WORST and is_fixed(case):
        raise NotOverridable("A factor fixes the tier at enhanced.")


def _changes(desk: Desk, case: IssuerCase, override: Override, target: CaseState) -> dict[str, Any]:
    """The columns that an override changes beside the state."""
    if target is CaseState.DECLINED:
        return dict(issuer_records.NO_TERMS)
    if target is CaseState.ISSUED:  # its terms are the credential's, and how it is watched is what was found last
        return {}
    level = override.kyc_level or case.kyc_level or case.assessed_level
    tier = override.risk_tier or case.risk_tier or case.assessed_tier
    if level is None or tier not in RISK_TIERS:
        raise NotOverridable
    return {"kyc_level": level, "risk_tier": tier, **watched(desk.diligence, tier, case.verified_at)}


def _proposal(*, proposal_id: str, case_id: str, override: Override, by: str, now: int) -> IssuerProposal:
    return IssuerProposal(
        id=proposal_id,
        case_id=case_id,
        kind=override.kind.value,
        reason=override.reason.value,
        kyc_level=override.kyc_level,
        risk_tier=override.risk_tier,
        cleared=json.dumps([[entry.list, entry.entry_id] for entry in override.cleared]),
        standing=Standing.OPEN.value,
        proposed_by=by,
        proposed_at=now,
    )


def _read(proposal: IssuerProposal) -> Override:
    return Override(
        Kind(proposal.kind),
        Reason(proposal.reason),
        "",
        proposal.kyc_level,
        proposal.risk_tier,
        entries_of(proposal),
    )


def _note(session: Session, case: IssuerCase, what: Happening, actor: Actor, by: str, reason: Reason, now: int) -> None:
    """A step that does not move the case."""
    state = CaseState(case.state)
    records.add_step(session, case.id, what, state, state, actor, by=by, reasons=(reason.value,), now=now)


def _locked(session: Session, case_id: str) -> IssuerCase:
    case = records.lock_case(session, case_id)
    if case is None:
        raise NotFound
    if case.erased_at is not None:
        raise Erased
    return case


def _is_proposer_gone(desk: Desk, case_id: str, proposal_id: str, now: int) -> bool:
    """Whether whoever made a proposal lives no more as a reviewer; False where there is no such proposal.

    Clients are in another database, so that this is read before the transaction: who is revoked in between was not yet.
    """
    with desk.store.reading() as session:
        proposal = records.find_proposal(session, case_id, proposal_id)
    if proposal is None:
        return False
    with desk.services.store("auth").reading() as session:
        return not may(session, proposal.proposed_by, Scope.ISSUER_REVIEW, now=now)


def _open(session: Session, case_id: str, proposal_id: str) -> IssuerProposal:
    proposal = records.find_proposal(session, case_id, proposal_id)
    if proposal is None:
        raise NotFound
    if proposal.standing != Standing.OPEN.value:
        raise Conflict("The proposal is not open any more.")
    return proposal
