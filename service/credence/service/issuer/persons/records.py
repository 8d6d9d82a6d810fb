"""The tables of what is known and decided about a person, and every statement over them.

That a document's tag leads to one person is a constraint, and so are that a person has one ban in force, that a credential
is suspended once, and that nobody lifts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, LargeBinary, text, update
from sqlmodel import Field, Session, col, select

from credence.service.issuer.identity import Tag
from credence.service.issuer.persons.lives import Life
from credence.service.issuer.records import IssuerAttestation
from credence.service.store import Row, insert_once

_IN_FORCE = text("ended_at IS NULL")


class IssuerPersonTag(Row, table=True):
    """That a document's tag in one ``version`` of the rules is of the person ``identity_tag`` (both 32 bytes, keyed).

    A person is named by the tag that was written first, which is one of these rows: whoever decides about a person locks it.
    """

    __tablename__ = "issuer_person_tags"
    __table_args__ = (
        CheckConstraint("length(tag) = 32", name="tag_length"),
        CheckConstraint("length(identity_tag) = 32", name="person_length"),
        CheckConstraint("tag_version >= 1", name="version_from_one"),
    )

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    tag_version: int
    identity_tag: bytes = Field(sa_type=LargeBinary, index=True)


class IssuerPersonJoin(Row, table=True):
    """That two persons, each named by a tag (32 bytes, keyed), are one: a document's tags led to both. ``first`` is the
    smaller of them, so that a joining is one row."""

    __tablename__ = "issuer_person_joins"
    __table_args__ = (
        CheckConstraint("length(first) = 32", name="first_length"),
        CheckConstraint("length(second) = 32", name="second_length"),
        CheckConstraint("first < second", name="in_order"),
    )

    first: bytes = Field(primary_key=True, sa_type=LargeBinary)
    second: bytes = Field(primary_key=True, sa_type=LargeBinary, index=True)


class IssuerSuspension(Row, table=True):
    """That a credential was suspended, and what became of it. Clients are the persons, ``reason`` is a slug.

    ``asked_by`` is who asked last that it be lifted, ``lifted_by`` the second one, who made it so. Times are unix seconds.
    """

    __tablename__ = "issuer_suspensions"
    __table_args__ = (
        CheckConstraint("(asked_by IS NULL) = (asked_at IS NULL)", name="asked_whole"),
        CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_whole"),
        CheckConstraint("lifted_by IS NULL OR (asked_by IS NOT NULL AND lifted_by <> asked_by)", name="four_eyes"),
    )

    attestation_id: str = Field(primary_key=True, foreign_key="issuer_attestations.id", max_length=32)
    reason: str = Field(max_length=64)
    suspended_by: str = Field(max_length=128)
    suspended_at: int = Field(sa_type=BigInteger)
    asked_by: str | None = Field(default=None, max_length=128)
    asked_at: int | None = Field(default=None, sa_type=BigInteger)
    lifted_by: str | None = Field(default=None, max_length=128)
    lifted_at: int | None = Field(default=None, sa_type=BigInteger)


class IssuerBan(Row, table=True):
    """That nothing is issued to a person, until ``until`` (unix seconds; None is for ever) or until two persons lift it.

    ``identity_tag`` is all that it knows of the person, keyed, and it stays when a case is erased: it is kept for the ban's
    own sake. ``ended_at`` is None as long as it is in force, and is set when it is lifted, or when another takes the place
    of one that was over.
    """

    __tablename__ = "issuer_bans"
    __table_args__ = (
        CheckConstraint("length(identity_tag) = 32", name="tag_length"),
        CheckConstraint("until IS NULL OR until > banned_at", name="until_follows"),
        CheckConstraint("(asked_by IS NULL) = (asked_at IS NULL)", name="asked_whole"),
        CheckConstraint("lifted_by IS NULL OR ended_at IS NOT NULL", name="lifted_is_over"),
        CheckConstraint("lifted_by IS NULL OR (asked_by IS NOT NULL AND lifted_by <> asked_by)", name="four_eyes"),
        Index("ix_issuer_bans_in_force", "identity_tag", unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
    )

    id: str = Field(primary_key=True, max_length=36)
    identity_tag: bytes = Field(sa_type=LargeBinary, index=True)
    reason: str = Field(max_length=64)
    banned_by: str = Field(max_length=128)
    banned_at: int = Field(sa_type=BigInteger)
    until: int | None = Field(default=None, sa_type=BigInteger)
    asked_by: str | None = Field(default=None, max_length=128)
    asked_at: int | None = Field(default=None, sa_type=BigInteger)
    lifted_by: str | None = Field(default=None, max_length=128)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)


# --- who it is ---


def find_person(session: Session, tags: Sequence[Tag]) -> bytes | None:
    """The person whom one of a document's tags leads to, the newest version first; None where nobody is known by it."""
    query = select(IssuerPersonTag).where(col(IssuerPersonTag.tag).in_([tag.value for tag in tags]))
    found = session.exec(query.order_by(col(IssuerPersonTag.tag_version).desc()).limit(1)).first()
    return None if found is None else found.identity_tag


