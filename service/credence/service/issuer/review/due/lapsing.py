"""Whoever did not show evidence again in time: the credential is revoked, and the case declined, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.service.issuer import records as issuer_records
from credence.service.issuer.cases import Actor, CaseState, step
from credence.service.issuer.desk import PARTY
from credence.service.issuer.review import records
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.due.records import IssuerDue
from credence.service.issuer.review.holding import settle
from credence.service.issuer.review.reasons import End, Happening
from credence.service.issuer.review.shown_again import RULES
from credence.service.issuer.revocation.manager import AlreadyRevoked, Manager
from credence.service.logs import logger
from credence.service.store.faults import Contended

MAX_AT_ONCE: Final = 100_000
"""Marks that one run looks at; the next one goes on."""

REASON: Final = "not-shown-again"


def overdue(manager: Manager, now: int) -> list[IssuerDue]:
    """The marks whose deadline has passed."""
    with manager.store.reading() as session:
        return list(due_records.overdue(session, now, limit=MAX_AT_ONCE))


def would_lapse(manager: Manager, now: int, lifted: Collection[str]) -> int:
    """How many :func:`lapse` would revoke, where the marks ``lifted`` end before. Writes nothing."""
    gone = frozenset(lifted)
    with manager.store.reading() as session:
        late = due_records.overdue(session, now, limit=MAX_AT_ONCE)
        return sum(mark.id not in gone and not due_records.is_case_revoked(session, mark.case_id) for mark in late)


def lapse(manager: Manager, now: int) -> int:
    """Revokes the credentials of all that are overdue, one transaction each; how many. There is no way back.

    Whoever somebody else is quicker to revoke is left to the next run, and the others go on.
    """
    done = 0
    for mark in overdue(manager, now):
        try:
            done += manager.store.run(partial(_lapse, manager=manager, mark=mark, now=now))
        except (AlreadyRevoked, Contended):
            continue
    if done:
        logger().info("reviews.lapsed", party=PARTY, count=done)
    return done


def _lapse(session: Session, manager: Manager, mark: IssuerDue, now: int) -> bool:
    """False where evidence was shown, somebody decided, or the credential was revoked in the meantime."""
    case = records.lock_case(session, mark.case_id)
    still = due_records.open_mark(session, mark.case_id)
    if case is None or still is None or still.id != mark.id or case.state not in (CaseState.ISSUED, CaseState.REVIEW):
        return False
    attestation = due_records.attestation_of_case(session, case.id)
    if attestation is None or due_records.is_revoked(session, attestation.id):
        due_records.end_mark(session, mark.id, End.LIFTED, now)
        return False
    source = CaseState(case.state)
    to = step(source, CaseState.DECLINED, Actor.RULES)
    changes = {"reasons": REASON, "decided_by": None, "decided_at": now, **issuer_records.NO_TERMS}
    if not issuer_records.move_case(session, case.id, source, to, **changes):
        return False
    what = Happening.LAPSED
    records.add_step(session, case.id, what, source, to, Actor.RULES, by=None, reasons=(REASON,), now=now)
    settle(session, manager, case.id, to, reason=REASON, by=RULES, now=now, ending=End.LAPSED)
    return True
