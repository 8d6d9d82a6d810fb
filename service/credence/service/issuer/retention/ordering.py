"""What people decide about keeping: one person puts a case under a hold; erasing on request and lifting a hold take two.

A person is a client, whichever of its keys it uses. That nobody approves their own order is a constraint of the database.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.service.errors import Conflict, Erased, FourEyesRequired, NotFound, ProposalOpen
from credence.service.forgetting import Hold
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.records import IssuerCase, find_attestation, find_case
from credence.service.issuer.retention import records
from credence.service.issuer.retention.erasing import erase_case, finish, hold_result, refuse_while_any_kept
from credence.service.issuer.retention.records import IssuerRetentionOrder, OrderKind
from credence.service.issuer.review.records import lock_case
from credence.service.logs import logger
from credence.service.store import Run, uuid7

_LIFTED: Final = {"legal_hold": None, "held_by": None, "held_at": None}


class NotHeld(Conflict):
    """A hold that is to be lifted where there is none."""

    default = "The case is under no legal hold."


class AlreadyHeld(Conflict):
    """A hold that is to be set where there is one: a case has one at a time."""

    default = "The case is under a legal hold already."


@dataclass(frozen=True, slots=True)
class KeptCase:
    """Until when a case is kept, why, and whether somebody holds it. Times are unix seconds."""

    case_id: str
    retain_until: int
    legal_basis: str
    legal_hold: str | None
    held_by: str | None
    held_at: int | None
    erased_at: int | None

    @classmethod
    def of(cls, case: IssuerCase) -> KeptCase:
        """What a case's row says."""
        return cls(case.id, *(getattr(case, name) for name in cls.__slots__[1:]))


def case_of(desk: Desk, name: str) -> str:
    """The id of a case, by its own or by an attestation's. Raises :class:`NotFound`."""
    with desk.store.reading() as session:
        found = find_attestation(session, name)
        if found is not None:
            return found[0].case_id
        if find_case(session, name) is None:
            raise NotFound
    return name


def kept(desk: Desk, case_id: str) -> KeptCase:
    """What is said of a case. Raises :class:`NotFound`."""
    with desk.store.reading() as session:
        case = find_case(session, case_id)
    if case is None:
        raise NotFound
    return KeptCase.of(case)


def set_hold(desk: Desk, case_id: str, reason: Hold, client_id: str, run: Run[KeptCase] | None = None) -> KeptCase:
    """Puts a case, its attestations and its vendor's result under a hold.

    Raises :class:`NotFound`, :class:`Erased`, :class:`AlreadyHeld`.
    """
    now = desk.services.clock()

    def work(session: Session) -> KeptCase:
        case = _locked(session, case_id)
        if case.legal_hold is not None:
            raise AlreadyHeld
        records.hold(session, case_id, {"legal_hold": reason.value, "held_by": client_id, "held_at": now})
        session.refresh(case)
        hold_result(session, desk.services.keeping, case)
        return KeptCase.of(case)

    found = (run or desk.store.run)(work)
    logger().info("case.held", party=PARTY)
    return found


def order(
    desk: Desk, case_id: str, kind: OrderKind, client_id: str, run: Run[IssuerRetentionOrder] | None = None
) -> IssuerRetentionOrder:
    """Orders what takes two persons; nothing changes before another one approves it.

    Raises :class:`NotFound`, :class:`Erased`, :class:`ProposalOpen`, and where :func:`approve` would refuse at this moment.
    """
    now, rng = desk.services.clock(), desk.services.rng
    order_id = str(uuid7(now, rng))

    def work(session: Session) -> IssuerRetentionOrder:
        case = _locked(session, case_id)
        _check(session, case, kind, now)
        made = IssuerRetentionOrder(id=order_id, case_id=case_id, kind=kind.value, ordered_by=client_id, ordered_at=now)
        if not records.add_order(session, made):
            raise ProposalOpen("The case has an order of this kind that waits for a second person.")
        return made

    made = (run or desk.store.run)(work)
    logger().info("case.ordered", party=PARTY, reason=kind.value)
    return made


def approve(desk: Desk, case_id: str, order_id: str, client_id: str, run: Run[KeptCase] | None = None) -> KeptCase:
    """Approves an order of somebody else's, which takes effect with it.

    Raises :class:`NotFound`, :class:`FourEyesRequired` for whoever ordered it, :class:`Conflict` where it is not open any
    more, :class:`~credence.service.errors.Retained` for an erasure before its time or under a hold, :class:`NotHeld`.
    """
    services, now = desk.services, desk.services.clock()
    counted: Counter[str] = Counter()

    def work(session: Session) -> KeptCase:
        case = _locked(session, case_id)
        found = records.find_order(session, case_id, order_id)
        if found is None:
            raise NotFound
        if found.ordered_by == client_id:
            raise FourEyesRequired("Whoever ordered it does not approve it.")
        kind = OrderKind(found.kind)
        _check(session, case, kind, now)
        if not records.approve_order(session, order_id, by=client_id, now=now):
            raise Conflict("The order is not open any more.")
        if kind is OrderKind.LIFT:
            records.hold(session, case_id, dict(_LIFTED))
            session.refresh(case)
            hold_result(session, services.keeping, case)
        else:
            counted.clear()
            counted.update(erase_case(session, services.keeping, case, now=now, rng=services.rng))
        session.refresh(case)
        return KeptCase.of(case)

    done = (run or desk.store.run)(work)
    if counted["keys"]:
        finish(desk.store, services.keeping)
    if counted:
        services.metrics.erased("case", counted["cases"])
        logger().info("case.erased", party=PARTY, count=counted["cases"])
    return done


def _check(session: Session, case: IssuerCase, kind: OrderKind, now: int) -> None:
    if kind is OrderKind.LIFT:
        if case.legal_hold is None:
            raise NotHeld
        return
    refuse_while_any_kept(session, case, now)


def _locked(session: Session, case_id: str) -> IssuerCase:
    case = lock_case(session, case_id)
    if case is None:
        raise NotFound
    if case.erased_at is not None:
        raise Erased
    return case
