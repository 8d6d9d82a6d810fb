"""The verifier's tables and every statement over them.

A venue is the id of an authenticated client. Of a holder there is a pseudonym and what the policy asked for, in the
decision as it was answered, and the tags of rate limits for as long as they can come again. Nothing else that a presentation
carries is kept, except where it seals a handle: its trustees check the whole presentation before they open anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    case,
    delete,
    func,
    tuple_,
    update,
)
from sqlmodel import Field, Session, col, select

from credence.service.forgetting import Kept, kept_checks
from credence.service.ledger import OutboxRow
from credence.service.store import Row, in_pages, insert_once

MAX_DENIED: Final = 5
"""Denied attempts that a session takes."""

NONCE_LENGTH: Final = 32
TAG_LENGTH: Final = 48

TAGS_KEPT: Final = 86_400
"""Seconds that a use is remembered for after its epoch: longer than a session, which keeps the epoch it was opened in."""

OPEN, ACCEPTED, DENIED = "open", "accepted", "denied"
"""What a session's row says; that it has expired is for the clock to say."""

_KEY: Final[dict[str, Any]] = {"autoincrement": False}


class VerifierPolicy(Row, table=True):
    """One version of a venue's policy: its canonical JSON and the SHA-256 of that. Never updated."""

    __tablename__ = "verifier_policies"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("length(policy_hash) = 32", name="hash_length"),
    )

    venue: str = Field(primary_key=True, max_length=128)
    name: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    document: str = Field(sa_type=Text)
    policy_hash: bytes = Field(sa_type=LargeBinary)
    registered_at: int = Field(sa_type=BigInteger)


class VerifierSession(Row, table=True):
    """One question to one wallet, under the policy version it was opened with. Times are unix seconds.

    ``attempts`` counts the denied ones. The two amounts are the venue's own report, decimal strings, and so is ``exposure``:
    canonical JSON (:mod:`credence.service.verifier.persons.exposure`).
    """

    __tablename__ = "verifier_sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["venue", "policy_name", "policy_version"],
            ["verifier_policies.venue", "verifier_policies.name", "verifier_policies.version"],
            name="fk_verifier_sessions_policy",  # by the convention it would be too long for PostgreSQL
        ),
        CheckConstraint(f"length(nonce) = {NONCE_LENGTH}", name="nonce_length"),
        CheckConstraint(f"attempts BETWEEN 0 AND {MAX_DENIED}", name="attempts_range"),
        CheckConstraint(f"state IN ('{OPEN}', '{ACCEPTED}', '{DENIED}')", name="state_known"),
        CheckConstraint("requested_at < expires_at", name="times_ordered"),
        Index(None, "state", "expires_at"),
    )

    id: str = Field(primary_key=True, max_length=32)
    venue: str = Field(max_length=128)
    policy_name: str = Field(max_length=64)
    policy_version: int = Field(sa_type=BigInteger)
    nonce: bytes = Field(sa_type=LargeBinary, unique=True)
    channel: bytes = Field(sa_type=LargeBinary)
    message: bytes = Field(sa_type=LargeBinary)
    requested_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    volume_30d_usd: str | None = Field(default=None, max_length=40)
    maker_share: str | None = Field(default=None, max_length=40)
    exposure: str | None = Field(default=None, sa_type=Text)
    attempts: int = 0
    state: str = Field(default=OPEN, max_length=8)


class VerifierSpentNonce(Row, table=True):
    """A nonce that was accepted with. The primary key is what makes it single-use."""

    __tablename__ = "verifier_spent_nonces"
    __table_args__ = (CheckConstraint(f"length(nonce) = {NONCE_LENGTH}", name="nonce_length"),)

    nonce: bytes = Field(primary_key=True, sa_type=LargeBinary)
    spent_at: int = Field(sa_type=BigInteger)


