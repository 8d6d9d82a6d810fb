"""Tenure: for how long what a key made is still in use, and whether the key may end before.

A key that ends takes along what it made: credentials under it are accepted no more, API keys under it open nothing. Keys
that only sign (receipts, announcements of tariffs) take nothing along: their public halves stay published with their end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.service.auth import access_tokens
from credence.service.auth import records as auth
from credence.service.issuer import records as issuer
from credence.service.issuer.keepers import signer_of
from credence.service.issuer.publication import Publication
from credence.service.issuer.standings import records as standings
from credence.service.keys import Purpose, Version
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.runtime import Services

NOTICED: Final = 10
"""Seconds within which every process that shares the keyring file uses its newest keys; it looks each second."""


def in_use_until(services: Services, version: Version) -> int | None:
    """When the last of what a key made ends by itself (unix seconds); None where a live, older key may end now.

    The key is not the current one of its purpose. For an issuing key that credentials are still signed with, it is at least
    the end of the notice that its successor is given.
    """
    now, successor = services.clock(), _successor(services, version)
    ends = [successor + NOTICED, _end(services, version, successor)]
    if version.purpose is Purpose.ISSUER_BBS and _signs(services, version):
        ends.append(max(now, successor) + services.settings.issuer_key_notice_seconds + NOTICED)
    last = max(ends)
    return None if last <= now else last


def _end(services: Services, version: Version, successor: int) -> int:
    key_id = version.key_id
    match version.purpose:
        case Purpose.ISSUER_BBS:
            epoch = _read(services, "issuer", lambda session: issuer.last_epoch(session, key_id))
            day = _read(services, "issuer", lambda session: standings.last_day(session, key_id))
            last = max(-1 if epoch is None else epoch * EPOCH_DAYS, -1 if day is None else day)
            return (last + 1) * DAY_SECONDS
        case Purpose.ISSUER_OFFER:
            return _read(services, "issuer", lambda session: issuer.last_offer(session, key_id)) or 0
        case Purpose.ISSUER_EVIDENCE:
            return _read(services, "issuer", lambda session: issuer.last_evidence(session, successor + NOTICED)) or 0
        case Purpose.API_KEY:
            return _read(services, "auth", lambda session: auth.last_key_end(session, key_id)) or 0
        case Purpose.ACCESS_TOKEN:
            return successor + NOTICED + access_tokens.LIFETIME
        case Purpose.IDEMPOTENCY:
            return successor + NOTICED + services.settings.idempotency_seconds
    return 0


def _signs(services: Services, version: Version) -> bool:
    accumulators = AccumulatorKeys(services.keyring, services.curve, services.rng)
    signing = Publication(services, signer_of(services), accumulators).signing_key()
    return signing.version.key_id == version.key_id


def _successor(services: Services, version: Version) -> int:
    versions = services.keyring.versions(version.purpose)
    return versions[versions.index(version) + 1].created


def _read(services: Services, owner: str, work: Callable[[Session], int | None]) -> int | None:
    with services.store(owner).reading() as session:
        return work(session)
