"""Versions of a tariff: announced, signed, in the log, and active by the clock alone.

What a verifier finds in its files when it starts is a name's first version; from then on what was announced counts, and a
file that says something else waits for somebody to announce it. A version that is worse for anybody, or changes how much may
be owed, starts after the whole notice. One that is only cheaper may start at once. No other one can be started early.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session

from credence.circuits.announcement import TARIFF_LEAF, TariffAnnouncement, open_announcement, sign_announcement
from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError
from credence.service.errors import Conflict, NotFound, TooManyTariffs, Unavailable
from credence.service.keys import KeyringRefused, Purpose
from credence.service.ledger import post
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.verifier import records
from credence.service.verifier.records import VerifierOutbox, VerifierTariffVersion
from credence.service.verifier.rules import publish, room_for_tariff
from credence.service.verifier.tariff import Tariff, TariffError, parse_tariff, shipped_tariff
from credence.service.verifier.tariff.comparing import Change, changes, only_cheaper

MAX_AHEAD: Final = 366 * 86_400
"""Seconds that a version may be announced ahead."""

MAX_LISTED: Final = 64
"""Versions of a listing, the newest."""

State = Literal["announced", "active", "past", "skipped"]


class NotAnnounced(Conflict):
    """A version that must not be announced as it is asked; the reason says why, and what would be allowed."""

    default = "The tariff version cannot be announced."


@dataclass(frozen=True, slots=True)
class Announced:
    """A version and whether it is new; ``changes`` are those against the version that was active."""

    row: VerifierTariffVersion
    is_new: bool
    changes: tuple[Change, ...]


def begin(session: Session, services: Services, tariffs: Mapping[str, Tariff]) -> int:
    """Announces the first version of every name that has none; how many were. What waits to be announced is logged, and so
    is what the rules have no room for."""
    now, count = services.clock(), 0
    for name, tariff in tariffs.items():
        known = records.tariff_versions(session, name)
        if not known and not room_for_tariff(session, now):
            logger().error("tariff.left-out", party="verifier", version=tariff.version, reason=TooManyTariffs.default)
        elif not known:
            count += _write(session, services, tariff, replaces=None, now=now, activates_at=now) is not None
        elif bytes.fromhex(tariff.digest) not in {row.digest for row in known}:
            logger().warning("tariff.not-announced", party="verifier", version=tariff.version)
    return count


def announce(
    session: Session, services: Services, tariff: Tariff, *, activates_at: int | None = None, at_once: bool = False
) -> Announced:
    """Announces a version; it starts at ``activates_at``, by default as soon as it may. Announcing it again changes nothing.

    Raises :class:`NotAnnounced` for a version that exists and says something else or is not above all others, for a time
    before the end of the notice, for one more than a year ahead, for ``at_once`` with a version that is not only cheaper
    than the active one and all that wait, and for tangents that are not what they say. Raises :class:`NotFound` for a name
    without a first version, and :class:`TooManyTariffs` for more versions than the rules have room for.
    """
    now, notice = services.clock(), services.settings.tariff_notice_seconds
    _check_tangents(tariff)
    rows = records.tariff_versions(session, tariff.name)
    if not rows:
        raise NotFound("There is no tariff of that name: its first version is announced when the verifier starts.")
    current = active(rows, now) or rows[0]
    found = changes(tariff_of(services, current), tariff)
    same = next((row for row in rows if row.version == tariff.version), None)
    if same is not None:
        if same.digest != bytes.fromhex(tariff.digest):
            raise NotAnnounced("This version of the tariff exists and says something else.")
        return Announced(same, False, found)
    if tariff.version < rows[-1].version:
        raise NotAnnounced(f"A new version is above {rows[-1].version}.")
    earliest = now + notice
    if at_once:
        waiting = [row for row in rows if row.activates_at > now]
        if not all(only_cheaper(changes(tariff_of(services, row), tariff)) for row in (current, *waiting)):
            raise NotAnnounced(f"Only a version that is cheaper and changes nothing else starts before {earliest}.")
        earliest = now
    start = earliest if activates_at is None else activates_at
    if not earliest <= start <= now + MAX_AHEAD:
        raise NotAnnounced(f"It may start from {earliest} to {now + MAX_AHEAD}.")
    row = _write(session, services, tariff, replaces=current.version, now=now, activates_at=start)
    if row is None:  # somebody else announced it meanwhile
        raise NotAnnounced("This version of the tariff was announced just now.")
    publish(session, services)
    return Announced(row, True, found)


def _check_tangents(tariff: Tariff) -> None:
    if tariff.posterior is None or tariff.posterior == shipped_tariff().posterior:
        return
    from credence.service.verifier.tariff.tangents import check_exact

    try:
        check_exact(tariff)
    except TariffError as error:
        raise NotAnnounced(f"The tariff is refused: {error.detail}.") from error


def active(rows: Sequence[VerifierTariffVersion], now: int) -> VerifierTariffVersion | None:
    """The highest of a tariff's versions whose time has come; None before the first."""
    come = [row for row in rows if row.activates_at <= now]
    return max(come, key=lambda row: row.version) if come else None


