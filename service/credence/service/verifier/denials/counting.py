"""Each denied decision is counted in the transaction that writes it, and a minute is closed once, with its leaf.

A decision belongs to the minute that it says it was made in. Nothing is counted in a minute that is closed: whoever comes so
late decides again. So the count in the log is the number of receipts, whatever fails in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.circuits.denials import DENIALS_LEAF, MINUTE_SECONDS, DeniedCount
from credence.circuits.encoding import Rng
from credence.circuits.fields import Json
from credence.circuits.leaf import SALT_LENGTH
from credence.service.errors import InvalidRequest, Unavailable
from credence.service.ledger import UNREADABLE, Claim, post
from credence.service.verifier.denials import records
from credence.service.verifier.denials.records import VerifierDenials
from credence.service.verifier.records import VerifierOutbox

SETTLED: Final = 120
"""Seconds after its end that a minute is closed: longer than any request takes."""

MOST: Final = 10_000
"""Denied decisions that are told of at once."""


@dataclass(frozen=True, slots=True)
class Denials:
    """What the log has of some minutes, oldest first, with the salts, and the signed receipts of these that there are."""

    counts: tuple[DeniedCount, ...]
    receipts: tuple[Json, ...]


def count_denied(session: Session, now: int) -> None:
    """Counts a decision that was made at ``now``. Raises :class:`Unavailable` where that minute is closed."""
    if not records.count_one(session, now // MINUTE_SECONDS):
        raise Unavailable("The decision took so long that its minute is closed.")


def close_minutes(session: Session, *, verifier: str, now: int, rng: Rng, limit: int) -> int:
    """Closes up to ``limit`` minutes that ended :data:`SETTLED` seconds before ``now``, and posts their leaves; how many."""
    rows = records.open_minutes(session, before=(now - SETTLED) // MINUTE_SECONDS, limit=limit)
    for row in rows:
        count = DeniedCount(verifier, row.minute, row.denied, rng(SALT_LENGTH))
        leaf = count.leaf()
        row.verifier, row.salt, row.leaf = verifier, count.salt, leaf
        post(session, VerifierOutbox, kind=DENIALS_LEAF, leaf=leaf, now=now, rng=rng)
    session.flush()
    return len(rows)


def denials_of(session: Session, *, since: int, until: int) -> Denials:
    """Those of the closed minutes that begin from ``since`` up to and without ``until`` (unix seconds).

    Raises :class:`InvalidRequest` for more than :data:`MOST`: whoever asks takes fewer minutes at once.
    """
    first, end = -(-since // MINUTE_SECONDS), -(-until // MINUTE_SECONDS)
    rows = records.closed_minutes(session, since=first, until=end, limit=MOST + 1)
    if sum(row.denied for row in rows) > MOST:
        raise InvalidRequest(f"More than {MOST} decisions were denied in that time: take less of it.")
    counts = tuple(count for count in map(_count, rows) if count is not None)
    closed = {count.minute for count in counts}
    answers = records.denied_answers(session, since=first * MINUTE_SECONDS, until=end * MINUTE_SECONDS, limit=2 * MOST)
    receipts = [json.loads(answer)["receipt"] for answer in answers]
    told = (each for each in receipts if each["receipt"]["decided_at"] // MINUTE_SECONDS in closed)
    return Denials(counts, tuple(told))


def claims(session: Session) -> Iterator[Claim]:
    """One for each minute that is closed; one that is unreadable for each whose decisions are others than were counted, and
    for each decision of a minute that was never counted."""
    for row, held in records.counted(session):
        if held + row.erased != row.denied:
            yield UNREADABLE
        elif row.leaf is not None:
            count = _count(row)
            yield UNREADABLE if count is None else Claim(row.leaf, count.leaf())
    for _ in range(records.uncounted(session)):
        yield UNREADABLE


def _count(row: VerifierDenials) -> DeniedCount | None:
    return None if row.verifier is None or row.salt is None else DeniedCount(row.verifier, row.minute, row.denied, row.salt)