class VerifierUseTag(Row, table=True):
    """One use of a venue's rate limit. The primary key is what makes it single-use; its epoch is over at ``ends_at``."""

    __tablename__ = "verifier_use_tags"
    __table_args__ = (CheckConstraint(f"length(tag) = {TAG_LENGTH}", name="tag_length"),)

    venue: str = Field(primary_key=True, max_length=128)
    name: str = Field(primary_key=True, max_length=64)
    epoch: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    ends_at: int = Field(sa_type=BigInteger, index=True)


class VerifierLimitPeriod(Row, table=True):
    """The period in which a venue's rate limit of that name counts: that of the first policy that named it, for good."""

    __tablename__ = "verifier_limit_periods"
    __table_args__ = (CheckConstraint("per IN ('hour', 'day')", name="per_known"),)

    venue: str = Field(primary_key=True, max_length=128)
    name: str = Field(primary_key=True, max_length=64)
    per: str = Field(max_length=8)


class VerifierDecision(Kept, table=True):
    """One decision: ``answer`` is the JSON that was answered, ``attempt`` counts a session's decisions from 1.

    ``sealed`` is the presentation, as JSON, where an accepted one sealed a handle to trustees. ``facts`` are what an
    accepted one was priced by, as JSON; None before they were kept. The three are sealed under the pseudonym's key
    ``subject_key``, in the clear where that is None: of what was denied, and of before there were such keys.
    """

    __tablename__ = "verifier_decisions"
    __table_args__ = (
        CheckConstraint(f"(decision = '{ACCEPTED}') = (reason = '{ACCEPTED}')", name="reason_fits"),
        CheckConstraint(f"decision IN ('{ACCEPTED}', '{DENIED}')", name="decision_known"),
        CheckConstraint("length(pseudonym) = 48", name="pseudonym_length"),
        CheckConstraint(f"decision = '{ACCEPTED}' OR pseudonym IS NULL", name="denied_unnamed"),
        CheckConstraint(f"decision = '{ACCEPTED}' OR sealed IS NULL", name="denied_unsealed"),
        CheckConstraint(f"decision = '{ACCEPTED}' OR facts IS NULL", name="denied_unpriced"),
        CheckConstraint("length(subject_key) = 16", name="subject_key_length"),
        *kept_checks(),
    )

    session_id: str = Field(primary_key=True, foreign_key="verifier_sessions.id", max_length=32)
    attempt: int = Field(primary_key=True, sa_column_kwargs=_KEY)
    decision: str = Field(max_length=8)
    reason: str = Field(max_length=32)
    pseudonym: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    answer: str = Field(sa_type=Text)
    decided_at: int = Field(sa_type=BigInteger)
    sealed: str | None = Field(default=None, sa_type=Text)
    facts: str | None = Field(default=None, sa_type=Text)
    subject_key: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)


class VerifierDestroyedKey(Row, table=True):
    """A pseudonym's key that was destroyed, or is to be, as at the issuer."""

    __tablename__ = "verifier_destroyed_keys"
    __table_args__ = (CheckConstraint("length(key_id) = 16", name="key_id_length"),)

    key_id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    destroyed_at: int = Field(sa_type=BigInteger)


class VerifierTariffVersion(Row, table=True):
    """One announced version of a tariff: its canonical JSON, the SHA-256 of that, the signed announcement. Never updated."""

    __tablename__ = "verifier_tariff_versions"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("announced_at <= activates_at", name="times_ordered"),
    )

    name: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    document: str = Field(sa_type=Text)
    digest: bytes = Field(sa_type=LargeBinary)
    announced_at: int = Field(sa_type=BigInteger)
    activates_at: int = Field(sa_type=BigInteger)
    statement: str = Field(sa_type=Text)


class VerifierOutbox(OutboxRow, table=True):
    """Leaves of accepted receipts, announced tariff versions and published rules on their way into the log."""

    __tablename__ = "verifier_outbox"


# --- policies ---


def add_policy(session: Session, policy: VerifierPolicy) -> bool:
    """Stores a version; False where that version is there already, whatever it says."""
    return insert_once(session, policy)


def find_policy(session: Session, venue: str, name: str, version: int) -> VerifierPolicy | None:
    """That version of that venue's policy."""
    return session.get(VerifierPolicy, (venue, name, version))