def recognise(session: Session, tags: Sequence[Tag]) -> bytes:
    """The person of a document, who is known by all of its tags from now on. ``tags`` has the version to write first.

    Where the tags lead to several persons they are joined for good: before two spellings were one, they were two.
    """
    held = select(IssuerPersonTag.tag).where(col(IssuerPersonTag.tag).in_([tag.value for tag in tags]))
    session.exec(held.order_by(col(IssuerPersonTag.tag)).with_for_update()).all()  # nobody forgets them meanwhile
    person = find_person(session, tags) or tags[0].value
    for tag in tags:
        insert_once(session, IssuerPersonTag(tag=tag.value, tag_version=tag.version, identity_tag=person))
    known = _known(session, tags)
    for one, other in pairwise(sorted(known)):
        insert_once(session, IssuerPersonJoin(first=one, second=other))
    return find_person(session, tags) or person  # where another was quicker, as that says


def is_banned(session: Session, tags: Sequence[Tag], now: int) -> bool:
    """Whether any person whom a document's tags lead to is banned, or one who is joined with them."""
    return _in_force_on(session, _joined(session, _known(session, tags)), now) is not None


def joined(session: Session, person: bytes) -> list[bytes]:
    """Every tag that names a person: this one, and those that documents were found to join with it, in order."""
    return _joined(session, {person})


def lock_person(session: Session, person: bytes) -> None:
    """Nobody else decides about a person, or one joined with it, until this transaction ends."""
    held = col(IssuerPersonTag.tag).in_(joined(session, person))
    query = select(IssuerPersonTag).where(held).order_by(col(IssuerPersonTag.tag)).with_for_update()
    session.exec(query.execution_options(populate_existing=True)).all()


# --- suspensions ---


def add_suspension(session: Session, suspension: IssuerSuspension) -> bool:
    """Stores a suspension; False where the credential was suspended before."""
    return insert_once(session, suspension, on=["attestation_id"])


def find_suspension(session: Session, attestation_id: str) -> IssuerSuspension | None:
    """The suspension of a credential."""
    query = select(IssuerSuspension).where(IssuerSuspension.attestation_id == attestation_id)
    return session.exec(query.execution_options(populate_existing=True)).first()


def ask_to_lift(session: Session, attestation_id: str, by: str, now: int) -> None:
    """Notes who asks that a suspension be lifted."""
    query = update(IssuerSuspension).where(col(IssuerSuspension.attestation_id) == attestation_id)
    session.exec(query.values(asked_by=by, asked_at=now))


def lift(session: Session, attestation_id: str, by: str, now: int) -> bool:
    """Lifts a suspension; False where it was."""
    query = update(IssuerSuspension).where(
        col(IssuerSuspension.attestation_id) == attestation_id, col(IssuerSuspension.lifted_at).is_(None)
    )
    return session.exec(query.values(lifted_by=by, lifted_at=now)).rowcount == 1


# --- bans ---


def add_ban(session: Session, ban: IssuerBan) -> bool:
    """Stores a ban, in the place of one that is over; False where one is in force."""
    over = update(IssuerBan).where(
        col(IssuerBan.identity_tag) == ban.identity_tag, _open(), col(IssuerBan.until) <= ban.banned_at
    )
    session.exec(over.values(ended_at=IssuerBan.until))
    return insert_once(session, ban)


