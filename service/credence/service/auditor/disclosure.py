"""Disclosure: a warrant is told to the log, then trustees hand in shares, and the one that makes them enough tells it again.

The service opens nothing and learns nothing: a share is locked to the authority. So what is counted are shares that were
handed in, each with its trustee's signature; whether one is any good, the authority finds. The service refuses a share
before the warrant is in the log, but that is a courtesy; it is every trustee who looks that up before it makes one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.circuits.fields import canonical_json
from credence.circuits.warrant import OPENING_LEAF, WARRANT_LEAF, Share, Warrant
from credence.service.auditor import records
from credence.service.auditor.records import AuditorOutbox, AuditorShare, AuditorWarrant, Placed
from credence.service.errors import Conflict, Forbidden, InvalidRequest, NotFound
from credence.service.ledger import post

POST_WITHIN: Final = 86_400
"""Seconds between a warrant's date and when it is posted, at most: its day is public, and is not to be chosen."""


class NotLogged(Conflict):
    """A warrant that the log has not taken yet: no trustee acts before it has."""

    default = "The warrant is not in the log yet."


class WarrantOver(Conflict):
    """A warrant whose time is over."""

    default = "The warrant has expired."


class ShareExists(Conflict):
    """A trustee has one share of an opening."""

    default = "This trustee has handed in another share."


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a share: ``new`` is False for a repeat; ``shares`` there are now, of ``threshold``."""

    new: bool
    shares: int
    threshold: int


def accept_warrant(
    session: Session, client_id: str, warrant: Warrant, threshold: int, *, now: int, rng: Rng
) -> tuple[Placed, bool]:
    """Keeps a warrant's notice and puts it into the outbox; False beside it where it was there already.

    The signature is checked. Raises :class:`Forbidden` for a warrant in another's name, :class:`InvalidRequest` for one of
    another day, :class:`WarrantOver`.
    """
    if warrant.authority != client_id:
        raise Forbidden("A warrant is in the name of the client that asks.")
    if not now - POST_WITHIN <= warrant.issued_at <= now:
        raise InvalidRequest("A warrant is posted within a day of its date, and not before it.")
    if now >= warrant.expires_at:
        raise WarrantOver
    notice = warrant.notice()
    row = AuditorWarrant(
        digest=notice.warrant,
        authority=notice.authority,
        basis=notice.basis,
        trustees=notice.trustees,
        threshold=threshold,
        day=notice.day,
        expires_at=warrant.expires_at,
        leaf=notice.leaf(),
    )
    is_new = records.add_warrant(session, row)
    if is_new:
        post(session, AuditorOutbox, kind=WARRANT_LEAF, leaf=row.leaf, now=now, rng=rng)
    return find(session, row.digest), is_new


def find(session: Session, digest: bytes) -> Placed:
    """A warrant. Raises :class:`NotFound`."""
    found = records.find_warrant(session, digest)
    if found is None:
        raise NotFound
    return found


def own(session: Session, client_id: str, digest: bytes) -> Placed:
    """An authority's own warrant. Raises :class:`NotFound` for an unknown one and for another's."""
    found = find(session, digest)
    if found.warrant.authority != client_id:
        raise NotFound
    return found


def accept_share(session: Session, share: Share, *, now: int, rng: Rng) -> Kept:
    """Keeps a share, whose signature is checked; the one that makes them enough puts the opening into the outbox.

    Raises :class:`NotFound`, :class:`NotLogged`, :class:`WarrantOver`, :class:`ShareExists` where the trustee has handed in
    another one.
    """
    placed = find(session, share.warrant)
    warrant, document = placed.warrant, canonical_json(share.to_json()).decode()
    if placed.entry_index is None:
        raise NotLogged
    if now >= warrant.expires_at:
        raise WarrantOver
    if not records.add_share(session, AuditorShare(warrant=share.warrant, number=share.index, document=document)):
        kept = records.find_share(session, share.warrant, share.index)
        if kept is None or kept.document != document:
            raise ShareExists
        return Kept(False, warrant.shares, warrant.threshold)
    count = records.count_share(session, share.warrant)
    if count == warrant.threshold:
        leaf = warrant.notice.opening_leaf()
        records.mark_opened(session, share.warrant, leaf)
        post(session, AuditorOutbox, kind=OPENING_LEAF, leaf=leaf, now=now, rng=rng)
    return Kept(True, count, warrant.threshold)


def shares(session: Session, client_id: str, digest: bytes) -> list[Share]:
    """The shares of an authority's own warrant. Raises :class:`NotFound`."""
    own(session, client_id, digest)
    return [Share.parse(json.loads(row.document)) for row in records.shares_of(session, digest)]