def policy_hashes(session: Session) -> Sequence[tuple[str, bytes]]:
    """Every registered version of every policy, by venue and hash."""
    return session.exec(select(VerifierPolicy.venue, VerifierPolicy.policy_hash)).all()


def policies_since(session: Session, venue: str, since: int) -> int:
    """How many versions a venue has registered after ``since`` (unix seconds)."""
    row = VerifierPolicy
    return session.exec(select(func.count()).where(row.venue == venue, col(row.registered_at) > since)).one()


def newest_policy(session: Session, venue: str, name: str) -> VerifierPolicy | None:
    """The highest version of a venue's policy."""
    query = select(VerifierPolicy).where(VerifierPolicy.venue == venue, VerifierPolicy.name == name)
    return session.exec(query.order_by(col(VerifierPolicy.version).desc()).limit(1)).first()


def keep_limit_period(session: Session, period: VerifierLimitPeriod) -> bool:
    """Keeps the period of a limit's name unless it has one; whether it is this one then. A concurrent one is waited for."""
    return insert_once(session, period) or limit_period(session, period.venue, period.name) == period.per


def limit_period(session: Session, venue: str, name: str) -> str | None:
    """The period in which a venue's rate limit of that name counts."""
    query = select(VerifierLimitPeriod.per).where(VerifierLimitPeriod.venue == venue, VerifierLimitPeriod.name == name)
    return session.exec(query).first()


# --- tariffs ---


def add_tariff_version(session: Session, version: VerifierTariffVersion) -> bool:
    """Stores a version; False where that version is there already, whatever it says."""
    return insert_once(session, version)


def tariff_versions(session: Session, name: str) -> Sequence[VerifierTariffVersion]:
    """Every announced version of a tariff, oldest first."""
    query = select(VerifierTariffVersion).where(VerifierTariffVersion.name == name)
    return session.exec(query.order_by(col(VerifierTariffVersion.version))).all()


def find_tariff_version(session: Session, name: str, version: int) -> VerifierTariffVersion | None:
    """That version of that tariff."""
    return session.get(VerifierTariffVersion, (name, version))


def active_tariff_version(session: Session, name: str, now: int) -> VerifierTariffVersion | None:
    """The highest version of a tariff whose time has come at ``now``."""
    row = VerifierTariffVersion
    query = select(row).where(row.name == name, col(row.activates_at) <= now)
    return session.exec(query.order_by(col(row.version).desc()).limit(1)).first()


def every_tariff_version(session: Session) -> Sequence[VerifierTariffVersion]:
    """Every announced version of every tariff."""
    row = VerifierTariffVersion
    return session.exec(select(row).order_by(col(row.name), col(row.version))).all()


# --- sessions ---


def add_session(session: Session, row: VerifierSession) -> None:
    """Stores a new session. Raises :class:`sqlalchemy.exc.IntegrityError` for an id or nonce that was ever drawn."""
    session.add(row)
    session.flush()


def find_session(session: Session, session_id: str) -> tuple[VerifierSession, VerifierPolicy] | None:
    """A session and the policy version it was opened with, whosever it is."""
    row = session.get(VerifierSession, session_id)
    if row is None:
        return None
    policy = find_policy(session, row.venue, row.policy_name, row.policy_version)
    return None if policy is None else (row, policy)


def close_accepted(session: Session, session_id: str, now: int) -> int | None:
    """Closes a session that is open at ``now`` as accepted; the number of this attempt, None where it is not open.

    What was stated for it goes: the decision has it, sealed.
    """
    query = update(VerifierSession).where(*_open(session_id, now)).values(state=ACCEPTED, exposure=None)
    attempts = session.exec(query.returning(col(VerifierSession.attempts))).scalar_one_or_none()
    return None if attempts is None else attempts + 1


