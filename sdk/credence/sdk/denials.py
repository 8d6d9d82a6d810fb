"""Holding a verifier's counts of denied decisions against the log and against the receipts that there are.

A denied receipt has no leaf of its own. The log has how many there were in each minute, salted; the verifier gives the
counts with their salts, and the receipts. More receipts than were counted convict it. Fewer may have been erased.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from credence.circuits.denials import MINUTE_SECONDS, DeniedCount
from credence.circuits.fields import Json
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.errors import InclusionFailed
from credence.sdk.flow import Flow, W
from credence.sdk.following import Follower
from credence.sdk.refusals import DenialsMiscounted


@dataclass(frozen=True, slots=True)
class AuditedDenials:
    """Counts that the log has, oldest first; ``denied`` is their sum and ``shown`` how many receipts there are of them."""

    counts: tuple[DeniedCount, ...]
    denied: int
    shown: int


def audit_denials(
    follower: Follower[W], counts: Iterable[DeniedCount], receipts: Iterable[Json], document: VerifierDocument
) -> Flow[W, AuditedDenials]:
    """Each count found in the log, and no denied receipt that was not counted.

    Raises as :meth:`~credence.sdk.auditor.Auditor.denials`.
    """
    found: dict[int, DeniedCount] = {}
    for count in counts:
        if count.verifier != document.verifier:
            raise DenialsMiscounted("A count is another verifier's.", minute=count.minute)
        if found.setdefault(count.minute, count) is not count:
            raise DenialsMiscounted("A minute is counted twice.", minute=count.minute)
    held: Counter[int] = Counter()
    seen: set[str] = set()
    for signed in receipts:
        receipt = document.open(signed)
        minute = receipt.decided_at // MINUTE_SECONDS
        if receipt.decision != "denied" or receipt.receipt_id in seen:
            raise DenialsMiscounted("A receipt stands twice, or is of no denial.", minute=minute)
        seen.add(receipt.receipt_id)
        held[minute] += 1
    for minute, number in sorted(held.items()):
        if minute not in found or found[minute].denied < number:
            raise DenialsMiscounted("There are more denied receipts than were counted.", minute=minute)
    for minute, count in sorted(found.items()):
        try:
            yield from follower.inclusion(count.leaf())
        except InclusionFailed as error:
            raise InclusionFailed(f"The log does not show that it holds the count of minute {minute}.") from error
    every = tuple(count for _, count in sorted(found.items()))
    return AuditedDenials(every, sum(count.denied for count in every), sum(held.values()))
