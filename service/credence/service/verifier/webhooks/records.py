"""The tables of webhooks and every statement over them.

A delivery holds no payload: what it tells is made from the session's own rows, which do not change once it is closed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    update,
)
from sqlmodel import Field, Session, col, select

from credence.service.store import Row, insert_once
from credence.service.verifier import records as verifier

MAX_ENDPOINTS: Final = 5
"""Endpoints of one venue."""

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"

_LOOK: Final = 500  # due rows among which a claim chooses


class VerifierEndpoint(Row, table=True):
    """Where a venue is told. ``events`` are written with spaces, times are unix seconds.

    A secret is sealed and begins with a nonce; ``secret_before`` signs too until ``before_ends_at``.
    """

    __tablename__ = "verifier_endpoints"
    __table_args__ = (
        UniqueConstraint("venue", "slot"),
        CheckConstraint(f"slot BETWEEN 1 AND {MAX_ENDPOINTS}", name="slot_range"),
    )

    id: str = Field(primary_key=True, max_length=32)
    venue: str = Field(max_length=128)
    slot: int
    url: str = Field(sa_type=Text)
    events: str = Field(max_length=200)
    secret: bytes = Field(sa_type=LargeBinary)
    secret_before: bytes | None = Field(default=None, sa_type=LargeBinary)
    before_ends_at: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    disabled_at: int | None = Field(default=None, sa_type=BigInteger)


class VerifierDelivery(Row, table=True):
    """One event for one endpoint; ``id`` is the webhook-id, a UUIDv7.

    It may be claimed while it waits and ``due_at`` (unix seconds) has come. A claim moves ``due_at`` on and counts
    ``claims``, by which whoever comes too late knows it; ``attempts`` counts answers and failures to get one.
    """

    __tablename__ = "verifier_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "session_id", "event"),
        Index(None, "state", "due_at"),
        CheckConstraint(f"state IN ('{WAITING}', '{DELIVERED}', '{DEAD}')", name="state_known"),
        CheckConstraint(f"(state = '{WAITING}') = (settled_at IS NULL)", name="settled_when_done"),
    )

    id: str = Field(primary_key=True, max_length=36)
    endpoint_id: str = Field(foreign_key="verifier_endpoints.id", max_length=32)
    session_id: str = Field(foreign_key="verifier_sessions.id", max_length=32, index=True)
    event: str = Field(max_length=32)
    created_at: int = Field(sa_type=BigInteger)
    state: str = Field(default=WAITING, max_length=12)
    due_at: int = Field(sa_type=BigInteger)
    attempts: int = 0
    claims: int = 0
    outcome: str | None = Field(default=None, max_length=32)
    settled_at: int | None = Field(default=None, sa_type=BigInteger)


# --- endpoints ---


def add_endpoint(session: Session, endpoint: VerifierEndpoint) -> bool:
    """Stores an endpoint; False where its slot is taken."""
    return insert_once(session, endpoint, on=("venue", "slot"))


def endpoints_of(session: Session, venue: str) -> Sequence[VerifierEndpoint]:
    """A venue's endpoints, oldest slot first."""
    query = select(VerifierEndpoint).where(VerifierEndpoint.venue == venue)
    return session.exec(query.order_by(col(VerifierEndpoint.slot))).all()


def hold_endpoints(session: Session, venue: str) -> Sequence[VerifierEndpoint]:
    """The live ones; none of them can be removed before this transaction ends."""
    query = select(VerifierEndpoint).where(VerifierEndpoint.venue == venue, col(VerifierEndpoint.disabled_at).is_(None))
    return session.exec(query.with_for_update(read=True, key_share=True)).all()


def lock_endpoint(session: Session, venue: str, endpoint_id: str) -> VerifierEndpoint | None:
    """A venue's endpoint, which nobody else changes or adds deliveries to before this transaction ends."""
    query = select(VerifierEndpoint).where(VerifierEndpoint.id == endpoint_id, VerifierEndpoint.venue == venue)
    return session.exec(query.with_for_update()).first()


def remove_endpoint(session: Session, endpoint: VerifierEndpoint) -> None:
    """Removes a locked endpoint with all its deliveries."""
    session.exec(delete(VerifierDelivery).where(col(VerifierDelivery.endpoint_id) == endpoint.id))
    session.exec(delete(VerifierEndpoint).where(col(VerifierEndpoint.id) == endpoint.id))


def enable_endpoint(session: Session, endpoint_id: str) -> None:
    """Ends the pause of an endpoint, if there is one."""
    session.exec(update(VerifierEndpoint).where(col(VerifierEndpoint.id) == endpoint_id).values(disabled_at=None))


def disable_endpoint(session: Session, endpoint_id: str, outcome: str, now: int) -> None:
    """Disables an endpoint; whatever waits for it is given up."""
    live = col(VerifierEndpoint.disabled_at).is_(None)
    session.exec(update(VerifierEndpoint).where(col(VerifierEndpoint.id) == endpoint_id, live).values(disabled_at=now))
    waiting = (col(VerifierDelivery.endpoint_id) == endpoint_id, col(VerifierDelivery.state) == WAITING)
    session.exec(update(VerifierDelivery).where(*waiting).values(state=DEAD, outcome=outcome, settled_at=now))


# --- deliveries: what is written with a decision ---


def add_delivery(session: Session, delivery: VerifierDelivery) -> None:
    """Stores a delivery."""
    session.add(delivery)
    session.flush()


