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

from credence.circuits.encoding import Rng
from credence.service.errors import Erased
from credence.service.forgetting import Broken, Keeping, Kind
from credence.service.issuer.records import IssuerAttestation, IssuerCase
from credence.service.issuer.retention import records
from credence.service.issuer.review.records import lock_case
from credence.service.issuer.sealing import vendor_reference
from credence.service.screening.results import Screening
from credence.service.store import Store

_PAGE: Final = 500


def erase_case(session: Session, keeping: Keeping, case: IssuerCase, *, now: int, rng: Rng) -> Counter[str]:
    """Steps 1 to 3 for a case that this transaction has locked; how many rows went, by what they were.

    The person's key goes with the last of their cases that names it.
    """
    counted: Counter[str] = Counter(cases=1)
    person, keys = case.identity_tag, records.keys_of(session, case.id)
    keys |= _forget_result(session, keeping, case)
    counted["rows"] = records.erase_hanging(session, case.id)
    for attestation in records.attestations_of(session, case.id):
        records.scrub_attestation(session, attestation.id, _attestation(attestation, rng, now))
        counted["attestations"] += 1
    records.scrub_case(session, case.id, _case(case, rng, now))
    keys -= records.named_elsewhere(session, keys, case.id)
    records.forget_person(session, person)
    records.note_destroyed(session, keys, now)
    counted["keys"] = len(keys)
    return counted


def purge(store: Store, keeping: Keeping, *, now: int, limit: int, rng: Rng) -> Counter[str]:
    """Erases up to ``limit`` cases whose time has come; what went, by what it was."""
    done = store.run(partial(_purge, keeping=keeping, now=now, limit=limit, rng=rng))
    if done["keys"]:
        finish(store, keeping)
    return done


def purge_results(store: Store, keeping: Keeping, *, now: int, limit: int) -> Counter[str]:
    """The same of vendors' results, and of their messages."""
    done = store.run(partial(_purge_results, now=now, limit=limit))
    if done["keys"]:
        finish(store, keeping)
    return done


def due(store: Store, *, now: int, limit: int) -> Mapping[str, int]:
    """What :func:`purge` and :func:`purge_results` would erase: nothing is changed."""
    with store.reading() as session:
        results = records.due_results(session, now=now, limit=limit)
        return {"cases": len(records.due_cases(session, now=now, limit=limit)), "vendor_results": len(results)}


def finish(store: Store, keeping: Keeping) -> int:
    """Step 4 for every key that was noted as destroyed and is there: after an erasure, and after a copy of the keys was put
    back. How many there were."""
    gone, last = 0, b""
    while True:
        with store.reading() as session:
            page = records.destroyed_after(session, last, _PAGE)
        if not page:
            return gone
        gone += keeping.keys.destroy(page)
        last = page[-1]


def _purge(session: Session, keeping: Keeping, now: int, limit: int, rng: Rng) -> Counter[str]:
    done: Counter[str] = Counter()
    for found in records.due_cases(session, now=now, limit=limit):
        case = lock_case(session, found.id)
        if case is not None and case.erased_at is None and case.legal_hold is None:
            done += erase_case(session, keeping, case, now=now, rng=rng)
    return done


def _purge_results(session: Session, now: int, limit: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for result in records.due_results(session, now=now, limit=limit):
        records.delete_result(session, result.vendor, result.reference)
        keys = [] if result.subject_key is None else [result.subject_key]
        records.note_destroyed(session, keys, now)
        done += Counter(vendor_results=1, keys=len(keys))
    done["vendor_messages"] += records.purge_notices(session, now=now, limit=limit)
    return done


def _forget_result(session: Session, keeping: Keeping, case: IssuerCase) -> set[bytes]:
    """Deletes what the inbox has of the vendor's result that a case was opened with; the key of its number."""
    try:
        number = vendor_reference(keeping, case)
    except (Erased, Broken):
        return set()
    alias = keeping.keys.alias(Kind.REFERENCE, case.vendor.encode(), number.encode())
    result = records.find_result(session, case.vendor, (alias, number))
    if result is None:
        return set()
    records.delete_result(session, result.vendor, result.reference)
    return set() if result.subject_key is None else {result.subject_key}


def _case(case: IssuerCase, rng: Rng, now: int) -> dict[str, Any]:
    kept = case.record_keeper is not None
    return {
        "identity_tag": rng(32),
        "evidence_digest": rng(32),
        "evidence_salt": rng(32),
        "evidence_commitment": rng(32),
        "vendor_reference": "erased",
        "record_keeper": "erased" if kept else None,
        "record_reference": "erased" if kept else None,
        "reasons": "erased",
        "factors": "[]",
        "screening": Screening((), (), "erased").stored(),
        "nationality_place": 0,
        "assessed_level": None,
        "assessed_tier": None,
        "subject_key": None,
        "erased_at": now,
    }


def _attestation(row: IssuerAttestation, rng: Rng, now: int) -> dict[str, Any]:
    """The handle of a live one is forgotten too; any other is revoked, public, and referred to by its revocation."""
    return {
        "identity_tag": rng(32),
        "subject_handle": rng(16),
        "commitment_point": rng(48),
        "salt": rng(32),
        "digest": rng(32),
        "subject_key": None,
        "erased_at": now,
    } | ({"revocation_handle": rng(32)} if row.life == "live" else {})
