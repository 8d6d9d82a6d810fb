"""Challenges: the nonce that a holder signs when evidence is shown, so that it was shown here, now, and once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import Malformed
from credence.service.issuer.desk import Desk
from credence.service.issuer.inbox import records
from credence.service.issuer.inbox.records import NONCE_LENGTH, IssuerChallenge
from credence.service.store import Run

LIFETIME: Final = 600
"""Seconds that a challenge may be answered in."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A nonce (32 bytes in base64url), and the unix second at which it is over."""

    nonce: str
    expires_at: int


def open_challenge(desk: Desk, client_id: str, run: Run[Challenge] | None = None) -> Challenge:
    """A new challenge for a client. ``run`` runs the transaction, by default the desk's store."""
    expires_at = desk.services.clock() + LIFETIME
    row = IssuerChallenge(nonce=desk.services.rng(NONCE_LENGTH), client_id=client_id, expires_at=expires_at)
    return (run or desk.store.run)(partial(_opened, row=row))


def spend(session: Session, nonce: str, client_id: str, now: int) -> bool:
    """Spends the challenge that was handed to a client; False where there is none that is open."""
    try:
        value = b64u_decode(nonce, max_length=64)
    except Malformed:
        return False
    found = records.find_challenge(session, value, client_id, now)
    return found is not None and records.spend_challenge(session, found)


def _opened(session: Session, row: IssuerChallenge) -> Challenge:
    fresh = IssuerChallenge(nonce=row.nonce, client_id=row.client_id, expires_at=row.expires_at)
    records.add_challenge(session, fresh)
    return Challenge(b64u(row.nonce), row.expires_at)
