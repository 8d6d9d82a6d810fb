"""What comes first when there is more to do than can be done."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Urgency(IntEnum):
    """The less, the sooner."""

    FIRST = 0
    """Somebody waits at the end of a way that others have worked for: a wallet that answers, claims, or reads what to do. Or
    it cannot wait: a revocation."""
    USUAL = 1
    LAST = 2
    """The beginning of more work."""


class Lane(IntEnum):
    """What does not queue with the others."""

    FREE = 0
    """Costs next to nothing, or keeps count itself."""


PLACES: Final[Mapping[str, Urgency | Lane]] = MappingProxyType(
    {
        "healthz": Lane.FREE,
        "explainProblem": Lane.FREE,
        "followSession": Lane.FREE,  # a stream is open for minutes, and streams have a bound of their own
        "readyz": Lane.FREE,  # looks once for all who ask, and must answer while nothing else does
        "present": Urgency.FIRST,
        "readRequest": Urgency.FIRST,
        "claimCredential": Urgency.FIRST,
        "revokeCredential": Urgency.FIRST,
        "suspendCredential": Urgency.FIRST,
        "banPerson": Urgency.FIRST,
        "openSession": Urgency.LAST,
        "openCase": Urgency.LAST,
        "openRenewal": Urgency.LAST,
        "reportEvents": Urgency.LAST,  # can be sent again as it is
        "lookForAbuse": Urgency.LAST,  # nobody waits for it: the day is over
        "makeReport": Urgency.LAST,  # seconds of a processor, and of days that are over
    }
)
"""Operations by id; all others are usual."""


def place_of(operation: str | None) -> Urgency | Lane:
    """Where a request for an operation queues; None is an address that leads to none."""
    return PLACES.get(operation or "", Urgency.USUAL)
