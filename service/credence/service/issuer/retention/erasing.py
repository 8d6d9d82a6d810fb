"""Erasing a case: 1. what hangs on it goes, 2. its row and its attestations lose the person, 3. the person's key is noted as
destroyed, all in one transaction; 4. the key is destroyed. Whoever is stopped between 3 and 4 is finished by :func:`finish`.

The leaf stays in the log, and proofs of its inclusion hold; nobody can open it any more, in this database or any copy of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.circuits.encoding import Rng
from credence.service.errors import Erased, Retained
from credence.service.forgetting import Broken, Keeping, Kind, refuse_while_kept
from credence.service.issuer.cases import CaseState
from credence.service.issuer.inbox.records import IssuerVendorResult
from credence.service.issuer.records import NO_TERMS, IssuerAttestation, IssuerCase
from credence.service.issuer.retention import records
from credence.service.issuer.review.records import lock_case
from credence.service.issuer.sealing import KEYS, vendor_reference
from credence.service.screening.results import Screening
from credence.service.settings import Mode
from credence.service.store import Store

_EPOCH_SECONDS: Final = EPOCH_DAYS * DAY_SECONDS


def erase_case(session: Session, keeping: Keeping, case: IssuerCase, *, now: int, rng: Rng) -> Counter[str]:
    """Steps 1 to 3 for a case that this transaction has locked; how many rows went, by what they were.

    The person's key goes with the last row that names it, in whatever table.
    """
    counted: Counter[str] = Counter(cases=1)
    person, keys = case.identity_tag, records.keys_of(session, case.id)
    keys |= _forget_result(session, keeping, case)
    counted["rows"] = records.erase_hanging(session, case.id)
    for attestation in records.attestations_of(session, case.id):
        records.scrub_attestation(session, attestation.id, _attestation(attestation, rng, now))
        records.scrub_revocation(session, attestation.id, _EPOCH_SECONDS)
        counted["attestations"] += 1
    records.scrub_case(session, case.id, _case(case, rng, now))
    records.forget_person(session, person, now)
    counted["keys"] = len(KEYS.note(session, keys, now))
    return counted


def refuse_while_any_kept(session: Session, case: IssuerCase, now: int) -> None:
    """Returns iff a locked case may be erased with all of its attestations. Raises :class:`Retained`."""
    for row in (case, *records.attestations_of(session, case.id)):
        refuse_while_kept(row, now)


def purge(store: Store, keeping: Keeping, *, now: int, limit: int, rng: Rng) -> Counter[str]:
    """Erases up to ``limit`` cases whose time has come; what went, by what it was."""
    done = store.run(partial(_purge, keeping=keeping, now=now, limit=limit, rng=rng))
    if done["keys"]:
        finish(store, keeping)
    return done


def purge_results(store: Store, keeping: Keeping, *, now: int, limit: int) -> Counter[str]:
    """The same of vendors' results, and of their messages."""
    done = store.run(partial(_purge_results, keeping=keeping, now=now, limit=limit))
    if done["keys"]:
        finish(store, keeping)
    return done


def due(store: Store, *, now: int, limit: int) -> Mapping[str, int]:
    """What :func:`purge` and :func:`purge_results` would erase: nothing is changed."""
    with store.transaction() as session:
        results = records.due_results(session, now=now, limit=limit)
        return {"cases": len(records.due_cases(session, now=now, limit=limit)), "vendor_results": len(results)}


def forget_persons(store: Store, *, now: int, limit: int) -> int:
    """Forgets up to ``limit`` persons without a case whose last ban is over; how many those were."""
    return store.run(partial(records.forget_persons, now=now, limit=limit))


def finish(store: Store, keeping: Keeping) -> int:
    """Step 4 for every key that was noted as destroyed and is there; how many there were."""
    return KEYS.finish(store, keeping.keys)


