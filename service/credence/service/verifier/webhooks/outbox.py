"""What is to be told: written with the decision that it tells, claimed, settled, shown, and sent again when asked.

The body of a delivery is made when it is sent, from rows that do not change any more, and so is the same each time: the
type, when it happened, and what the poll answers (the Decision, or the state of a session that nobody answered in time).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.service.errors import Erased, NotFound
from credence.service.forgetting import Broken, Keeping
from credence.service.store import uuid7
from credence.service.verifier import records as verifier
from credence.service.verifier.sealing import answer_of
from credence.service.verifier.webhooks import records
from credence.service.verifier.webhooks.endpoints import EventType
from credence.service.verifier.webhooks.records import DEAD, DELIVERED, WAITING, VerifierDelivery, VerifierEndpoint

GONE: Final = "gone"
"""The outcome of what was given up because its receiver answered 410."""

REVOKED: Final = "client-revoked"
"""The outcome of what was given up because its venue was revoked."""

EXPIRY_GRACE: Final = 5
"""Seconds after its end that a session is told of as expired: another process' clock may be behind."""

DELIVERED_KEPT: Final = 7 * 86_400
DEAD_KEPT: Final = 30 * 86_400
"""Seconds that settled deliveries are kept for."""

MAX_PAGE: Final = 100

State = Literal["waiting", "delivered", "dead"]

