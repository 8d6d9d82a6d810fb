"""Endpoints: where a venue is told, of what, and under which secret."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.service.errors import Conflict, InvalidRequest, NotFound
from credence.service.keys import Keyring
from credence.service.verifier.webhooks import records, signing
from credence.service.verifier.webhooks.addresses import read_url
from credence.service.verifier.webhooks.records import MAX_ENDPOINTS, VerifierEndpoint

MAX_OVERLAP: Final = 7 * 86_400
"""Seconds that a secret may go on signing beside the one after it."""

_ID_LENGTH: Final = 16


class EventType(StrEnum):
    """What a venue can be told of. Each happens to a session at most once. Those of a session close it."""

    ACCEPTED = "session.accepted"
    DENIED = "session.denied"
    """The last denied attempt; those before it are no event."""
    EXPIRED = "session.expired"
    FELL = "standing.fell"
    """The decision is the first that a fall of the standing is told by: its terms raise margin from then on."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as its venue sees it. Times are unix seconds; ``disabled_at`` is set once its receiver answered 410."""

    endpoint_id: str
    url: str
    events: tuple[EventType, ...]
    created_at: int
    disabled_at: int | None
    before_ends_at: int | None

    def to_json(self) -> dict[str, Any]:
        """As it is answered and printed."""
        return {
            "endpoint_id": self.endpoint_id,
            "url": self.url,
            "events": [event.value for event in self.events],
            "created_at": self.created_at,
            "disabled_at": self.disabled_at,
            "before_ends_at": self.before_ends_at,
        }


@dataclass(frozen=True, slots=True)
class Secured:
    """An endpoint with a secret that is shown this once."""

    endpoint: Endpoint
    secret: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """As it is answered and printed."""
        return {**self.endpoint.to_json(), "secret": self.secret}


def add(
    session: Session,
    keyring: Keyring,
    venue: str,
    url: str,
    events: Sequence[str],
    *,
    allowed: Collection[str],
    now: int,
    rng: Rng,
) -> Secured:
    """Registers an endpoint for one or more events, with a new secret.

    Raises :class:`InvalidRequest` as :func:`read_url` or for an event that does not exist, :class:`Conflict` for a sixth.
    """
    read_url(url, allowed)
    named = _events(events)
    endpoint_id, secret = rng(_ID_LENGTH).hex(), signing.new_secret(rng)
    kept = signing.seal(keyring, endpoint_id, secret, rng)
    for slot in range(1, MAX_ENDPOINTS + 1):
        row = VerifierEndpoint(
            id=endpoint_id,
            venue=venue,
            slot=slot,
            url=url,
            events=" ".join(named),
            secret=kept,
            created_at=now,
        )
        if records.add_endpoint(session, row):
            return Secured(_shown(row, now), signing.written(secret))
    raise Conflict(f"A client has at most {MAX_ENDPOINTS} webhooks.")


def listed(session: Session, venue: str, *, now: int) -> tuple[Endpoint, ...]:
    """A venue's endpoints."""
    return tuple(_shown(row, now) for row in records.endpoints_of(session, venue))


def rotate(session: Session, keyring: Keyring, venue: str, endpoint_id: str, *, overlap: int, now: int, rng: Rng) -> Secured:
    """Gives an endpoint a new secret; the one before signs beside it for ``overlap`` seconds, 0 to 604800.

    With 0 every older secret ends at once. Raises :class:`NotFound` for an unknown endpoint and another venue's,
    :class:`InvalidRequest` for another overlap, :class:`Conflict` while an earlier rotation lasts.
    """
    if not 0 <= overlap <= MAX_OVERLAP:
        raise InvalidRequest(f"An overlap has 0 to {MAX_OVERLAP} seconds.")
    row = _locked(session, venue, endpoint_id)
    if overlap and _lives(row, now):
        raise Conflict("Two secrets of the webhook sign already.")
    secret = signing.new_secret(rng)
    row.secret_before, row.before_ends_at = (row.secret, now + overlap) if overlap else (None, None)
    row.secret = signing.seal(keyring, row.id, secret, rng)
    session.flush()
    return Secured(_shown(row, now), signing.written(secret))


def remove(session: Session, venue: str, endpoint_id: str) -> None:
    """Ends an endpoint and forgets its deliveries, those that wait too. Raises :class:`NotFound` as :func:`rotate`."""
    records.remove_endpoint(session, _locked(session, venue, endpoint_id))


def secrets_of(keyring: Keyring, row: VerifierEndpoint, *, now: int) -> tuple[bytes, ...]:
    """What signs at ``now``: the newest first. Raises :class:`~credence.service.keys.KeyringRefused`."""
    kept = (row.secret, row.secret_before) if _lives(row, now) else (row.secret,)
    return tuple(signing.unseal(keyring, row.id, sealed) for sealed in kept if sealed is not None)


def _lives(row: VerifierEndpoint, now: int) -> bool:
    """Whether a secret before the present one still signs."""
    return row.secret_before is not None and row.before_ends_at is not None and now < row.before_ends_at


def _locked(session: Session, venue: str, endpoint_id: str) -> VerifierEndpoint:
    row = records.lock_endpoint(session, venue, endpoint_id)
    if row is None:
        raise NotFound
    return row


def _events(names: Sequence[str]) -> list[str]:
    known = {event.value for event in EventType}
    if not names or not known.issuperset(names):
        raise InvalidRequest(f"The events of a webhook are one or more of {', '.join(EventType)}.")
    return [event.value for event in EventType if event.value in names]


def _shown(row: VerifierEndpoint, now: int) -> Endpoint:
    return Endpoint(
        endpoint_id=row.id,
        url=row.url,
        events=tuple(map(EventType, row.events.split())),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        before_ends_at=row.before_ends_at if _lives(row, now) else None,
    )
