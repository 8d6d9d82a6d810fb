"""What of a person is sealed under their key: salts, the references to who keeps the documents, comments.

A key is fetched once for a request and dropped with it. Where a row names no key, it is of before there were keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from credence.service.errors import Erased
from credence.service.forgetting import Keeping, KeyNotes, Kind, SubjectKey
from credence.service.issuer.inbox.records import IssuerVendorResult
from credence.service.issuer.records import IssuerAttestation, IssuerCase, IssuerDestroyedKey
from credence.service.issuer.review.due.records import IssuerShown
from credence.service.issuer.review.records import IssuerComment
from credence.service.store import Store, metadata

CASES: Final = "issuer_cases"
ATTESTATIONS: Final = "issuer_attestations"
SHOWN: Final = "issuer_shown_again"
COMMENTS: Final = "issuer_comments"
RESULTS: Final = "issuer_vendor_results"

KEYS: Final = KeyNotes(
    metadata.tables[IssuerDestroyedKey.__tablename__],
    [metadata.tables[name] for name in (CASES, ATTESTATIONS, SHOWN, COMMENTS, RESULTS)],
)
"""Which keys are to be gone, and whatever names one."""

Evidenced = TypeVar("Evidenced", IssuerCase, IssuerShown)


def key_of_person(keeping: Keeping, store: Store, tag: bytes, now: int) -> SubjectKey:
    """The key of a person by identity_tag; made where there is none, so not inside a transaction. ``store`` is the issuer's.
    Whoever writes a row under it claims it there (:data:`KEYS`)."""
    return KEYS.obtain(store, keeping.keys, Kind.PERSON, tag, now=now)


def key_of_case(keeping: Keeping, store: Store, case: IssuerCase, now: int) -> SubjectKey:
    """The key that new rows of a case are sealed under: the case's, and the person's where the case is of before there were
    such keys. As :func:`key_of_person`. Raises :class:`~credence.service.errors.Erased`."""
    if case.erased_at is not None:
        raise Erased
    if case.subject_key is None:
        return key_of_person(keeping, store, case.identity_tag, now)
    return keeping.keys.find(case.subject_key)


def seal_evidence(row: Evidenced, key: SubjectKey, place: str) -> Evidenced:
    """Seals what a new row of a case, or of evidence shown again, has of salt and reference; ``place`` is its key."""
    table = type(row).__tablename__
    row.subject_key = key.key_id
    row.evidence_salt = key.seal(table, "evidence_salt", place, row.evidence_salt)
    row.vendor_reference = key.seal_text(table, "vendor_reference", place, row.vendor_reference)
    if isinstance(row, IssuerCase) and row.record_reference is not None:
        row.record_reference = seal_record_reference(key, place, row.record_reference)
    return row


def seal_record_reference(key: SubjectKey, case_id: str, reference: str) -> str:
    """The number under which a case's documents are kept, for its row."""
    return key.seal_text(CASES, "record_reference", case_id, reference)


def evidence_salt(keeping: Keeping, case: IssuerCase) -> bytes:
    """What opens a case's commitment, 32 bytes. Raises :class:`~credence.service.errors.Erased`."""
    if case.subject_key is None:
        return case.evidence_salt
    return keeping.keys.find(case.subject_key).open(CASES, "evidence_salt", case.id, case.evidence_salt)


def record_reference(keeping: Keeping, case: IssuerCase) -> str | None:
    """The number under which the case's documents are kept, where somebody was named. Raises as :func:`evidence_salt`."""
    if case.record_reference is None or case.subject_key is None:
        return case.record_reference
    key = keeping.keys.find(case.subject_key)
    return key.open_text(CASES, "record_reference", case.id, case.record_reference)


def vendor_reference(keeping: Keeping, case: IssuerCase) -> str:
    """The number under which the vendor keeps the documents of a case. Raises as :func:`evidence_salt`."""
    if case.subject_key is None:
        return case.vendor_reference
    return keeping.keys.find(case.subject_key).open_text(CASES, "vendor_reference", case.id, case.vendor_reference)


def shown_references(keeping: Keeping, rows: Sequence[IssuerShown]) -> list[str]:
    """The same of evidence that was shown again. Raises as :func:`evidence_salt`."""
    keys = keeping.keys.find_all({row.subject_key for row in rows if row.subject_key is not None})
    return [_opened(row, keys, SHOWN, "vendor_reference", row.evidence_digest.hex(), row.vendor_reference) for row in rows]


def comment_texts(keeping: Keeping, rows: Sequence[IssuerComment]) -> list[str]:
    """What comments say. Raises as :func:`evidence_salt`."""
    keys = keeping.keys.find_all({row.subject_key for row in rows if row.subject_key is not None})
    return [_opened(row, keys, COMMENTS, "comment", f"{row.case_id}/{row.number}", row.comment) for row in rows]


def result_references(keeping: Keeping, rows: Sequence[IssuerVendorResult]) -> list[str]:
    """The vendor's own numbers. Raises as :func:`evidence_salt`."""
    keys = keeping.keys.find_all({row.subject_key for row in rows if row.subject_key is not None})
    return [
        _opened(row, keys, RESULTS, "sealed", f"{row.vendor}/{row.reference}", row.sealed or row.reference) for row in rows
    ]


def seal_attestation(attestation: IssuerAttestation, key: SubjectKey) -> IssuerAttestation:
    """A copy to be stored, its salt sealed; the one that is signed with stays as it is."""
    sealed = key.seal(ATTESTATIONS, "salt", attestation.id, attestation.salt)
    return IssuerAttestation(**attestation.model_dump() | {"salt": sealed, "subject_key": key.key_id})


def open_attestation(keeping: Keeping, attestation: IssuerAttestation) -> IssuerAttestation:
    """A copy with its salt open. Raises as :func:`evidence_salt`."""
    if attestation.subject_key is None:
        return attestation
    key = keeping.keys.find(attestation.subject_key)
    salt = key.open(ATTESTATIONS, "salt", attestation.id, attestation.salt)
    return IssuerAttestation(**attestation.model_dump() | {"salt": salt})


def _opened(
    row: IssuerShown | IssuerComment | IssuerVendorResult,
    keys: dict[bytes, SubjectKey],
    table: str,
    column: str,
    place: str,
    text: str,
) -> str:
    if row.subject_key is None:
        return text
    if row.subject_key not in keys:
        raise Erased
    return keys[row.subject_key].open_text(table, column, place, text)