def ban_of(session: Session, person: bytes, now: int) -> IssuerBan | None:
    """The ban of a person that is in force, by whichever of its tags it was banned."""
    return _in_force_on(session, joined(session, person), now)


def find_ban(session: Session, ban_id: str) -> IssuerBan | None:
    """The ban of that id."""
    return session.exec(select(IssuerBan).where(IssuerBan.id == ban_id).execution_options(populate_existing=True)).first()


def bans(session: Session, person: bytes) -> Sequence[IssuerBan]:
    """Every ban of a person, oldest first."""
    query = select(IssuerBan).where(col(IssuerBan.identity_tag).in_(joined(session, person)))
    return session.exec(query.order_by(col(IssuerBan.banned_at), col(IssuerBan.id))).all()


def ask_to_unban(session: Session, ban_id: str, by: str, now: int) -> None:
    """Notes who asks that a ban be lifted."""
    session.exec(update(IssuerBan).where(col(IssuerBan.id) == ban_id).values(asked_by=by, asked_at=now))


def end_ban(session: Session, ban_id: str, by: str, now: int) -> bool:
    """Ends a ban; False where it has ended."""
    query = update(IssuerBan).where(col(IssuerBan.id) == ban_id, _open())
    return session.exec(query.values(lifted_by=by, ended_at=now)).rowcount == 1


# --- what a person was issued ---


def newest(session: Session, person: bytes) -> IssuerAttestation | None:
    """The newest attestation under this one tag, which says what may be issued next under it."""
    query = select(IssuerAttestation).where(IssuerAttestation.identity_tag == person)
    ordered = query.order_by(col(IssuerAttestation.serial).desc()).limit(1)
    return session.exec(ordered.execution_options(populate_existing=True)).first()


def issued(session: Session, person: bytes) -> Sequence[IssuerAttestation]:
    """Every attestation of a person, oldest first."""
    row = IssuerAttestation
    query = select(row).where(col(row.identity_tag).in_(joined(session, person)))
    ordered = query.order_by(col(row.issued_day), col(row.identity_tag), col(row.serial))
    return session.exec(ordered.execution_options(populate_existing=True)).all()


def in_life(session: Session, person: bytes, life: Life) -> list[IssuerAttestation]:
    """What a person holds in that state, under any of its tags: at most one live one each, before they were joined."""
    return [one for one in issued(session, person) if one.life == life]


def halves_since(session: Session, person: bytes, resets: int) -> int | None:
    """The day since which a person has the issuer's halves of that many resets."""
    query = select(IssuerAttestation.issued_day).where(
        IssuerAttestation.identity_tag == person, IssuerAttestation.resets == resets
    )
    return session.exec(query.order_by(col(IssuerAttestation.serial)).limit(1)).first()


def _known(session: Session, tags: Sequence[Tag]) -> set[bytes]:
    query = select(IssuerPersonTag.identity_tag).where(col(IssuerPersonTag.tag).in_([tag.value for tag in tags]))
    return set(session.exec(query).all())


def _joined(session: Session, persons: set[bytes]) -> list[bytes]:
    found, row = set(persons), IssuerPersonJoin
    while True:  # ends: each round finds a joining that was not known, of which there are finitely many
        either = col(row.first).in_(found) | col(row.second).in_(found)
        more = {name for pair in session.exec(select(row.first, row.second).where(either)) for name in pair}
        if more <= found:
            return sorted(found)
        found |= more


def _in_force_on(session: Session, persons: Sequence[bytes], now: int) -> IssuerBan | None:
    query = select(IssuerBan).where(col(IssuerBan.identity_tag).in_(persons), *_in_force(now))
    ordered = query.order_by(col(IssuerBan.banned_at), col(IssuerBan.id)).limit(1)
    return session.exec(ordered.execution_options(populate_existing=True)).first()


def _in_force(now: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _open(), col(IssuerBan.until).is_(None) | (col(IssuerBan.until) > now)


def _open() -> ColumnElement[bool]:
    return col(IssuerBan.ended_at).is_(None)