_STATES: Final[dict[str, State]] = {WAITING: "waiting", DELIVERED: "delivered", DEAD: "dead"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as its venue sees it. ``outcome`` is why the last attempt failed, a slug; times are unix seconds.

    ``next_attempt_at`` is None once it is settled.
    """

    delivery_id: str
    endpoint_id: str
    session_id: str
    event: str
    state: State
    attempts: int
    outcome: str | None
    created_at: int
    next_attempt_at: int | None
    settled_at: int | None

    def to_json(self) -> dict[str, Any]:
        """As it is answered and printed."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process sends now. ``claims`` is what it is settled by, ``attempts`` those before."""

    delivery_id: str
    claims: int
    attempts: int
    endpoint: VerifierEndpoint = field(repr=False)
    body: str = field(repr=False)


# --- with a decision ---


def announce(session: Session, venue: str, session_id: str, event: EventType, *, now: int, rng: Rng) -> None:
    """Writes a delivery for each live endpoint of a venue that wants ``event``, in the transaction in which it happens.

    The session is closed by it: what was written in case that it expires is dropped.
    """
    endpoints = records.hold_endpoints(session, venue)
    if endpoints and event is not EventType.EXPIRED:  # where no endpoint is live, nothing waits
        records.drop_waiting(session, session_id, EventType.EXPIRED.value)
    _write(session, endpoints, session_id, event, happens_at=now, due_at=now, rng=rng)


def foresee(session: Session, venue: str, session_id: str, *, expires_at: int, rng: Rng) -> None:
    """Writes, in the transaction that opens a session, what is to be told if nobody closes it before ``expires_at``."""
    due_at = expires_at + EXPIRY_GRACE
    endpoints = records.hold_endpoints(session, venue)
    _write(session, endpoints, session_id, EventType.EXPIRED, happens_at=expires_at, due_at=due_at, rng=rng)


def _write(
    session: Session,
    endpoints: Sequence[VerifierEndpoint],
    session_id: str,
    event: EventType,
    *,
    happens_at: int,
    due_at: int,
    rng: Rng,
) -> None:
    for endpoint in endpoints:
        if event.value in endpoint.events.split():
            row = VerifierDelivery(
                id=str(uuid7(happens_at, rng)),
                endpoint_id=endpoint.id,
                session_id=session_id,
                event=event.value,
                created_at=happens_at,
                due_at=due_at,
            )
            records.add_delivery(session, row)


# --- sending ---


def claim(
    session: Session, *, keeping: Keeping, now: int, lease: int, busy: frozenset[str], each: int, most: int
) -> tuple[Claimed, ...]:
    """Takes due deliveries for ``lease`` seconds; see :func:`records.claim`. Of a disabled endpoint they are given up."""
    found = []
    for row in records.claim(session, now, now + lease, busy, each=each, most=most):
        told = records.told_by(session, row)
        body = None if told is None else _body(session, keeping, row, told[1])
        if told is None or body is None:
            records.forget(session, row.id)
        elif told[0].disabled_at is not None:
            records.disable_endpoint(session, row.endpoint_id, GONE, now)
        else:
            found.append(Claimed(row.id, row.claims, row.attempts, told[0], body))
    return tuple(found)


def _body(session: Session, keeping: Keeping, row: VerifierDelivery, about: verifier.VerifierSession) -> str | None:
    """None for an event that did not happen, a session that was closed by a process whose clock is behind ours, and for a
    decision that was erased."""
    if row.event == EventType.EXPIRED.value:
        if about.state != verifier.OPEN:
            return None
        left = verifier.MAX_DENIED - about.attempts
        data = json.dumps({"session_id": about.id, "state": "expired", "attempts_left": left, "result": None})
    else:
        decision = verifier.newest_decision(session, row.session_id)
        if decision is None:
            return None
        try:
            data = answer_of(keeping, decision)
        except (Erased, Broken):
            return None
    moment = datetime.fromtimestamp(row.created_at, UTC).isoformat().replace("+00:00", "Z")
    # the decision goes as it was answered, byte for byte
    return f'{{"type": {json.dumps(row.event)}, "timestamp": {json.dumps(moment)}, "data": {data}}}'


def taken(session: Session, claimed: Claimed, *, now: int) -> None:
    """The receiver has it."""
    records.settle_delivered(session, claimed.delivery_id, now)


def failed(session: Session, claimed: Claimed, outcome: str, *, due_at: int | None, now: int) -> bool:
    """An attempt failed; ``due_at`` is when the next one is, None where there is none. False where it is no longer ours."""
    return records.settle_failed(session, claimed.delivery_id, claimed.claims, outcome, due_at=due_at, now=now)


def gone(session: Session, claimed: Claimed, *, now: int) -> None:
    """The receiver wants nothing any more: its endpoint is disabled, and what waits for it is given up."""
    records.settle_failed(session, claimed.delivery_id, claimed.claims, GONE, due_at=None, now=now)
    records.disable_endpoint(session, claimed.endpoint.id, GONE, now)


def revoked(session: Session, claimed: Claimed, *, now: int) -> None:
    """The venue is told nothing any more: its endpoint is disabled, and what waits for it is given up, unsent."""
    records.disable_endpoint(session, claimed.endpoint.id, REVOKED, now)


def purge(session: Session, *, now: int, limit: int) -> int:
    """Drops up to ``limit`` settled deliveries that are older than they are kept for; how many."""
    return records.purge(session, now - DELIVERED_KEPT, now - DEAD_KEPT, limit)


# --- as a venue sees it ---


def listed(
    session: Session, venue: str, *, now: int, state: State | None = None, before: str | None = None, limit: int = MAX_PAGE
) -> tuple[Delivery, ...]:
    """A venue's own deliveries, newest first: ``limit`` of them, in ``state``, older than the one with the id ``before``."""
    return tuple(_shown(row) for row in records.deliveries_of(session, venue, state, before, now=now, limit=limit))


def retry(session: Session, venue: str, delivery_id: str, *, now: int) -> Delivery:
    """Sends a delivery again, whatever became of it, with all its attempts before it; a disabled endpoint is live again.

    One that waits is due now. Raises :class:`NotFound` for an unknown delivery and another venue's.
    """
    row = records.lock_delivery(session, venue, delivery_id, now=now)
    if row is None:
        raise NotFound
    if row.state != WAITING:
        row.state, row.settled_at, row.attempts = WAITING, None, 0
    row.due_at = now
    session.flush()
    records.enable_endpoint(session, row.endpoint_id)
    return _shown(row)


def _shown(row: VerifierDelivery) -> Delivery:
    state: State = _STATES[row.state]
    return Delivery(
        delivery_id=row.id,
        endpoint_id=row.endpoint_id,
        session_id=row.session_id,
        event=row.event,
        state=state,
        attempts=row.attempts,
        outcome=row.outcome,
        created_at=row.created_at,
        next_attempt_at=row.due_at if state == WAITING else None,
        settled_at=row.settled_at,
    )
