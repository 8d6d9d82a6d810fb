"""Policies: what a venue asks. A (venue, name, version) is registered once and never changes; the newest is served."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path

from sqlmodel import Session

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import LADDERS, day_of
from credence.circuits.errors import CircuitError, IllFormed, Malformed
from credence.circuits.fields import canonical_json
from credence.circuits.policy import Policy, load_policy
from credence.service.auth import DISCLOSED
from credence.service.errors import InvalidRequest, Misconfigured, NotFound, PolicyVersionExists, ServiceError, Unavailable
from credence.service.problems.body import check_json
from credence.service.verifier import records
from credence.service.verifier.records import VerifierPolicy


def read_policy(document: object, tariffs: Collection[str], *, now: int, disclose: Collection[str] = DISCLOSED) -> Policy:
    """A policy from its document, as it stands at ``now`` (unix seconds).

    Raises :class:`InvalidRequest` with the reason, for its author: a document that :func:`load_policy` refuses, one that
    nobody could prove today, one that asks for a revocation that nobody here follows, one that has more disclosed than
    ``disclose`` (attributes, and ladders by name), or one whose tariff is not among ``tariffs``.
    """
    try:
        policy = load_policy(document)
        check_policy(policy, day_of(now))
    except (Malformed, IllFormed) as error:
        raise InvalidRequest(f"The policy is refused: {error.reason}.") from error
    if policy.not_revoked:
        raise InvalidRequest("The policy is refused: not_revoked: this verifier follows no accumulator.")
    more = sorted(_disclosed(policy) - set(disclose))
    if more:
        named = ", ".join(more)
        raise InvalidRequest(f"The policy is refused: its venue is not registered to have {named} disclosed.")
    if policy.tariff not in tariffs:
        raise InvalidRequest("The policy is refused: it names a tariff that this verifier does not have.")
    return policy


def _disclosed(policy: Policy) -> set[str]:
    """Every attribute that a proof shows, a rung by the name of its ladder."""
    ladder = {rung: name for name, rungs in LADDERS.items() for rung in rungs}
    return {ladder.get(name, name) for slot in policy.credentials for name in policy.disclosed_attributes(slot)}


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


def register_folder(
    session: Session,
    folder: Path,
    tariffs: Collection[str],
    *,
    now: int,
    may_disclose: Callable[[str], Collection[str]],
) -> int:
    """Registers every ``<venue's client id>/*.json`` of a folder; how many versions were new.

    ``may_disclose`` says what a venue's policies may have disclosed. Raises :class:`Misconfigured`, naming the file and the
    reason.
    """
    new = 0
    for path in _policy_files(folder):
        venue, place = path.parent.name, f"the policy file {path.parent.name}/{path.name}"
        try:
            data = path.read_bytes()
            check_json(data)
            policy = read_policy(json.loads(data), tariffs, now=now, disclose=may_disclose(venue))
            new += register(session, venue, policy, now=now)
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
