"""An edition of the rules is written in the very transaction that changes what it says, and its leaf is posted with it.

Editions are numbered, and a number is given once, so that of several processes one publishes and the others continue it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from sqlmodel import Session

from credence.circuits.errors import CircuitError
from credence.circuits.policy import Policy
from credence.circuits.verifier_rules import (
    MAX_POLICIES,
    MAX_PREVIOUS,
    MAX_TARIFFS,
    RULES_LEAF,
    PublishedTariff,
    VerifierRules,
    marks_tree,
    policy_mark,
)
from credence.service.errors import RateLimited, RulesUnpublishable, TooManyPolicies, TooManyTariffs, Unavailable
from credence.service.ledger import post
from credence.service.runtime import Services
from credence.service.store import Contended
from credence.service.verifier import policies, records
from credence.service.verifier.records import VerifierOutbox, VerifierTariffVersion
from credence.service.verifier.rules import records as editions
from credence.service.verifier.rules.records import VerifierRulesEdition
from credence.service.verifier.sessions import audience_of

MAX_NEW: Final = 200
"""Versions of policies that a venue may register in a day."""

DAY: Final = 86_400

_COME_BACK: Final = 3_600
_ATTEMPTS: Final = 8
_EVERY: Final = 1 << 62


def register(session: Session, services: Services, venue: str, policy: Policy) -> bool:
    """Registers a version of a policy and publishes it; True where it is new. Raises as :func:`policies.register`."""
    is_new = policies.register(session, venue, policy, now=services.clock())
    if is_new:
        publish(session, services, [(venue, policy.digest)])
    return is_new


def register_of_venue(session: Session, services: Services, venue: str, policy: Policy) -> bool:
    """As :func:`register`, for a venue that asks itself. Raises :class:`RateLimited` for more than ``MAX_NEW`` versions of a
    venue in a day: each is an edition, and whoever was away for many of them reads all."""
    now = services.clock()
    is_new = register(session, services, venue, policy)
    if is_new and records.policies_since(session, venue, now - DAY) > MAX_NEW:
        raise RateLimited(
            "A venue has so many new versions of policies published in a day, and no more.",
            retry_after=_COME_BACK,
            limit="policies",
        )
    return is_new


def room_for_policies(session: Session, services: Services) -> int:
    """How many more policies an edition may have, beside those in one and those that are registered and in none yet."""
    verifier = services.settings.verifier_id
    marks = {policy_mark(audience_of(verifier, venue), each) for venue, each in records.policy_hashes(session)}
    return max(0, MAX_POLICIES - len(marks.union(editions.marks_until(session, _EVERY))))


def publish_all(session: Session, services: Services) -> bool:
    """Publishes whatever the records have and the newest edition has not: what files brought, or an earlier release."""
    return publish(session, services, records.policy_hashes(session))


def publish(session: Session, services: Services, added: Iterable[tuple[str, bytes]] = ()) -> bool:
    """Publishes an edition if there is something new to say, and posts its leaf; whether there was.

    ``added`` are policies, by venue and hash, that may not be in one yet. Raises :class:`Contended` where others publish
    all the time, :class:`TooManyPolicies`, :class:`TooManyTariffs`, and :class:`RulesUnpublishable` before anything is
    written that nobody reads.
    """
    verifier, now = services.settings.verifier_id, services.clock()
    wanted = {policy_mark(audience_of(verifier, venue), policy_hash) for venue, policy_hash in added}
    for _ in range(_ATTEMPTS):
        row = editions.newest_edition(session)
        number, earlier = (0, None) if row is None else (row.number + 1, read_edition(row))
        marks = set(editions.marks_until(session, _EVERY))
        fresh = wanted - marks
        if len(marks) + len(fresh) > MAX_POLICIES:
            raise TooManyPolicies
        rules = _following(session, services, marks | fresh, earlier, now)
        if earlier is not None and replace(rules, previous=earlier.previous) == earlier:
            return False
        document = json.dumps(_readable(rules).to_json())
        made = VerifierRulesEdition(number=number, digest=rules.digest(), document=document, published_at=now)
        if editions.add_edition(session, made):
            if not editions.add_marks(session, fresh, number):
                raise Contended
            post(session, VerifierOutbox, kind=RULES_LEAF, leaf=rules.leaf(), now=now, rng=services.rng)
            return True
    raise Contended


def read_edition(row: VerifierRulesEdition) -> VerifierRules:
    """The rules of a row. Raises :class:`Unavailable` for a row that holds none, or others than it was published for."""
    try:
        rules = VerifierRules.parse(json.loads(row.document))
    except (ValueError, CircuitError) as error:
        raise Unavailable("An edition of the verifier's rules cannot be read.") from error
    if rules.digest() != row.digest:
        raise Unavailable("An edition of the verifier's rules is not what was published.")
    return rules


def _readable(rules: VerifierRules) -> VerifierRules:
    """The same, iff whoever reads them back accepts them: what is written once stays. Raises :class:`RulesUnpublishable`."""
    try:
        return VerifierRules.parse(rules.to_json())
    except CircuitError as error:
        raise RulesUnpublishable(f"The verifier's rules cannot be published: {error.reason}.") from error


def _following(
    session: Session, services: Services, marks: Collection[bytes], earlier: VerifierRules | None, now: int
) -> VerifierRules:
    tree = marks_tree(marks)
    rules = VerifierRules(
        verifier=services.settings.verifier_id,
        log_vkey=services.ledger.verifier.vkey,
        tariffs=_tariffs(session, now),
        policies=tree.size,
        root=tree.root(),
    )
    if earlier is None:
        return rules
    # of another id or log key too: each edition is another one then, also where the first key comes back
    return replace(rules, previous=(earlier.digest(), *earlier.previous)[:MAX_PREVIOUS])


def room_for_tariff(session: Session, now: int) -> bool:
    """Whether an edition may have one more version of a tariff."""
    return len(_published_versions(session, now)) < MAX_TARIFFS


def _tariffs(session: Session, now: int) -> tuple[PublishedTariff, ...]:
    """The versions that are active or announced. Raises :class:`TooManyTariffs` for more than an edition has."""
    kept = _published_versions(session, now)
    if len(kept) > MAX_TARIFFS:
        raise TooManyTariffs
    kept.sort(key=lambda row: (row.name, row.version))  # by code points, whatever the database's collation
    return tuple(PublishedTariff(row.name, row.version, row.digest, row.activates_at) for row in kept)


def _published_versions(session: Session, now: int) -> list[VerifierTariffVersion]:
    rows = records.every_tariff_version(session)
    active: dict[str, int] = {}
    for row in rows:
        if row.activates_at <= now:
            active[row.name] = max(row.version, active.get(row.name, 0))
    return [row for row in rows if row.version >= active.get(row.name, 0)]