def _purge(session: Session, keeping: Keeping, now: int, limit: int, rng: Rng) -> Counter[str]:
    done: Counter[str] = Counter()
    for found in records.due_cases(session, now=now, limit=limit):
        case = lock_case(session, found.id)
        if case is not None and case.erased_at is None and _may_go(session, case, now):
            done += erase_case(session, keeping, case, now=now, rng=rng)
    return done


def _may_go(session: Session, case: IssuerCase, now: int) -> bool:
    """Whether a case may go that this transaction has locked: it may have been held, or issued again, while it waited."""
    try:
        refuse_while_any_kept(session, case, now)
    except Retained:
        return False
    return True


def _purge_results(session: Session, keeping: Keeping, now: int, limit: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for case in records.held_cases(session):
        hold_result(session, keeping, case)
    for result in records.due_results(session, now=now, limit=limit):
        records.delete_result(session, result.vendor, result.reference)
        keys = KEYS.note(session, set() if result.subject_key is None else {result.subject_key}, now)
        done += Counter(vendor_results=1, keys=len(keys))
    done["vendor_messages"] += records.purge_notices(session, now=now, limit=limit)
    return done


def hold_result(session: Session, keeping: Keeping, case: IssuerCase) -> None:
    """Holds what the inbox has of the vendor's result that a case was opened with as the case is held now, or not."""
    result = _result_of(session, keeping, case)
    if result is not None and result.legal_hold != case.legal_hold:
        values = {name: getattr(case, name) for name in ("legal_hold", "held_by", "held_at")}
        records.change_result(session, result.vendor, result.reference, values)


def _result_of(session: Session, keeping: Keeping, case: IssuerCase) -> IssuerVendorResult | None:
    try:
        number = vendor_reference(keeping, case)
    except (Erased, Broken):
        return None
    alias = keeping.keys.alias(Kind.REFERENCE, case.vendor.encode(), number.encode())
    return records.find_result(session, case.vendor, (alias, number))


def _forget_result(session: Session, keeping: Keeping, case: IssuerCase) -> set[bytes]:
    """Deletes what the inbox has of the vendor's result that a case was opened with; the key of its number."""
    result = _result_of(session, keeping, case)
    if result is None:
        return set()
    records.delete_result(session, result.vendor, result.reference)
    return set() if result.subject_key is None else {result.subject_key}


def _case(case: IssuerCase, rng: Rng, now: int) -> dict[str, Any]:
    """The same of every case that was erased, but for random bytes and times, which are rounded down to 28 days."""
    opened = case.created_at - case.created_at % _EPOCH_SECONDS
    return {
        "opened_by": "erased",
        "state": CaseState.DECLINED.value,
        "vendor": "erased",
        "valid_until": opened,
        "diligence": "erased",
        "offer_key_id": "erased",
        "created_at": opened,
        "decided_by": None,
        "decided_at": opened,
        "verified_at": opened,
        "mode": Mode.OPEN.value,
        "retention_years": None,
        "retain_until": case.retain_until - case.retain_until % DAY_SECONDS,
        "identity_tag": rng(32),
        "evidence_digest": rng(32),
        "evidence_salt": rng(32),
        "evidence_commitment": rng(32),
        "vendor_reference": "erased",
        "record_keeper": None,
        "record_reference": None,
        "reasons": "erased",
        "factors": "[]",
        "screening": Screening((), (), "erased").stored(),
        "nationality_place": 0,
        "assessed_level": None,
        "assessed_tier": None,
        "subject_key": None,
        "erased_at": now,
        **NO_TERMS,
    }


def _attestation(row: IssuerAttestation, rng: Rng, now: int) -> dict[str, Any]:
    """The handle of a live one is forgotten too; any other is revoked, public, and referred to by its revocation."""
    return {
        "identity_tag": rng(32),
        "serial": 1,
        "resets": 0,
        "reset_day": 0,
        "issued_day": row.issued_epoch * EPOCH_DAYS,
        "subject_handle": rng(16),
        "commitment_point": rng(48),
        "salt": rng(32),
        "digest": rng(32),
        "subject_key": None,
        "erased_at": now,
    } | ({"revocation_handle": rng(32)} if row.life == "live" else {})
