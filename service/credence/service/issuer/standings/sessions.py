"""Sessions of the door: which venue's standing, a nonce that is good once and not for long, and what is to be proven."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import b64u
from credence.circuits.errors import Refused
from credence.circuits.presentation import AccumulatorView, FindAccumulator
from credence.circuits.renewal import RenewalAsk, standing_end
from credence.circuits.revocation_log import check_age
from credence.service.auth import Role, is_revoked, registration_of
from credence.service.errors import NotFound, Unavailable
from credence.service.issuer.desk import Desk
from credence.service.issuer.documents import last_day
from credence.service.issuer.standings import records
from credence.service.issuer.standings.records import NONCE_LENGTH, IssuerRenewal
from credence.service.keys.ports import PublicIssuerKey

ID_LENGTH: Final = 16
"""Random bytes of a session's id: whoever knows one may answer the session."""

LIFETIME: Final = 300
"""Seconds for which a session is open."""

MAX_AGE: Final = 60
"""Seconds after which nobody is shown not to be revoked by an older value: who was revoked is refused everywhere within so
many, and the issuer's own door is no exception."""


def open_renewal(desk: Desk, venue: str, suffix: str) -> str:
    """Opens a session for the standing of a pseudonym at a venue, and answers its id.

    Served is the scope without a suffix alone: under a suffix of the wallet's choice everybody has a pseudonym that nobody
    reported of. Raises :class:`NotFound` for a venue that is not registered here or was ended, for another scope, and where
    this issuer signs no standings; :class:`Unavailable` where no key lives long enough.
    """
    now = desk.services.clock()
    if not desk.services.settings.standings or suffix or not _is_registered(desk, client_of(desk, venue)):
        raise NotFound
    key = desk.publication.signing_key()
    end_of(key, now)
    rng = desk.services.rng
    drawn = b64u(rng(ID_LENGTH)), rng(NONCE_LENGTH)
    return desk.store.run(partial(_opened, venue=venue, key_id=key.version.key_id, drawn=drawn, now=now))


def ask_of(desk: Desk, row: IssuerRenewal) -> RenewalAsk:
    """The question as a wallet gets it; it is the same each time but for the staple.

    Raises :class:`Unavailable` where the log holds no checkpoint of the accumulator yet.
    """
    return RenewalAsk(
        session_id=row.id,
        issuer=desk.services.settings.issuer_id,
        venue=row.venue,
        suffix="",
        key_id=row.key_id,
        nonce=row.nonce,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        max_age_s=MAX_AGE,
        staple=desk.stapler.staple(desk.revocation.accumulator_of(PERSON_1.id).accumulator_id),
    )


def client_of(desk: Desk, venue: str) -> str:
    """The client of an audience ``<verifier>/<client>`` of this installation's verifier. Raises :class:`NotFound`."""
    verifier, _, client = venue.partition("/")
    if verifier != desk.services.settings.verifier_id or not client:
        raise NotFound
    return client


def end_of(key: PublicIssuerKey, now: int) -> int:
    """The day on which a standing ends that is issued at ``now`` under a key. Raises :class:`Unavailable` where the key ends
    before: a standing does not outlive it, and one that ended sooner than everybody's would tell its holder apart."""
    ends = standing_end(now)
    if last_day(key) < ends:
        raise Unavailable("The issuing key ends too soon.")
    return ends


def accumulators(desk: Desk, now: int) -> FindAccumulator:
    """How a proof's checkpoint is looked up at ``now``: in the log, of this issuer, and not too old."""

    def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        try:
            key = desk.revocation.accumulator_of(schema)
            shown = desk.stapler.checkpoint(key.accumulator_id, index, minute).checkpoint
            newest = desk.stapler.staple(key.accumulator_id).newest.checkpoint
            check_age(shown, newest, now=now, max_age_s=max_age_s)
        except (NotFound, Refused):
            return None
        return AccumulatorView(key.public_key, shown.value, shown.index, shown.minute) if shown.issuer == issuer else None

    return find


def _opened(session: Session, venue: str, key_id: str, drawn: tuple[str, bytes], now: int) -> str:
    session_id, nonce = drawn
    row = IssuerRenewal(id=session_id, venue=venue, key_id=key_id, nonce=nonce, requested_at=now, expires_at=now + LIFETIME)
    records.add_renewal(session, row)
    return session_id


def _is_registered(desk: Desk, client_id: str) -> bool:
    with desk.services.store("auth").reading() as session:
        try:
            role = registration_of(session, client_id).role
        except NotFound:
            return False
        return role is Role.VENUE and not is_revoked(session, client_id)
