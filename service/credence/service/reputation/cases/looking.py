"""Looking over one day of a venue's reports: what rules see in it becomes cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from threading import Lock
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.encoding import b64u_decode
from credence.service.errors import Conflict, InvalidRequest, Unavailable
from credence.service.reputation.abuse.quoting import cancel_bursts
from credence.service.reputation.abuse.tape import Case
from credence.service.reputation.abuse.trading import before_large, loop_volume, ping_pong, self_match
from credence.service.reputation.cases import records
from credence.service.reputation.cases.records import ReputationCase
from credence.service.reputation.cases.taping import Tape, tape_of
from credence.service.reputation.cases.words import DAY, Looked
from credence.service.reputation.retention.records import hold_kept
from credence.service.runtime import Services
from credence.service.store import Run

PARTY: Final = "reputation"

MOST_ASKED: Final = 50_000
"""Fills and cancels of a day that are looked over while somebody waits for the answer."""

MOST: Final = 500_000
"""The same for a command."""

RETRY_SECONDS: Final = 5
_TURN: Final = Lock()
"""One look at a time in a process: whoever comes meanwhile is sent away at once, and holds no place that others need."""

MOST_OPENED: Final = 1_000
"""New cases of one look; what is left out is opened by the next one."""


class DayTooLong(Conflict):
    """A day of more than is looked over at once."""

    default = "More was reported of this day than is looked over at once: an operator's command looks over it."


def look_over(
    services: Services, client_id: str, day: int, run: Run[Looked] | None = None, *, most: int = MOST_ASKED
) -> Looked:
    """Looks over what a venue reported of a UTC day that is over, and opens a case for each finding that has none.

    Each day is a tape of its own: what goes on over midnight is seen in two parts. ``run`` runs the transaction, by default
    the party's store. Raises :class:`InvalidRequest` for a day that is not over, :class:`DayTooLong`, and
    :class:`Unavailable` while another day is looked over.
    """
    if not _TURN.acquire(blocking=False):
        raise Unavailable("Another day is being looked over.", retry_after=RETRY_SECONDS)
    try:
        return _looked(services, client_id, day, run, most)
    finally:
        _TURN.release()


def _looked(services: Services, client_id: str, day: int, run: Run[Looked] | None, most: int) -> Looked:
    now, store = services.clock(), services.store(PARTY)
    if not 0 <= day < now // DAY:
        raise InvalidRequest("A day is looked over once it is over, in UTC.")
    with store.reading() as session:
        if records.looked_over(session, client_id, day) > most:
            raise DayTooLong
        tape = tape_of(records.said_on(session, client_id, day))
    cases = seen(tape)
    return (run or store.run)(partial(_keep, client_id=client_id, day=day, tape=tape, cases=cases, now=now))


def seen(tape: Tape) -> tuple[Case, ...]:
    """What every rule sees that can be told from reports. A pseudonym is one person's at its venue."""

    def person(account: str) -> str:
        return account

    found = [
        *self_match(tape.trades, person),
        *loop_volume(tape.trades),
        *ping_pong(tape.trades),
        *cancel_bursts(tape.orders),
        *before_large(tape.sided, person),
    ]
    return tuple(found)


def _keep(session: Session, client_id: str, day: int, tape: Tape, cases: Sequence[Case], now: int) -> Looked:
    opened = known = left_out = 0
    about = {account: b64u_decode(account) for case in cases for account in case.accounts}
    kept = hold_kept(session, client_id, frozenset(about.values()))
    rows = sorted(((_row(client_id, day, case, now), case) for case in cases), key=lambda each: each[0].case_id)
    there = records.known_cases(session, client_id, [row.case_id for row, _ in rows])
    for row, case in rows:
        pseudonyms = [about[account] for account in case.accounts]
        if not kept.issuperset(pseudonyms):  # erased meanwhile: there is nothing left to look at
            continue
        if row.case_id in there:
            known += 1
        elif opened == MOST_OPENED:
            left_out += 1
        elif records.open_case(session, row, pseudonyms):
            opened += 1
        else:  # opened by another look meanwhile
            known += 1
    return Looked(day, opened, known, left_out, len(tape.trades), tape.fills, tape.cancels, tape.unpaired)


def _row(client_id: str, day: int, case: Case, now: int) -> ReputationCase:
    named: list[Any] = [client_id, case.rule, case.instrument, day, list(case.accounts)]
    digest = hashlib.sha256(json.dumps(named, separators=(",", ":")).encode()).hexdigest()
    return ReputationCase(
        client_id=client_id,
        case_id=digest[:32],
        rule=case.rule,
        instrument=case.instrument,
        day=day,
        first_at=int(case.first_at),
        last_at=int(case.last_at),
        found=round(case.found),
        needed=round(case.needed),
        reason=case.words,
        opened_at=now,
    )
