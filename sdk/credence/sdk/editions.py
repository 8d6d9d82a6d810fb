"""Reading a verifier's editions back to the first: a policy that was shown to one person and replaced is found.

Each edition names those that it continues, and the log has the leaf of each. Of the newest alone nobody can tell that an
earlier one had other policies; whoever reads all of them can, and a verifier that does not serve one that it names is told
of it by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from credence.circuits.errors import CircuitError
from credence.circuits.verifier_rules import PublishedTariff, VerifierRules, check_rules_grown, marks_tree
from credence.sdk.errors import BadResponse, InclusionFailed, NotFound
from credence.sdk.flow import Flow, W
from credence.sdk.following import AuditedRules, Follower
from credence.sdk.refusals import EditionMissing, MarkDropped, RulesBroken

MAX_EDITIONS: Final = 10_000
"""Editions that are read at once; whoever has read more remembers how far, and reads on from there."""


@dataclass(frozen=True, slots=True)
class AuditedEditions:
    """The newest edition of a verifier's rules, and the digests (32 bytes) of it and of all that were read, newest first.

    The last is the first edition there ever was, or the one that the auditor had read before.
    """

    newest: AuditedRules
    digests: tuple[bytes, ...]


def walk_editions(follower: Follower[W], since: bytes | None, most: int = MAX_EDITIONS) -> Flow[W, AuditedEditions]:
    """Every edition back to the first, or to the one with the digest ``since``, each held against the one after it.

    Raises as :meth:`~credence.sdk.auditor.Auditor.verifier_editions`.
    """
    newest = yield from follower.verifier_rules()
    later, marks = newest.rules, newest.marks
    digests = [later.digest()]
    seen: dict[tuple[str, int], PublishedTariff] = {}
    while True:
        _remember(seen, later, digests[-1])
        if digests[-1] == since:
            break
        if not later.previous:
            if since is None:
                break
            raise RulesBroken("The rules do not continue the edition that was read before.", edition=since)
        if len(digests) == most:
            raise RulesBroken("There are more editions than are read at once.", edition=digests[-1])
        earlier, held = yield from _before(follower, later, marks)
        later, marks = earlier, held
        digests.append(earlier.digest())
    return AuditedEditions(newest, tuple(digests))


def _before(
    follower: Follower[W], later: VerifierRules, marks: frozenset[bytes]
) -> Flow[W, tuple[VerifierRules, frozenset[bytes]]]:
    """The edition that ``later`` continues, which the log has, and its marks, all of which ``later`` has."""
    digest = later.previous[0]
    try:
        earlier = yield from follower.edition(digest)
        same = (earlier.root, earlier.policies) == (later.root, later.policies)
        held = marks if same else (yield from follower.marks(digest, earlier.policies))
    except NotFound as error:
        raise EditionMissing(edition=digest) from error
    if (marks_tree(held).root(), len(held)) != (earlier.root, earlier.policies):
        raise BadResponse("The list of policies of an edition is not that of its rules.")
    try:
        yield from follower.inclusion(earlier.leaf())
    except InclusionFailed as error:
        raise InclusionFailed(f"The log does not show that it holds the edition {digest.hex()}.") from error
    dropped = held - marks
    if dropped:
        raise MarkDropped(edition=digest, mark=min(dropped))
    try:
        check_rules_grown(earlier, later)
    except CircuitError as error:
        raise RulesBroken(f"An edition is not continued by the next one: {error.reason}.", edition=digest) from error
    return earlier, held


def _remember(seen: dict[tuple[str, int], PublishedTariff], rules: VerifierRules, digest: bytes) -> None:
    """A version of a tariff says the same in every edition that has it, also where others are between."""
    for tariff in rules.tariffs:
        if seen.setdefault((tariff.name, tariff.version), tariff) != tariff:
            raise RulesBroken("A version of a tariff was another one in this edition.", edition=digest)
