"""What people decide about a person: a credential is suspended, a person is banned, and two of them take either back.

One revoker suspends or bans, since it cannot wait. To lift takes two: the first asks, the second one's asking makes it so.
That they are two is a constraint of the database (``four_eyes``). Each locks the person first, then the case, then the
accumulator, as issuance does, so that nothing is issued in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from credence.circuits.wire import Offer
from credence.service.auth import Scope, may
from credence.service.errors import Conflict, FourEyesRequired, InvalidRequest, NotFound
from credence.service.issuer import records as issuer_records
from credence.service.issuer.cases import Actor, CaseState
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.intake import offer_of
from credence.service.issuer.persons import records
from credence.service.issuer.persons.lives import Life
from credence.service.issuer.persons.records import IssuerBan, IssuerSuspension
from credence.service.issuer.records import IssuerAttestation, IssuerCase
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.reasons import End, Happening
from credence.service.issuer.review.records import add_step, lock_case
from credence.service.issuer.revocation.manager import Revocation, Target
from credence.service.issuer.revocation.records import find_attestation
from credence.service.logs import logger
from credence.service.store import Run, uuid7


class NotLive(Conflict):
    """A credential that is suspended, replaced or revoked already: there is nothing to suspend."""

    default = "The credential is not live any more."


class NotSuspended(Conflict):
    """A credential that is not suspended, or not any more."""

    default = "The credential is not suspended."


class AlreadyBanned(Conflict):
    """A person with a ban in force has one, and no second one beside it."""

    default = "The person is banned already."


class BanOver(Conflict):
    """A ban that was lifted, or whose time is over."""

    default = "The ban is not in force any more."


@dataclass(frozen=True, slots=True)
class Lifting:
    """What asking to lift a suspension came to. ``offer`` is there once it is lifted, while the evidence is fresh: the same
    wallet claims with it and the same evidence."""

    suspension: IssuerSuspension
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class Banned:
    """A ban, and the revocation of what the person held."""

    ban: IssuerBan
    revocation: Revocation | None


@dataclass(frozen=True, slots=True)
class Person:
    """What was issued to a person, what became of it, and every ban, oldest first; suspensions by attestation."""

    issued: Sequence[IssuerAttestation]
    suspensions: dict[str, IssuerSuspension]
    bans: Sequence[IssuerBan]


def suspend(
    desk: Desk, attestation_id: str, reason: str, by: str, run: Run[IssuerSuspension] | None = None
) -> IssuerSuspension:
    """Suspends a credential; its handle is revoked, since no accumulator takes one back. ``run`` runs the transaction.

    Raises :class:`NotFound`, :class:`NotLive`.
    """
    now = desk.services.clock()

    def work(session: Session) -> IssuerSuspension:
        held, case = _locked(session, attestation_id)
        if held.life != Life.LIVE:
            raise NotLive
        made = IssuerSuspension(attestation_id=held.id, reason=reason, suspended_by=by, suspended_at=now)
        if not records.add_suspension(session, made):
            raise NotLive
        _end(session, desk, held, case, reason, by, now, Life.SUSPENDED, Happening.SUSPENDED)
        return made

    suspended = (run or desk.store.run)(work)
    logger().info("credential.suspended", party=PARTY, reason=reason)
    return suspended


def lift(desk: Desk, attestation_id: str, by: str, run: Run[Lifting] | None = None) -> Lifting:
    """Asks that a suspension be lifted; the second person's asking lifts it. What somebody asked who may not any more does
    not count. Raises :class:`NotFound`, :class:`NotSuspended`, :class:`FourEyesRequired` for whoever asked before.
    """
    now = desk.services.clock()
    with desk.store.reading() as session:
        known = records.find_suspension(session, attestation_id)
    is_gone = _is_gone(desk, None if known is None else known.asked_by, now)

    def work(session: Session) -> Lifting:
        held, case = _locked(session, attestation_id)
        suspension = records.find_suspension(session, attestation_id)
        if suspension is None or suspension.lifted_at is not None or held.life != Life.SUSPENDED:
            raise NotSuspended
        is_second = _is_second(suspension.asked_by, by, is_gone=is_gone)
        if not is_second:
            records.ask_to_lift(session, attestation_id, by, now)
        elif not records.lift(session, attestation_id, by, now):
            raise NotSuspended
        else:
            issuer_records.end_life(session, attestation_id, Life.SUSPENDED, Life.LIFTED)
        _note(session, case, Happening.LIFTED if is_second else Happening.LIFT_ASKED, suspension.reason, by, now)
        session.refresh(suspension)
        return Lifting(suspension, offer_of(desk, case, now) if is_second and case.state == CaseState.ISSUED else None)

    found = (run or desk.store.run)(work)
    if found.suspension.lifted_at is not None:
        logger().info("credential.suspension-lifted", party=PARTY)
    return found


def ban(desk: Desk, target: Target, reason: str, until: int | None, by: str, run: Run[Banned] | None = None) -> Banned:
    """Bans the person of a case or an attestation, for good or ``until`` a time; what the person holds is revoked.

    Raises :class:`NotFound`, :class:`AlreadyBanned`, :class:`InvalidRequest` for a time that is over.
    """
    now, rng = desk.services.clock(), desk.services.rng
    if until is not None and until <= now:
        raise InvalidRequest("A ban ends in the future, or not at all.")
    make = partial(IssuerBan, id=str(uuid7(now, rng)), reason=reason, banned_by=by, banned_at=now, until=until)

    def work(session: Session) -> Banned:
        case = _case_of(session, target)
        records.lock_person(session, case.identity_tag)
        live = records.in_life(session, case.identity_tag, Life.LIVE)
        names = {case.id} | {held.case_id for held in live}
        locked = {name: _lock(session, name) for name in sorted(names)}
        made = make(identity_tag=case.identity_tag)
        banned = records.ban_of(session, case.identity_tag, now)
        if banned is not None and (banned.identity_tag == case.identity_tag or not live):
            raise AlreadyBanned  # of whom was banned by another tag, and holds something yet, that is revoked with this
        if not records.add_ban(session, made):
            raise AlreadyBanned
        revoked = None
        for held in live:
            ended = _end(session, desk, held, locked[held.case_id], reason, by, now, Life.REVOKED, Happening.REVOKED)
            revoked = ended if revoked is None or held.identity_tag == case.identity_tag else revoked
        _note(session, locked[case.id], Happening.BANNED, reason, by, now)
        return Banned(made, revoked)

    banned = (run or desk.store.run)(work)
    logger().info("person.banned", party=PARTY, reason=reason)
    return banned


def unban(desk: Desk, ban_id: str, by: str, run: Run[IssuerBan] | None = None) -> IssuerBan:
    """Asks that a ban be lifted; the second person's asking lifts it. What it revoked stays revoked.

    Raises :class:`NotFound`, :class:`BanOver`, :class:`FourEyesRequired` for whoever asked before.
    """
    now = desk.services.clock()
    with desk.store.reading() as session:
        known = records.find_ban(session, ban_id)
    is_gone = _is_gone(desk, None if known is None else known.asked_by, now)

    def work(session: Session) -> IssuerBan:
        found = records.find_ban(session, ban_id)
        if found is None:
            raise NotFound
        records.lock_person(session, found.identity_tag)
        session.refresh(found)
        if found.ended_at is not None or (found.until is not None and found.until <= now):
            raise BanOver
        if not _is_second(found.asked_by, by, is_gone=is_gone):
            records.ask_to_unban(session, ban_id, by, now)
        elif not records.end_ban(session, ban_id, by, now):
            raise BanOver
        session.refresh(found)
        return found

    ended = (run or desk.store.run)(work)
    if ended.ended_at is not None:
        logger().info("person.unbanned", party=PARTY)
    return ended


def read_person(desk: Desk, target: Target) -> Person:
    """Everything of the person of a case or an attestation. Raises :class:`NotFound`."""
    with desk.store.reading() as session:
        person = _case_of(session, target).identity_tag
        issued = records.issued(session, person)
        found = ((one.id, records.find_suspension(session, one.id)) for one in issued)
        suspensions = {name: suspension for name, suspension in found if suspension is not None}
        return Person(issued, suspensions, records.bans(session, person))


def _locked(session: Session, attestation_id: str) -> tuple[IssuerAttestation, IssuerCase]:
    """An attestation and its case, with the person and the case locked. Raises :class:`NotFound`."""
    held = find_attestation(session, attestation_id, None)
    if held is None:
        raise NotFound
    records.lock_person(session, held.identity_tag)
    case = _lock(session, held.case_id)
    session.refresh(held)
    return held, case


def _lock(session: Session, case_id: str) -> IssuerCase:
    case = lock_case(session, case_id)
    if case is None:
        raise NotFound
    return case


def _case_of(session: Session, target: Target) -> IssuerCase:
    """The case that is meant, whether or not it has a credential. Raises :class:`NotFound`."""
    case_id = target.case_id
    if case_id is None:
        held = find_attestation(session, target.attestation_id, None)
        case_id = None if held is None else held.case_id
    case = None if case_id is None else issuer_records.find_case(session, case_id)
    if case is None:
        raise NotFound
    return case


def _end(
    session: Session,
    desk: Desk,
    held: IssuerAttestation,
    case: IssuerCase,
    reason: str,
    by: str,
    now: int,
    life: Life,
    what: Happening,
) -> Revocation:
    """Revokes a live credential, with its case's step and the end of its due mark."""
    target = Target(attestation_id=held.id)
    revoked = desk.revocation.revoke_in(session, target, reason=reason, by=by, now=now, life=life)
    _note(session, case, what, reason, by, now)
    mark = due_records.open_mark(session, case.id)
    if mark is not None:
        due_records.end_mark(session, mark.id, End.LIFTED, now)
    return revoked


def _note(session: Session, case: IssuerCase, what: Happening, reason: str, by: str, now: int) -> None:
    """A step that does not move the case."""
    state = CaseState(case.state)
    add_step(session, case.id, what, state, state, Actor.REVOKER, by=by, reasons=(reason,), now=now)


def _is_second(asked_by: str | None, by: str, *, is_gone: bool) -> bool:
    """Whether somebody else asked before. Raises :class:`FourEyesRequired` for whoever did."""
    if asked_by is None or (is_gone and asked_by != by):
        return False
    if asked_by == by:
        raise FourEyesRequired("Whoever asked first is not the second one.")
    return True


def _is_gone(desk: Desk, client_id: str | None, now: int) -> bool:
    """Whether a client may not revoke any more. Clients are in another database: this is read before the transaction."""
    if client_id is None:
        return False
    with desk.services.store("auth").reading() as session:
        return not may(session, client_id, Scope.ISSUER_REVOKE, now=now)
