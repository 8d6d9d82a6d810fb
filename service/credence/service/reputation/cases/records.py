"""The tables of cases, and every statement over them and over the events that rules look at. Each is of one client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, delete, func, or_, update
from sqlmodel import Field, Session, col, select

from credence.service.reputation.cases.words import KINDS, LOOKED_FOR, Note
from credence.service.reputation.events.kinds import PSEUDONYM_LENGTH
from credence.service.reputation.records import ReputationDay, ReputationEvent
from credence.service.store import Row, insert_once

_PAGE: Final = 200
_CHUNK: Final = 500


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class ReputationCase(Row, table=True):
    """What a rule saw on a UTC ``day``. ``found`` is the number that it looks at, ``needed`` from where on that is a case.

    ``case_id`` is derived from rule, instrument, day and accounts, so that one finding is one case, however often it is
    looked for. Times are unix seconds; the figures stay as they were when it was opened.
    """

    __tablename__ = "reputation_cases"
    __table_args__ = (
        CheckConstraint(_among("rule", LOOKED_FOR), name="rule_known"),
        CheckConstraint(_among("note", get_args(Note)), name="note_known"),
        CheckConstraint("(note IS NULL) = (closed_at IS NULL)", name="closed_whole"),
        Index(None, "client_id", "opened_at"),
    )

    client_id: str = Field(primary_key=True, max_length=128)
    case_id: str = Field(primary_key=True, max_length=32)
    rule: str = Field(max_length=32)
    instrument: str = Field(max_length=32)
    day: int = Field(sa_type=BigInteger)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    found: int = Field(sa_type=BigInteger)
    needed: int = Field(sa_type=BigInteger)
    reason: str = Field(max_length=200)
    opened_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    note: str | None = Field(default=None, max_length=16)


class ReputationCaseAccount(Row, table=True):
    """Whom a case is about: a pseudonym, as long as its conduct is kept."""

    __tablename__ = "reputation_case_accounts"
    __table_args__ = (
        CheckConstraint(f"length(pseudonym) = {PSEUDONYM_LENGTH}", name="pseudonym_length"),
        Index(None, "client_id", "pseudonym"),
    )

    client_id: str = Field(primary_key=True, max_length=128)
    case_id: str = Field(primary_key=True, max_length=32)
    pseudonym: bytes = Field(primary_key=True, sa_type=LargeBinary)


# --- what rules look at ---


def looked_over(session: Session, client_id: str, day: int) -> int:
    """How many fills and cancels a client reported of a day."""
    row = ReputationDay
    query = select(func.coalesce(func.sum(col(row.fills) + col(row.cancels)), 0))
    return int(session.exec(query.where(row.client_id == client_id, row.day == day)).one())


def said_on(session: Session, client_id: str, day: int) -> Iterator[tuple[bytes, str]]:
    """Pseudonym and canonical JSON of each fill and cancel of a client's day."""
    row, event = ReputationDay, ReputationEvent
    after = b""
    while True:
        query = select(row.pseudonym).where(row.client_id == client_id, row.day == day, col(row.pseudonym) > after)
        traded = query.where((col(row.fills) > 0) | (col(row.cancels) > 0)).order_by(col(row.pseudonym)).limit(_PAGE)
        page = session.exec(traded).all()
        if not page:
            return
        kinds = (col(event.content).contains(f'"kind":"{kind}"', autoescape=True) for kind in KINDS)
        events = select(event.pseudonym, event.content).where(event.client_id == client_id, or_(*kinds))
        within = (col(event.pseudonym).in_(page), col(event.at) >= day * 86_400, col(event.at) < (day + 1) * 86_400)
        yield from session.exec(events.where(*within).order_by(col(event.event_id)))
        after = page[-1]


# --- cases ---


def open_case(session: Session, case: ReputationCase, pseudonyms: Sequence[bytes]) -> bool:
    """Stores a case and whom it is about; False where it is there already."""
    if not insert_once(session, case):
        return False
    for pseudonym in pseudonyms:
        session.add(ReputationCaseAccount(client_id=case.client_id, case_id=case.case_id, pseudonym=pseudonym))
    session.flush()
    return True


def known_cases(session: Session, client_id: str, case_ids: Sequence[str]) -> frozenset[str]:
    """Those of these that a client has already, open or closed."""
    row, found = ReputationCase, set[str]()
    for start in range(0, len(case_ids), _CHUNK):
        some = col(row.case_id).in_(case_ids[start : start + _CHUNK])
        found.update(session.exec(select(row.case_id).where(row.client_id == client_id, some)))
    return frozenset(found)


def find_case(session: Session, client_id: str, case_id: str) -> ReputationCase | None:
    """A client's case."""
    return session.get(ReputationCase, (client_id, case_id), populate_existing=True)


def cases_of(
    session: Session, client_id: str, *, is_open: bool | None, before: tuple[int, str] | None, limit: int
) -> Sequence[ReputationCase]:
    """A page of a client's cases, newest first; ``before`` is (opened_at, case_id) of the last that was seen."""
    row = ReputationCase
    query = select(row).where(row.client_id == client_id)
    if is_open is not None:
        query = query.where(col(row.closed_at).is_(None) == is_open)
    if before is not None:
        at, case_id = before
        query = query.where((col(row.opened_at) < at) | ((col(row.opened_at) == at) & (col(row.case_id) < case_id)))
    return session.exec(query.order_by(col(row.opened_at).desc(), col(row.case_id).desc()).limit(limit)).all()


def accounts_of(session: Session, client_id: str, case_ids: Sequence[str]) -> dict[str, list[bytes]]:
    """Whom cases are about, in order, by case."""
    row = ReputationCaseAccount
    found: dict[str, list[bytes]] = {case_id: [] for case_id in case_ids}
    query = select(row).where(row.client_id == client_id, col(row.case_id).in_(case_ids))
    for each in session.exec(query.order_by(col(row.pseudonym))):
        found[each.case_id].append(each.pseudonym)
    return found


def counted(session: Session, client_id: str) -> Sequence[tuple[str, str | None, int]]:
    """How many cases a client has by rule and note; None for those that are open."""
    row = ReputationCase
    query = select(row.rule, row.note, func.count()).where(row.client_id == client_id)
    return session.exec(query.group_by(col(row.rule), col(row.note))).all()


def close_case(session: Session, client_id: str, case_id: str, note: Note, now: int) -> bool:
    """Closes an open case; False for another one."""
    row = ReputationCase
    which = (col(row.client_id) == client_id, col(row.case_id) == case_id, col(row.closed_at).is_(None))
    return session.exec(update(row).where(*which).values(note=note, closed_at=now)).rowcount == 1


def forget(session: Session, client_id: str, pseudonym: bytes) -> int:
    """Takes a pseudonym out of its cases, and deletes those that are about nobody any more; how many rows went."""
    session.flush()
    connection: Any = session.connection()
    account, case = ReputationCaseAccount, ReputationCase
    mine = (col(account.client_id) == client_id, col(account.pseudonym) == pseudonym)
    ids = connection.execute(delete(account).where(*mine).returning(col(account.case_id))).scalars().all()
    gone = len(ids)
    for case_id in sorted(ids):
        left = select(account.case_id).where(account.client_id == client_id, account.case_id == case_id).exists()
        where = (col(case.client_id) == client_id, col(case.case_id) == case_id, ~left)
        gone += connection.execute(delete(case).where(*where)).rowcount
    return gone
