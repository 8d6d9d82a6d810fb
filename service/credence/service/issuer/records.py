"""The issuer's tables and every statement over them.

No column holds anything that a person could be recognised by: tags and digests are keyed, commitments are salted, and what
screening found is named by list and entry id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Text, UniqueConstraint, update
from sqlmodel import Field, Session, col, select

from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.cases import CaseState
from credence.service.issuer.diligence import INTENSITIES
from credence.service.ledger import OutboxRow
from credence.service.settings import Mode
from credence.service.store import Row, in_pages, insert_once


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of ``values``."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


_STATES: Final = [state.value for state in CaseState]
_RECORDED: Final = " AND ".join(f"{name} IS NOT NULL" for name in ("record_keeper", "record_reference", "retention_years"))
_JUDGED: Final = one_of("state", [CaseState.APPROVED.value, CaseState.REVIEW.value, CaseState.ISSUED.value])


NO_TERMS: Final[Mapping[str, None]] = MappingProxyType(dict.fromkeys(("kyc_level", "risk_tier", "monitoring", "review_by")))
"""What a case loses that is declined."""


class IssuerCase(Row, table=True):
    """One application. ``identity_tag`` and ``evidence_digest`` are keyed, ``evidence_commitment`` is salted (all 32 bytes).

    ``vendor_reference`` is the number under which the vendor keeps the documents; where the desk named somebody else who
    does, that is ``record_keeper``, under ``record_reference``, for ``retention_years`` after the relationship. ``reasons``
    are slugs by spaces, ``factors`` is a JSON list of factor, value and effect, and ``screening`` is the JSON of
    :class:`~credence.service.screening.results.Screening`. ``nationality_place`` is which of the evidence's nationalities
    counts. ``review_by`` is when the case is looked at again. ``decided_by`` is the reviewing client, None for the rules.
    ``assessed_level`` and ``assessed_tier`` are what diligence said, whatever was decided since, both None where it refused.
    Evidence was shown last at ``verified_at``. Times are unix seconds.
    """

    __tablename__ = "issuer_cases"
    __table_args__ = (
        CheckConstraint(one_of("state", _STATES), name="state_known"),
        CheckConstraint("length(identity_tag) = 32", name="tag_length"),
        CheckConstraint("length(evidence_digest) = 32", name="digest_length"),
        CheckConstraint("length(evidence_salt) = 32", name="salt_length"),
        CheckConstraint("length(evidence_commitment) = 32", name="commitment_length"),
        CheckConstraint("kyc_level BETWEEN 1 AND 3", name="level_range"),
        CheckConstraint(one_of("risk_tier", RISK_TIERS), name="tier_known"),
        CheckConstraint("assessed_level BETWEEN 1 AND 3", name="assessed_level_range"),
        CheckConstraint(one_of("assessed_tier", RISK_TIERS), name="assessed_tier_known"),
        CheckConstraint("(assessed_level IS NULL) = (assessed_tier IS NULL)", name="assessed_whole"),
        CheckConstraint(f"NOT {_JUDGED} OR (kyc_level IS NOT NULL AND risk_tier IS NOT NULL)", name="judged_whole"),
        CheckConstraint(one_of("mode", list(Mode)), name="mode_known"),
        CheckConstraint(one_of("monitoring", INTENSITIES), name="monitoring_known"),
        CheckConstraint("retention_years BETWEEN 0 AND 100", name="retention_range"),
        CheckConstraint(f"mode <> 'obliged' OR ({_RECORDED})", name="obliged_recorded"),
    )

    id: str = Field(primary_key=True, max_length=36)
    opened_by: str = Field(max_length=128)
    state: str = Field(max_length=16)
    identity_tag: bytes = Field(sa_type=LargeBinary, index=True)
    evidence_digest: bytes = Field(sa_type=LargeBinary, unique=True)
    evidence_salt: bytes = Field(sa_type=LargeBinary)
    evidence_commitment: bytes = Field(sa_type=LargeBinary)
    vendor: str = Field(max_length=64)
    vendor_reference: str = Field(max_length=128)
    valid_until: int = Field(sa_type=BigInteger)
    kyc_level: int | None = None
    risk_tier: str | None = Field(default=None, max_length=16)
    diligence: str = Field(max_length=32)
    reasons: str = Field(sa_type=Text)
    screening: str = Field(sa_type=Text)
    offer_key_id: str = Field(max_length=32)
    created_at: int = Field(sa_type=BigInteger)
    decided_by: str | None = Field(default=None, max_length=128)
    decided_at: int = Field(sa_type=BigInteger)
    assessed_level: int | None = None
    assessed_tier: str | None = Field(default=None, max_length=16)
    verified_at: int = Field(sa_type=BigInteger)
    mode: str = Field(default=Mode.OPEN.value, max_length=8)
    factors: str = Field(default="[]", sa_type=Text)
    monitoring: str | None = Field(default=None, max_length=8)
    review_by: int | None = Field(default=None, sa_type=BigInteger)
    nationality_place: int = 0
    record_keeper: str | None = Field(default=None, max_length=64)
    record_reference: str | None = Field(default=None, max_length=128)
    retention_years: int | None = None


class IssuerAttestation(Row, table=True):
    """The record that a credential was issued. One for a person: ``identity_tag`` is unique.

    ``id`` is random and public, so it tells no time. ``commitment_point`` binds the holder to its halves of the secrets, and
    is what a repeated request is known by. ``salt`` and ``digest`` open ``leaf``.
    """

    __tablename__ = "issuer_attestations"
    __table_args__ = (
        CheckConstraint("length(identity_tag) = 32", name="tag_length"),
        CheckConstraint("length(commitment_point) = 48", name="point_length"),
        CheckConstraint("length(revocation_handle) = 32", name="revocation_length"),
        CheckConstraint("length(subject_handle) = 16", name="subject_length"),
        CheckConstraint("length(salt) = 32", name="salt_length"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("length(leaf) = 32", name="leaf_length"),
        CheckConstraint("issued_epoch < expiry_epoch", name="epochs_ordered"),
        CheckConstraint("resets >= 0", name="resets_not_negative"),
    )

    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(foreign_key="issuer_cases.id", index=True, max_length=36)
    identity_tag: bytes = Field(sa_type=LargeBinary, unique=True)
    schema_id: str = Field(max_length=64)
    key_id: str = Field(max_length=32)
    issued_epoch: int
    expiry_epoch: int
    resets: int
    reset_day: int
    revocation_handle: bytes = Field(sa_type=LargeBinary, unique=True)
    subject_handle: bytes = Field(sa_type=LargeBinary, unique=True)
    commitment_point: bytes = Field(sa_type=LargeBinary)
    salt: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary, unique=True)


class IssuerDocumentRow(Row, table=True):
    """Every document that the issuer ever published, by its digest (32 bytes)."""

    __tablename__ = "issuer_documents"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_length"),)

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    document: str = Field(sa_type=Text)
    published_at: int = Field(sa_type=BigInteger)


class IssuerOutbox(OutboxRow, table=True):
    """Leaves of attestations and documents on their way into the log."""

    __tablename__ = "issuer_outbox"
    __table_args__ = (UniqueConstraint("leaf"),)


# --- cases ---


def add_case(session: Session, case: IssuerCase) -> bool:
    """Stores a new case; False where one was opened with the same evidence."""
    return insert_once(session, case, on=["evidence_digest"])


def find_case(session: Session, case_id: str) -> IssuerCase | None:
    """The case of that id."""
    return session.get(IssuerCase, case_id)


def find_case_by_evidence(session: Session, digests: Sequence[bytes]) -> IssuerCase | None:
    """The oldest case that was opened with this evidence; one digest for each live key."""
    query = select(IssuerCase).where(col(IssuerCase.evidence_digest).in_(digests))
    return session.exec(query.order_by(col(IssuerCase.created_at), col(IssuerCase.id)).limit(1)).first()


def cases(
    session: Session, state: CaseState | None = None, *, limit: int, oldest_first: bool = False
) -> Sequence[IssuerCase]:
    """Up to ``limit`` cases, newest first unless told otherwise: all, or those in one state."""
    order = col(IssuerCase.id) if oldest_first else col(IssuerCase.id).desc()
    query = select(IssuerCase).order_by(order).limit(limit)
    if state is not None:
        query = query.where(IssuerCase.state == state.value)
    return session.exec(query).all()


def move_case(session: Session, case_id: str, source: CaseState, to: CaseState, **changes: Any) -> bool:
    """Leads a case from ``source`` to ``to`` with what changes along; False where it is not in ``source`` any more."""
    query = update(IssuerCase).where(col(IssuerCase.id) == case_id, col(IssuerCase.state) == source.value)
    return session.exec(query.values(state=to.value, **changes)).rowcount == 1


# --- attestations ---


def add_attestation(session: Session, attestation: IssuerAttestation) -> bool:
    """Stores an attestation; False where the person has one, whichever case it came from."""
    return insert_once(session, attestation, on=["identity_tag"])


def find_attestation_of(session: Session, identity_tag: bytes) -> IssuerAttestation | None:
    """The attestation of a person."""
    return session.exec(select(IssuerAttestation).where(IssuerAttestation.identity_tag == identity_tag)).first()


def find_attestation(session: Session, attestation_id: str) -> tuple[IssuerAttestation, int | None] | None:
    """An attestation by its public id, and its index in the log once that has taken it."""
    query = select(IssuerAttestation, IssuerOutbox.entry_index).where(
        col(IssuerAttestation.id) == attestation_id, col(IssuerOutbox.leaf) == col(IssuerAttestation.leaf)
    )
    return session.exec(query).first()


def attestations(session: Session) -> Iterator[IssuerAttestation]:
    """Every attestation."""
    return in_pages(session, IssuerAttestation, IssuerAttestation.id)


# --- documents ---


def documents(session: Session) -> Iterator[IssuerDocumentRow]:
    """Every document that was published."""
    return in_pages(session, IssuerDocumentRow, IssuerDocumentRow.digest)


def add_document(session: Session, document: IssuerDocumentRow) -> bool:
    """Notes that a document was published; False where that was noted before."""
    return insert_once(session, document)
