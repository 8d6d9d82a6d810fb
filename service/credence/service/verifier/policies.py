"""Policies: what a venue asks. A (venue, name, version) is registered once and never changes; the newest is served."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from sqlmodel import Session

from credence.circuits.credential import day_of
from credence.circuits.errors import CircuitError, IllFormed, Malformed
from credence.circuits.fields import canonical_json
from credence.circuits.policy import Policy, load_policy
from credence.circuits.presentation import check_provable
from credence.service.errors import InvalidRequest, Misconfigured, NotFound, PolicyVersionExists, ServiceError, Unavailable
from credence.service.problems.body import check_json
from credence.service.verifier import records
from credence.service.verifier.records import VerifierPolicy


def read_policy(document: object, tariffs: Collection[str], *, now: int) -> Policy:
    """A policy from its document, as it stands at ``now`` (unix seconds).

    Raises :class:`InvalidRequest` with the reason, for its author: a document that :func:`load_policy` refuses, one that
    nobody could prove today, or one whose tariff is not among ``tariffs``.
    """
    try:
        policy = load_policy(document)
        check_provable(policy, day_of(now))
    except (Malformed, IllFormed) as error:
        raise InvalidRequest(f"The policy is refused: {error.reason}.") from error
    if policy.tariff not in tariffs:
        raise InvalidRequest("The policy is refused: it names a tariff that this verifier does not have.")
    return policy


def register(session: Session, venue: str, policy: Policy, *, now: int) -> bool:
    """Registers a version for a venue; True where it is new. Raises :class:`PolicyVersionExists` where it says otherwise."""
    row = VerifierPolicy(
        venue=venue,
        name=policy.name,
        version=policy.version,
        document=canonical_json(policy.document).decode(),
        policy_hash=policy.digest,
        registered_at=now,
    )
    if records.add_policy(session, row):
        return True
    found = records.find_policy(session, venue, policy.name, policy.version)
    if found is None or found.policy_hash != policy.digest:
        raise PolicyVersionExists
    return False


def newest(session: Session, venue: str, name: str) -> Policy:
    """The newest version of a venue's policy. Raises :class:`NotFound` for an unknown one and for another venue's."""
    row = records.newest_policy(session, venue, name)
    if row is None:
        raise NotFound("There is no such policy.")
    return stored(row)


def stored(row: VerifierPolicy) -> Policy:
    """The policy of a row. Raises :class:`Unavailable` where this release does not load what an earlier one registered."""
    try:
        return load_policy(json.loads(row.document))
    except CircuitError as error:
        raise Unavailable("The policy cannot be served by this release.") from error


def register_folder(session: Session, folder: Path, tariffs: Collection[str], *, now: int) -> int:
    """Registers every ``<venue's client id>/*.json`` of a folder; how many versions were new.

    Raises :class:`Misconfigured`, naming the file and the reason.
    """
    new = 0
    for path in _policy_files(folder):
        venue, place = path.parent.name, f"the policy file {path.parent.name}/{path.name}"
        try:
            data = path.read_bytes()
            check_json(data)
            new += register(session, venue, read_policy(json.loads(data), tariffs, now=now), now=now)
        except OSError as error:
            raise Misconfigured(f"{place} cannot be read") from error
        except ServiceError as error:
            raise Misconfigured(f"{place}: {error.reason}") from error
    return new


def _policy_files(folder: Path) -> list[Path]:
    try:
        venues = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise Misconfigured("the folder of policies cannot be read") from error
    return [path for venue in venues for path in sorted(venue.glob("*.json"))]
