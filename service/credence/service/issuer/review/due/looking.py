"""Who has to show evidence again, and until when.

Names are not stored, so that nobody can be searched for in a new list unasked. What is stored says which version of each
list a holder was searched for in, when evidence was shown, and when diligence wants to see it again. Whoever was searched
for in a version that entries were added to or changed in since is due, whatever their name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol, TypeVar

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.service.issuer.cases import Actor, CaseState
from credence.service.issuer.desk import PARTY
from credence.service.issuer.diligence import DiligenceTable
from credence.service.issuer.intake import stored_screening
from credence.service.issuer.records import IssuerAttestation, IssuerCase
from credence.service.issuer.review import records
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.due.records import IssuerDue
from credence.service.issuer.review.monitoring import review_by
from credence.service.issuer.review.reasons import Cause, End, Happening
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import uuid7

T = TypeVar("T")

BATCH: Final = 200
"""Cases that one transaction marks."""


class ListChanges(Protocol):
    """The lists as they are searched now, and what came to them since an earlier version."""

    @property
    def current(self) -> Mapping[str, str]:
        """The version (SHA-256 in hex) of each list, by name."""
        ...

    def concern(self, name: str, searched: str | None) -> bool:
        """Whether entries were added to a list, or changed in it, since the version ``searched``; None is none of it."""
        ...


@dataclass(frozen=True, slots=True)
class NoLists:
    """No list that changed: for who looks at time alone."""

    current: Mapping[str, str] = field(default_factory=dict)

    def concern(self, name: str, searched: str | None) -> bool:
        """Nothing came."""
        return False


@dataclass(frozen=True, slots=True)
class Mark:
    """A case that becomes due. ``lists`` are the versions to be searched for in; ``verified_at`` says which evidence was
    looked at."""

    case_id: str
    verified_at: int
    cause: Cause
    deadline: int
    lists: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to do: cases that become due, marks whose lists have changed once more, marks that end."""

    new: tuple[Mark, ...]
    renewed: tuple[tuple[str, Mapping[str, str]], ...]
    lifted: tuple[str, ...]

    def causes(self) -> Mapping[str, int]:
        """How many become due, by cause."""
        return dict(Counter(mark.cause.value for mark in self.new))


def look(services: Services, table: DiligenceTable, changes: ListChanges) -> Found:
    """Goes through every credential that is held. Writes nothing."""
    now, notice = services.clock(), services.settings.review_notice_days * DAY_SECONDS
    new: list[Mark] = []
    renewed: list[tuple[str, Mapping[str, str]]] = []
    lifted: list[str] = []
    with services.store(PARTY).reading() as session:
        for attestation, case, mark in due_records.held(session):
            due = _due(attestation, case, review_by(table, case), changes, now, notice)
            if mark is None:
                if due is not None:
                    new.append(due)
            elif due is None:
                if case.state == CaseState.ISSUED:
                    lifted.append(mark.id)
            elif dict(due.lists) != json.loads(mark.lists):
                renewed.append((mark.id, due.lists))
    return Found(tuple(new), tuple(renewed), tuple(lifted))


def mark(services: Services, found: Found) -> int:
    """Tells everybody which lists made somebody due, and writes what was found; how many became due.

    Told first: if this ends in between, whoever was told and not marked is marked by the next run, and nobody who is marked
    and was not told is revoked unawares. Somebody else may do the same at once: a case is marked once.
    """
    store, now = services.store(PARTY), services.clock()
    lists = {item for one in found.new for item in one.lists.items()}
    if lists:
        deadline = now + services.settings.review_notice_days * DAY_SECONDS
        store.run(partial(_announce, lists=sorted(lists), now=now, deadline=deadline))
    done = 0
    for some in _batches(found.new):
        rows = [(str(uuid7(now, services.rng)), item) for item in some]
        done += store.run(partial(_mark, rows=rows, now=now))
    for ids in _batches(found.renewed):
        store.run(partial(_renew, marks=ids))
    for gone in _batches(found.lifted):
        store.run(partial(_lift, ids=gone, now=now))
    if done:
        logger().info("reviews.due", party=PARTY, count=done)
    return done


def ends_at(attestation: IssuerAttestation) -> int:
    """The unix second at which a credential is over."""
    return (attestation.expiry_epoch * EPOCH_DAYS + 1) * DAY_SECONDS


def _due(
    attestation: IssuerAttestation, case: IssuerCase, until: int | None, changes: ListChanges, now: int, notice: int
) -> Mark | None:
    end = ends_at(attestation)
    if now >= end:
        return None
    searched = {version.name: version.digest for version in stored_screening(case).lists}
    lists = {name: digest for name, digest in changes.current.items() if changes.concern(name, searched.get(name))}
    if lists:
        return Mark(case.id, case.verified_at, Cause.LIST_CHANGED, min(now + notice, end), lists)
    at = end if until is None else min(until, end)
    opens = at - min(notice, (at - case.verified_at) // 2)
    if now < opens or (at == end and case.verified_at >= end - notice):
        return None
    cause = Cause.EXPIRY if at == end else Cause.INTERVAL
    return Mark(case.id, case.verified_at, cause, min(max(at, now + notice), end), {})


def _batches(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


def _mark(session: Session, rows: Sequence[tuple[str, Mark]], now: int) -> int:
    done = 0
    for mark_id, found in rows:
        case = records.lock_case(session, found.case_id)
        if case is None or case.state != CaseState.ISSUED or _is_overtaken(session, case, found):
            continue
        row = IssuerDue(
            id=mark_id,
            case_id=found.case_id,
            cause=found.cause.value,
            marked_at=now,
            deadline=found.deadline,
            lists=json.dumps(dict(found.lists)),
            ending=End.OPEN.value,
        )
        if due_records.add_mark(session, row):
            state = CaseState.ISSUED
            why = (found.cause.value,)
            records.add_step(session, case.id, Happening.DUE, state, state, Actor.RULES, by=None, reasons=why, now=now)
            done += 1
    return done


def _is_overtaken(session: Session, case: IssuerCase, found: Mark) -> bool:
    """Whether evidence was shown since somebody looked, or the credential was revoked."""
    if case.verified_at != found.verified_at or due_records.is_case_revoked(session, case.id):
        return True
    searched = {version.name: version.digest for version in stored_screening(case).lists}
    return bool(found.lists) and all(searched.get(name) == digest for name, digest in found.lists.items())


def _renew(session: Session, marks: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    for mark_id, lists in marks:
        due_records.renew_mark(session, mark_id, json.dumps(dict(lists)))


def _lift(session: Session, ids: Iterable[str], now: int) -> None:
    for mark_id in ids:
        due_records.end_mark(session, mark_id, End.LIFTED, now)


def _announce(session: Session, lists: Iterable[tuple[str, str]], now: int, deadline: int) -> None:
    for name, digest in lists:
        due_records.announce(session, name, digest, opened_at=now, deadline=deadline)
