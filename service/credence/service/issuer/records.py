"""The issuer's tables and every statement over them.

No column holds anything that a person could be recognised by: tags and digests are keyed, commitments are salted, and what
screening found is named by list and entry id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, func, text, update
from sqlmodel import Field, Session, col, select

from credence.circuits.policy import RISK_TIERS
from credence.service.forgetting import Kept, kept_checks
from credence.service.issuer.cases import CaseState
from credence.service.issuer.diligence import INTENSITIES
from credence.service.issuer.persons.lives import Life
from credence.service.ledger import OutboxRow
from credence.service.settings import Mode
from credence.service.store import Row, in_pages, insert_once


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of ``values``."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


_STATES: Final = [state.value for state in CaseState]
_RECORDED: Final = " AND ".join(f"{name} IS NOT NULL" for name in ("record_keeper", "record_reference", "retention_years"))
_JUDGED: Final = one_of("state", [CaseState.APPROVED.value, CaseState.REVIEW.value, CaseState.ISSUED.value])


SEALED_SALT: Final = "length({0}) = CASE WHEN subject_key IS NULL THEN 32 ELSE 60 END"
"""The condition of a salt of 32 bytes, which is sealed where its row names a key."""

NO_TERMS: Final[Mapping[str, None]] = MappingProxyType(dict.fromkeys(("kyc_level", "risk_tier", "monitoring", "review_by")))
"""What a case loses that is declined."""


class IssuerCase(Kept, table=True):
    """One application. ``identity_tag`` and ``evidence_digest`` are keyed, ``evidence_commitment`` is salted (all 32 bytes).

    ``vendor_reference`` is the number under which the vendor keeps the documents; where the desk named somebody else who
    does, that is ``record_keeper``, under ``record_reference``, for ``retention_years`` after the relationship. ``reasons``
    are slugs by spaces, ``factors`` is a JSON list of factor, value and effect, and ``screening`` is the JSON of
    :class:`~credence.service.screening.results.Screening`. ``nationality_place`` is which of the evidence's nationalities
    counts. ``review_by`` is when the case is looked at again. ``decided_by`` is the reviewing client, None for the rules.
    ``assessed_level`` and ``assessed_tier`` are what diligence said, whatever was decided since, both None where it refused.
    Evidence was shown last at ``verified_at``. Times are unix seconds.

    Salt and references are sealed under the person's key ``subject_key``, in the clear only where that is None: rows of
    before there were such keys. Since ``erased_at`` the row
    says what every such row says, but for its id, random bytes, and times that are rounded down to 28 days.
    """

    __tablename__ = "issuer_cases"
    __table_args__ = (
        CheckConstraint(one_of("state", _STATES), name="state_known"),
        CheckConstraint("length(identity_tag) = 32", name="tag_length"),
        CheckConstraint("length(evidence_digest) = 32", name="digest_length"),
        CheckConstraint(SEALED_SALT.format("evidence_salt"), name="salt_length"),
        CheckConstraint("length(subject_key) = 16", name="subject_key_length"),
        *kept_checks(),
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
    vendor_reference: str = Field(max_length=256)
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
    record_reference: str | None = Field(default=None, max_length=256)
    retention_years: int | None = None
    subject_key: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    erased_at: int | None = Field(default=None, sa_type=BigInteger)


_LIVE: Final = text("life = 'live'")


class IssuerAttestation(Kept, table=True):
    """The record that a credential was issued. ``serial`` counts a person's from 1; of these one at most is live.

    ``id`` is random and public, so it tells no time; ``issued_day`` (days since 1970-01-01) stays here. ``life`` is what
    became of it since. ``commitment_point`` binds the holder to its halves of the secrets, and is what a repeated request
    is known by. ``salt`` and ``digest`` open ``leaf``; the salt is sealed as a case's is. Since ``erased_at`` the leaf is a
    random string.
    """

    __tablename__ = "issuer_attestations"
    __table_args__ = (
        CheckConstraint("length(identity_tag) = 32", name="tag_length"),
        CheckConstraint("length(commitment_point) = 48", name="point_length"),
        CheckConstraint("length(revocation_handle) = 32", name="revocation_length"),
        CheckConstraint("length(subject_handle) = 16", name="subject_length"),
        CheckConstraint(SEALED_SALT.format("salt"), name="salt_length"),
        CheckConstraint("length(subject_key) = 16", name="subject_key_length"),
        *kept_checks(),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("length(leaf) = 32", name="leaf_length"),
        CheckConstraint("issued_epoch < expiry_epoch", name="epochs_ordered"),
        CheckConstraint("resets >= 0", name="resets_not_negative"),
        CheckConstraint("serial >= 1", name="serial_from_one"),
        CheckConstraint(one_of("life", Life), name="life_known"),
        UniqueConstraint("identity_tag", "serial"),
        Index("ix_issuer_attestations_live", "identity_tag", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(foreign_key="issuer_cases.id", index=True, max_length=36)
    identity_tag: bytes = Field(sa_type=LargeBinary)
    serial: int = 1
    schema_id: str = Field(max_length=64)
    key_id: str = Field(max_length=32)
    issued_epoch: int
    expiry_epoch: int
    resets: int
    reset_day: int
    issued_day: int
    life: str = Field(default=Life.LIVE.value, max_length=16)
    revocation_handle: bytes = Field(sa_type=LargeBinary, unique=True)
    subject_handle: bytes = Field(sa_type=LargeBinary, unique=True)
    commitment_point: bytes = Field(sa_type=LargeBinary)
    salt: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary, unique=True)
    subject_key: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    erased_at: int | None = Field(default=None, sa_type=BigInteger)


class IssuerDestroyedKey(Row, table=True):
    """A person's key that was destroyed, or is to be: its id is random and names nobody. A copy of the keys that is put back
    is held against these."""

    __tablename__ = "issuer_destroyed_keys"
    __table_args__ = (CheckConstraint("length(key_id) = 16", name="key_id_length"),)

    key_id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    destroyed_at: int = Field(sa_type=BigInteger)


class IssuerDocumentRow(Row, table=True):
    """Every document that the issuer ever published, by its digest (32 bytes). ``number`` counts from 0: each continues the
    one before, and no two continue the same one."""

    __tablename__ = "issuer_documents"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("number >= 0", name="number_not_negative"),
    )

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    number: int = Field(sa_type=BigInteger)
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
    """Up to ``limit`` cases that were not erased, newest first unless told otherwise: all, or those in one state.

    What was erased has the state of a declined one, so that nothing tells which it was, and is nobody's case any more.
    """
    order = col(IssuerCase.id) if oldest_first else col(IssuerCase.id).desc()
    query = select(IssuerCase).where(col(IssuerCase.erased_at).is_(None)).order_by(order).limit(limit)
    if state is not None:
        query = query.where(IssuerCase.state == state.value)
    return session.exec(query).all()


def move_case(session: Session, case_id: str, source: CaseState, to: CaseState, **changes: Any) -> bool:
    """Leads a case from ``source`` to ``to`` with what changes along; False where it is not in ``source`` any more."""
    query = update(IssuerCase).where(col(IssuerCase.id) == case_id, col(IssuerCase.state) == source.value)
    return session.exec(query.values(state=to.value, **changes)).rowcount == 1


# --- attestations ---


def add_attestation(session: Session, attestation: IssuerAttestation) -> bool:
    """Stores an attestation; False where the person has a live one, or one of this serial."""
    return insert_once(session, attestation)


def end_life(session: Session, attestation_id: str, source: Life, to: Life) -> bool:
    """Leads an attestation from ``source`` to ``to``; False where it is not in ``source`` any more."""
    query = update(IssuerAttestation).where(
        col(IssuerAttestation.id) == attestation_id, col(IssuerAttestation.life) == source.value
    )
    return session.exec(query.values(life=to.value)).rowcount == 1


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
    """Notes that a document was published; False where it was, or where another one has its number."""
    return insert_once(session, document)


def newest_document(session: Session) -> IssuerDocumentRow | None:
    """The document with the highest number."""
    return session.exec(select(IssuerDocumentRow).order_by(col(IssuerDocumentRow.number).desc()).limit(1)).first()


def document_numbered(session: Session, number: int) -> IssuerDocumentRow | None:
    """The document with that number."""
    return session.exec(select(IssuerDocumentRow).where(IssuerDocumentRow.number == number)).first()


def last_epoch(session: Session, key_id: str) -> int | None:
    """The last epoch in which a credential under an issuing key ends; None where there is none."""
    query = select(func.max(IssuerAttestation.expiry_epoch)).where(IssuerAttestation.key_id == key_id)
    return session.exec(query).one()


def last_offer(session: Session, key_id: str) -> int | None:
    """When the last offer under a key ends that may still be claimed (unix seconds)."""
    states = (CaseState.APPROVED.value, CaseState.REVIEW.value)
    query = select(func.max(IssuerCase.valid_until)).where(
        IssuerCase.offer_key_id == key_id, col(IssuerCase.state).in_(states)
    )
    return session.exec(query).one()


def last_evidence(session: Session, before: int) -> int | None:
    """When the last evidence goes stale that was handed in before a time (unix seconds)."""
    return session.exec(select(func.max(IssuerCase.valid_until)).where(IssuerCase.created_at < before)).one()


def is_logged(session: Session, leaf: bytes, size: int) -> bool:
    """Whether a leaf of this issuer is among the first ``size`` entries of the log."""
    query = select(IssuerOutbox.id).where(col(IssuerOutbox.leaf) == leaf, col(IssuerOutbox.entry_index) < size)
    return session.exec(query).first() is not None
