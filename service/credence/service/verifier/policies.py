"""Policies: what a venue asks. A (venue, name, version) is registered once and never changes; the newest is served."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from sqlmodel import Session

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import LADDERS, day_of
from credence.circuits.errors import CircuitError, IllFormed, Malformed
from credence.circuits.fields import canonical_json
from credence.circuits.policy import TOLD, Policy, Posterior, confined, load_policy
from credence.circuits.verifier_rules import MAX_POLICIES
from credence.circuits.wire import IssuerDocument
from credence.service.auth import DISCLOSED
from credence.service.errors import (
    InvalidRequest,
    LimitPeriodExists,
    Misconfigured,
    NotFound,
    PolicyNotServed,
    PolicyVersionExists,
    ServiceError,
    TooManyPolicies,
)
from credence.service.logs import logger
from credence.service.problems.body import check_json
from credence.service.settings import Mode
from credence.service.verifier import records, revocations
from credence.service.verifier.records import VerifierLimitPeriod, VerifierPolicy
from credence.service.verifier.tariff import Tariff


class OtherMode(InvalidRequest):
    """A policy without an escrow where the mode calls for one, or with one where the mode allows none."""


def not_registered(_policy: Policy) -> bool:
    """Takes every policy for a new one."""
    return False


def read_policy(
    document: object,
    tariffs: Mapping[str, Tariff],
    *,
    now: int,
    disclose: Collection[str] = DISCLOSED,
    documents: Sequence[IssuerDocument] = (),
    mode: Mode = Mode.OPEN,
    registered: Callable[[Policy], bool] = not_registered,
) -> Policy:
    """A policy from its document, as it stands at ``now`` (unix seconds).

    Raises :class:`InvalidRequest` with the reason, for its author: a document that :func:`load_policy` refuses, one that
    nobody could prove today, one that asks for non-revocation where no issuer among ``documents`` has an accumulator, one
    that has more shown than ``disclose`` (attributes, and ladders by name), one whose tariff is not among ``tariffs``, or
    has other tangents than the policy, and :class:`OtherMode`. One that is ``registered`` as it is keeps its tangents
    whatever its tariff has by now.
    """
    try:
        policy = load_policy(document)
    except (Malformed, IllFormed) as error:
        raise InvalidRequest(f"The policy is refused: {error.reason}.") from error
    reason = refusal(policy, disclose, now=now)
    if reason is not None:
        raise InvalidRequest(f"The policy is refused: {reason}.")
    reason = other_mode(policy, mode)
    if reason is not None:
        raise OtherMode(f"The policy is refused: {reason}.")
    revocations.check_followed(policy, documents)
    if policy.tariff not in tariffs:
        raise InvalidRequest("The policy is refused: it names a tariff that this verifier does not have.")
    bounds = [predicate for predicate in policy.predicates if isinstance(predicate, Posterior)]
    if bounds and not registered(policy):
        for bound in bounds:
            _check_tangents(bound, tariffs[policy.tariff])
    return policy


def _check_tangents(bound: Posterior, tariff: Tariff) -> None:
    said = tariff.posterior
    if said is None or said.lines(bound.score) is None:
        raise InvalidRequest(f"The policy is refused: its tariff has no tangents for a score of {bound.score}.")
    if said.lines(bound.score) != bound.tangents:
        raise InvalidRequest(f"The policy is refused: its tariff has other tangents for a score of {bound.score}.")


def refusal(policy: Policy, disclose: Collection[str], *, now: int) -> str | None:
    """Why a venue that may have ``disclose`` shown may not ask under the policy at ``now``; None where it may."""
    try:
        demand = check_policy(policy, day_of(now))
    except IllFormed as error:
        return error.reason
    more = sorted(_disclosed(policy) - set(disclose))
    if more:
        return f"its venue is not registered to have {', '.join(more)} disclosed"
    few = {name: count for name, count in confined(demand).items() if name not in disclose}
    if few:
        said = ", ".join(f"{name} to {count} values" for name, count in few.items())
        return f"it confines {said}, and its venue is not registered to have {', '.join(few)} disclosed"
    return None


def other_mode(policy: Policy, mode: Mode) -> str | None:
    """Why a policy may not be asked under in a mode; None where it may."""
    if mode is Mode.OBLIGED and policy.escrow is None:
        return "it has no escrow, and this verifier is run as obliged, where every policy has one"
    if mode is Mode.OPEN and policy.escrow is not None:
        return "it has an escrow, and this verifier is run as open, where nobody can be named"
    return None


def check_served(
    session: Session, venue: str, policy: Policy, disclose: Collection[str], *, now: int, mode: Mode = Mode.OPEN
) -> None:
    """Returns iff a session may be opened under a registered policy at ``now``, by the rules of today.

    Raises :class:`PolicyNotServed` with the reason: an earlier release, or another day, registered what these refuse.
    """
    reason = refusal(policy, disclose, now=now) or other_mode(policy, mode)
    if reason is not None:
        raise PolicyNotServed(f"The policy may not be asked under any more: {reason}.")
    limit = policy.rate_limit
    if limit is not None and records.limit_period(session, venue, limit.name) != limit.per:
        raise PolicyNotServed(f"The policy may not be asked under any more: {LimitPeriodExists.default}")


def _disclosed(policy: Policy) -> set[str]:
    """Every attribute that a proof shows, a rung by the name of its ladder.

    Not what a posterior bound has shown by itself: the venue is in the policy, and the day is one of the few that a standing
    lives.
    """
    ladder = {rung: name for name, rungs in LADDERS.items() for rung in rungs}
    bounds = [predicate for predicate in policy.predicates if isinstance(predicate, Posterior)]
    told = {(slot, name) for bound in bounds for slot, _ in bound.venues for name in TOLD} - set(policy.disclose)
    shown = [(slot, name) for slot in policy.credentials for name in policy.disclosed_attributes(slot)]
    return {ladder.get(name, name) for slot, name in shown if (slot, name) not in told}


def register(session: Session, venue: str, policy: Policy, *, now: int) -> bool:
    """Registers a version for a venue; True where it is new.

    Raises :class:`PolicyVersionExists` where that version says otherwise, and :class:`LimitPeriodExists` where the venue has
    a rate limit of that name that counts in another period.
    """
    row = VerifierPolicy(
        venue=venue,
        name=policy.name,
        version=policy.version,
        document=canonical_json(policy.document).decode(),
        policy_hash=policy.digest,
        registered_at=now,
    )
    if records.add_policy(session, row):
        limit = policy.rate_limit
        if limit is not None and not records.keep_limit_period(
            session, VerifierLimitPeriod(venue=venue, name=limit.name, per=limit.per)
        ):
            raise LimitPeriodExists
        return True
    found = records.find_policy(session, venue, policy.name, policy.version)
    if found is None or found.policy_hash != policy.digest:
        raise PolicyVersionExists
    return False


def is_registered(session: Session, venue: str, policy: Policy) -> bool:
    """Whether a venue has that very version, word for word."""
    found = records.find_policy(session, venue, policy.name, policy.version)
    return found is not None and found.policy_hash == policy.digest


def newest(session: Session, venue: str, name: str) -> Policy:
    """The newest version of a venue's policy. Raises :class:`NotFound` for an unknown one and for another venue's."""
    row = records.newest_policy(session, venue, name)
    if row is None:
        raise NotFound("There is no such policy.")
    return stored(row)


def stored(row: VerifierPolicy) -> Policy:
    """The policy of a row. Raises :class:`PolicyNotServed` where this release no longer loads it."""
    try:
        return _loaded(row.document)
    except CircuitError as error:
        raise PolicyNotServed(f"The policy may not be asked under any more: {error.reason}.") from error


@lru_cache(maxsize=256)
def _loaded(document: str) -> Policy:
    return load_policy(json.loads(document))


def register_folder(
    session: Session,
    folder: Path,
    tariffs: Mapping[str, Tariff],
    *,
    now: int,
    may_disclose: Callable[[str], Collection[str]],
    documents: Sequence[IssuerDocument] = (),
    mode: Mode = Mode.OPEN,
    room: int = MAX_POLICIES,
) -> int:
    """Registers every ``<venue's client id>/*.json`` of a folder; how many versions were new.

    ``may_disclose`` says what a venue's policies may have disclosed, ``documents`` are the trusted issuers'. ``room`` is for
    how many new versions there is: those after it are left out, and their number is logged. Raises :class:`Misconfigured`,
    naming the file and the reason.
    """
    new = left_out = 0
    for path in _policy_files(folder):
        venue, place = path.parent.name, f"the policy file {path.parent.name}/{path.name}"
        try:
            data = path.read_bytes()
            check_json(data)
            allowed, asked = may_disclose(venue), json.loads(data)
            known = partial(is_registered, session, venue)
            policy = read_policy(asked, tariffs, now=now, disclose=allowed, documents=documents, mode=mode, registered=known)
            if new >= room and not known(policy):
                left_out += 1
                continue
            new += register(session, venue, policy, now=now)
        except OSError as error:
            raise Misconfigured(f"{place} cannot be read") from error
        except ServiceError as error:
            raise Misconfigured(f"{place}: {error.reason}") from error
    if left_out:
        logger().error("policies.left-out", party="verifier", count=left_out, reason=TooManyPolicies.default)
    return new


def _policy_files(folder: Path) -> list[Path]:
    try:
        venues = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise Misconfigured("the folder of policies cannot be read") from error
    return [path for venue in venues for path in sorted(venue.glob("*.json"))]