def count_denied(session: Session, session_id: str, now: int) -> int | None:
    """Counts a denied attempt and closes the session at the fifth; answers as :func:`close_accepted`."""
    attempts = col(VerifierSession.attempts)
    state = case((attempts + 1 >= MAX_DENIED, DENIED), else_=OPEN)
    query = update(VerifierSession).where(*_open(session_id, now)).values(attempts=attempts + 1, state=state)
    return session.exec(query.returning(attempts)).scalar_one_or_none()


def purge_unanswered(session: Session, *, before: int, held_by: Any, limit: int) -> int:
    """Deletes up to ``limit`` sessions that expired ``before`` then without any decision, and says how many.

    Those that the column ``held_by`` names stay, and those that another process deletes are left to it.
    """
    row = VerifierSession
    unanswered = select(row.id).where(row.state == OPEN, row.attempts == 0, col(row.expires_at) < before)
    free = unanswered.where(~select(held_by).where(held_by == col(row.id)).exists())
    oldest = free.order_by(col(row.expires_at)).limit(limit).with_for_update(skip_locked=True, of=row)
    query = delete(row).where(col(row.id).in_(oldest))
    return session.exec(query.execution_options(synchronize_session=False)).rowcount


def _open(session_id: str, now: int) -> tuple[Any, ...]:
    row = VerifierSession
    return (
        col(row.id) == session_id,
        col(row.state) == OPEN,
        col(row.requested_at) <= now,
        col(row.expires_at) > now,
    )


def spend_nonce(session: Session, nonce: bytes, now: int) -> bool:
    """Spends a nonce; False where it was spent before."""
    return insert_once(session, VerifierSpentNonce(nonce=nonce, spent_at=now))


def spend_use(session: Session, use: VerifierUseTag) -> bool:
    """Spends one use of a rate limit; False where it was spent before. A concurrent spending of it is waited for."""
    return insert_once(session, use)


def purge_uses(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` uses of epochs in which no session is open at ``now``, and says how many.

    Those that another process deletes are left to it.
    """
    row = VerifierUseTag
    key = (col(row.venue), col(row.name), col(row.epoch), col(row.tag))
    over = select(*key).where(col(row.ends_at) < now - TAGS_KEPT).order_by(col(row.ends_at))
    oldest = over.limit(limit).with_for_update(skip_locked=True)
    query = delete(row).where(tuple_(*key).in_(oldest))
    return session.exec(query.execution_options(synchronize_session=False)).rowcount


# --- decisions ---


def add_decision(session: Session, decision: VerifierDecision) -> None:
    """Stores a decision."""
    session.add(decision)
    session.flush()


def decisions_since(session: Session, session_id: str, attempt: int) -> Sequence[VerifierDecision]:
    """The decisions of a session after attempt number ``attempt``, in order."""
    row = VerifierDecision
    query = select(row).where(row.session_id == session_id, col(row.attempt) > attempt)
    return session.exec(query.order_by(col(row.attempt))).all()


def was_accepted(session: Session, venue: str, pseudonym: bytes) -> bool:
    """Whether a session of the venue's was ever answered by this pseudonym, and accepted."""
    row = VerifierDecision
    query = select(row.session_id).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    query = query.where(row.pseudonym == pseudonym, VerifierSession.venue == venue)
    return session.exec(query.limit(1)).first() is not None


def newest_acceptance(session: Session, venue: str, pseudonym: bytes) -> VerifierDecision | None:
    """The newest accepted decision of a venue's about a pseudonym."""
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    query = query.where(row.pseudonym == pseudonym, VerifierSession.venue == venue)
    return session.exec(query.order_by(col(row.decided_at).desc()).limit(1)).first()


def accepted_decisions(session: Session) -> Iterator[VerifierDecision]:
    """Every decision that says yes; a session has one at most."""
    return in_pages(session, VerifierDecision, VerifierDecision.session_id, VerifierDecision.decision == ACCEPTED)


def newest_decision(session: Session, session_id: str) -> VerifierDecision | None:
    """The last decision of a session."""
    query = select(VerifierDecision).where(VerifierDecision.session_id == session_id)
    return session.exec(query.order_by(col(VerifierDecision.attempt).desc()).limit(1)).first()