def drop_waiting(session: Session, session_id: str, event: str) -> None:
    """Forgets deliveries of a session's event that wait."""
    row = VerifierDelivery
    where = (col(row.session_id) == session_id, col(row.event) == event, col(row.state) == WAITING)
    session.exec(delete(row).where(*where))


def count_deliveries(session: Session, state: str) -> int:
    """How many deliveries of all venues are in a state."""
    return session.exec(select(func.count()).select_from(VerifierDelivery).where(VerifierDelivery.state == state)).one()


# --- deliveries: sending ---


def is_any_due(session: Session, now: int, busy: Collection[str]) -> bool:
    """Whether there is something to claim."""
    return session.exec(select(VerifierDelivery.id).where(*_due(now, busy)).limit(1)).first() is not None


def claim(
    session: Session, now: int, until: int, busy: Collection[str], *, each: int, most: int
) -> Sequence[VerifierDelivery]:
    """Claims due rows until ``until``: ``each`` at most for an endpoint, none of those in ``busy``, ``most`` in all.

    Rows that another process claims at this moment are left to it: PostgreSQL skips what is locked, SQLite has one writer.
    """
    row = VerifierDelivery
    due = select(row.id, row.endpoint_id, row.due_at).where(*_due(now, busy))
    looked = due.order_by(col(row.due_at)).limit(_LOOK).subquery()
    place = func.row_number().over(partition_by=looked.c.endpoint_id, order_by=(looked.c.due_at, looked.c.id))
    placed = select(looked.c.id, looked.c.due_at, place.label("place")).subquery()
    chosen = select(placed.c.id).where(placed.c.place <= each).order_by(placed.c.due_at, placed.c.id).limit(most)
    query = select(row).where(col(row.id).in_(chosen), *_due(now, busy)).with_for_update(skip_locked=True)
    rows = session.exec(query).all()
    for found in rows:
        found.claims += 1
        found.due_at = until
    session.flush()
    return rows


def told_by(session: Session, delivery: VerifierDelivery) -> tuple[VerifierEndpoint, verifier.VerifierSession] | None:
    """Whom a delivery is for, and what session it tells of."""
    endpoint = session.get(VerifierEndpoint, delivery.endpoint_id)
    about = session.get(verifier.VerifierSession, delivery.session_id)
    return None if endpoint is None or about is None else (endpoint, about)


def settle_delivered(session: Session, delivery_id: str, now: int) -> None:
    """A receiver took it: whoever has claimed it since does not matter."""
    row = VerifierDelivery
    query = update(row).where(col(row.id) == delivery_id, col(row.state) == WAITING)
    session.exec(query.values(state=DELIVERED, outcome=None, settled_at=now, attempts=col(row.attempts) + 1))


def settle_failed(session: Session, delivery_id: str, claims: int, outcome: str, *, due_at: int | None, now: int) -> bool:
    """An attempt failed: the next is at ``due_at``, None for none. False where somebody has claimed the delivery since."""
    row = VerifierDelivery
    where = (col(row.id) == delivery_id, col(row.state) == WAITING, col(row.claims) == claims)
    then: dict[str, Any] = {"state": DEAD, "settled_at": now} if due_at is None else {"due_at": due_at}
    query = update(row).where(*where).values(outcome=outcome, attempts=col(row.attempts) + 1, **then)
    return session.exec(query.returning(col(row.id))).first() is not None


def forget(session: Session, delivery_id: str) -> None:
    """Drops a delivery that has nothing to tell."""
    session.exec(delete(VerifierDelivery).where(col(VerifierDelivery.id) == delivery_id))


def purge(session: Session, delivered_before: int, dead_before: int, limit: int) -> int:
    """Drops up to ``limit`` rows that were settled earlier; how many. Those that somebody else drops are left alone."""
    row = VerifierDelivery
    delivered = and_(col(row.state) == DELIVERED, col(row.settled_at) < delivered_before)
    dead = and_(col(row.state) == DEAD, col(row.settled_at) < dead_before)
    old = select(row.id).where(or_(delivered, dead)).limit(limit).with_for_update(skip_locked=True)
    return len(session.exec(delete(row).where(col(row.id).in_(old)).returning(col(row.id))).all())


def _due(now: int, busy: Collection[str]) -> tuple[Any, ...]:
    row = VerifierDelivery
    return (col(row.state) == WAITING, col(row.due_at) <= now, col(row.endpoint_id).not_in(busy))


# --- deliveries: as a venue sees them ---


def deliveries_of(
    session: Session, venue: str, state: str | None, before: str | None, *, now: int, limit: int
) -> Sequence[VerifierDelivery]:
    """A venue's deliveries of what has happened by ``now``, newest first, from the one before ``before`` on."""
    row = VerifierDelivery
    query = select(row).where(*_own(venue, now))
    if state is not None:
        query = query.where(row.state == state)
    if before is not None:
        query = query.where(row.id < before)
    return session.exec(query.order_by(col(row.id).desc()).limit(limit)).all()


def lock_delivery(session: Session, venue: str, delivery_id: str, *, now: int) -> VerifierDelivery | None:
    """A venue's delivery of what has happened, which nobody else changes before this transaction ends."""
    query = select(VerifierDelivery).where(VerifierDelivery.id == delivery_id, *_own(venue, now))
    return session.exec(query.with_for_update()).first()


def _own(venue: str, now: int) -> tuple[Any, ...]:
    endpoints = select(VerifierEndpoint.id).where(VerifierEndpoint.venue == venue)
    return (col(VerifierDelivery.endpoint_id).in_(endpoints), col(VerifierDelivery.created_at) <= now)