def tariff_of(services: Services, row: VerifierTariffVersion) -> Tariff:
    """The tariff of a row, checked anew by the invariants of this release. Raises as :func:`parse_tariff`.

    Raises :class:`Unavailable` where the row is not what this verifier announced and signed: nobody is priced by that.
    """
    try:
        signed = json.loads(row.statement)
        key = services.keyring.public_key(Purpose.TARIFF, signed["key_id"]).public_bytes_raw()
        said = _opened(row.statement, key)
    except (ValueError, LookupError, TypeError, CircuitError, KeyringRefused) as error:
        raise Unavailable("The tariff's announcement cannot be read.") from error
    announced = (said.verifier, said.name, said.version, said.digest, said.announced_at, said.activates_at)
    kept = (row.name, row.version, row.digest, row.announced_at, row.activates_at)
    document = hashlib.sha256(row.document.encode()).digest()
    if announced != (services.settings.verifier_id, *kept) or document != said.digest:
        raise Unavailable("The tariff is not what was announced.")
    tariff = _parsed(row.document)
    if (tariff.name, tariff.version) != (said.name, said.version):
        raise Unavailable("The tariff is not what was announced.")
    return tariff


@lru_cache(maxsize=64)
def _opened(statement: str, key: bytes) -> TariffAnnouncement:
    return open_announcement(json.loads(statement), Ed25519PublicKey.from_public_bytes(key))


@lru_cache(maxsize=64)
def _parsed(document: str) -> Tariff:
    return parse_tariff(document.encode())


def listing(services: Services, rows: Sequence[VerifierTariffVersion]) -> dict[str, Any]:
    """What is published of a tariff: its versions, newest first, their signed announcements, and the keys for these."""
    now = services.clock()
    current = active(rows, now)
    return {
        "type": "credence/tariff-versions/1",
        "name": rows[0].name,
        "verifier": services.settings.verifier_id,
        "active": None if current is None else current.version,
        "notice_seconds": services.settings.tariff_notice_seconds,
        "versions": [_listed(row, state_of(row, rows, now)) for row in reversed(rows[-MAX_LISTED:])],
        "keys": [
            {
                "key_id": version.key_id,
                "public_key": b64u(services.keyring.public_key(Purpose.TARIFF, version.key_id).public_bytes_raw()),
                "not_after": version.retired,
            }
            for version in reversed(services.keyring.versions(Purpose.TARIFF))
        ],
    }


def state_of(row: VerifierTariffVersion, rows: Sequence[VerifierTariffVersion], now: int) -> State:
    """``announced`` before its time, ``active``, ``past``; ``skipped`` where a higher version was there before its time."""
    current = active(rows, now)
    if current is not None and row.version == current.version:
        return "active"
    higher = [other.activates_at for other in rows if other.version > row.version]
    if higher and min(higher) < row.activates_at:
        return "skipped"
    return "announced" if row.activates_at > now else "past"


def _listed(row: VerifierTariffVersion, state: State) -> dict[str, Any]:
    signed = json.loads(row.statement)
    return {
        "version": row.version,
        "state": state,
        "digest": row.digest.hex(),
        "announced_at": row.announced_at,
        "activates_at": row.activates_at,
        "leaf": TariffAnnouncement.parse(signed["announcement"]).leaf().hex(),
        "signed": signed,
    }


def _write(
    session: Session, services: Services, tariff: Tariff, *, replaces: int | None, now: int, activates_at: int
) -> VerifierTariffVersion | None:
    """Stores and hands to the log; None where the version is there already."""
    said = TariffAnnouncement(
        verifier=services.settings.verifier_id,
        name=tariff.name,
        version=tariff.version,
        digest=bytes.fromhex(tariff.digest),
        replaces=replaces,
        announced_at=now,
        activates_at=activates_at,
        notice_seconds=services.settings.tariff_notice_seconds,
    )
    key_id = services.keyring.current(Purpose.TARIFF).key_id
    signed = sign_announcement(said, key_id, services.keyring.signing_key(Purpose.TARIFF, key_id))
    row = VerifierTariffVersion(
        name=tariff.name,
        version=tariff.version,
        document=tariff.canonical.decode(),
        digest=said.digest,
        announced_at=now,
        activates_at=activates_at,
        statement=json.dumps(signed),
    )
    if not records.add_tariff_version(session, row):
        return None
    post(session, VerifierOutbox, kind=TARIFF_LEAF, leaf=said.leaf(), now=now, rng=services.rng)
    return row
