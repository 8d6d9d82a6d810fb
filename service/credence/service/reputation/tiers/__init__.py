"""Standing tiers: a versioned table, the machine that moves a pseudonym between them, and how a fall is phased in."""

from credence.service.reputation.tiers.machine import (
    Condition,
    Evaluation,
    Standing,
    StandingError,
    advance,
    begin,
    conditions,
    hard_fall,
    held,
    meets,
    next_tier,
    rank,
    replay,
)
from credence.service.reputation.tiers.phasing import Raise, noticed
from credence.service.reputation.tiers.table import TIERS, StandingTable, TableError, parse_table, shipped_table

__all__ = [
    "TIERS",
    "Condition",
    "Evaluation",
    "Raise",
    "Standing",
    "StandingError",
    "StandingTable",
    "TableError",
    "advance",
    "begin",
    "conditions",
    "hard_fall",
    "held",
    "meets",
    "next_tier",
    "noticed",
    "parse_table",
    "rank",
    "replay",
    "shipped_table",
]
