"""What a table may not contradict itself in. Each has a name, and a table that breaks one is refused by it.

Together they keep the rule monotone: whoever is worse in one factor, or says less, never comes off better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from credence.circuits.credential import EPOCH_DAYS
from credence.circuits.policy import RISK_TIERS
from credence.service.errors import Misconfigured
from credence.service.issuer.diligence.assessing import INTENSITIES, DiligenceTable
from credence.service.issuer.diligence.factors import (
    FORCES_ENHANCED,
    NOT_STATED,
    NOTHING,
    ORDERED,
    REFUSES,
    STATED,
    VALUES,
    Effect,
)
from credence.service.issuer.evidence import Assurance
from credence.service.settings import Mode

MIN_VALIDITY: Final = 2 * EPOCH_DAYS
"""Days of the shortest validity. Expiry is rounded down to an epoch, so that anything shorter could end at once."""

MAX_VALIDITY: Final = 1826

RECORD_YEARS: Final = 5
"""Years for which a regulated firm's records are kept after the relationship (Regulation (EU) 2024/1624, Art. 77)."""


class DiligenceError(Misconfigured):
    """A table that is refused; ``invariant`` names what it breaks."""

    def __init__(self, invariant: str, reason: str) -> None:
        super().__init__(f"the diligence table is refused ({invariant}): {reason}")
        self.invariant = invariant


def check(table: DiligenceTable) -> None:
    """Returns iff the table keeps every invariant. Raises :class:`DiligenceError` for the first that it breaks."""
    for invariant, reason in _broken(table):
        raise DiligenceError(invariant, reason)


def _broken(table: DiligenceTable) -> Iterator[tuple[str, str]]:
    levels = [table.kyc_levels[assurance] for assurance in Assurance]
    if not all(lower < higher for lower, higher in pairwise(levels)):
        yield "kyc-levels-rise", "more assurance gives a higher kyc_level"
    yield from _weights(table)
    yield from _ages(table)
    if not table.standard_from < table.enhanced_from:
        yield "thresholds-rise", "enhanced begins at more points than standard"
    yield from _consequences(table)
    yield from _modes(table)


def _weights(table: DiligenceTable) -> Iterator[tuple[str, str]]:
    weights = table.weights
    for factor in VALUES:
        if NOTHING not in weights[factor].values():
            yield "one-weighs-nothing", f"no value of {factor} weighs nothing: that would be a hidden threshold"
    for factor in ORDERED:
        if _falls([weights[factor][value] for value in VALUES[factor]]):
            yield "worse-weighs-more", f"a worse {factor} never weighs less"
    for factor in STATED:
        if weights[factor][NOT_STATED] < max(weights[factor].values()):
            yield "silence-is-worst", f"who does not state {factor} comes off as the worst that could be stated"
    for factor in ("residence", "nationality"):
        if weights[factor]["refused"] != REFUSES or weights[factor]["enhanced"] < FORCES_ENHANCED:
            yield "bands-do-what-they-say", f"a {factor} in the band refused is refused, in enhanced at least enhanced"
    if weights["pep"]["yes"] < FORCES_ENHANCED:
        yield "pep-is-enhanced", "a politically exposed person is never below enhanced"


def _ages(table: DiligenceTable) -> Iterator[tuple[str, str]]:
    days = [up_to for up_to, _ in table.evidence_ages]
    if any(earlier >= later for earlier, later in pairwise(days)):
        yield "ages-rise", "each step of the age of evidence is longer than the one before"
    effects = [effect for _, effect in table.evidence_ages]
    if effects[0] != NOTHING:
        yield "one-weighs-nothing", "the freshest evidence weighs nothing"
    if _falls([*effects, table.older]):
        yield "worse-weighs-more", "older evidence never weighs less"
    if table.unknown < table.older:
        yield "silence-is-worst", "evidence of an age that nobody knows counts as the oldest"


def _consequences(table: DiligenceTable) -> Iterator[tuple[str, str]]:
    days = [table.validity_days[tier] for tier in RISK_TIERS]
    if any(better < worse for better, worse in pairwise(days)):
        yield "validity-falls", "a riskier tier is never valid for longer"
    watched = [table.monitoring[tier] for tier in RISK_TIERS]
    steps = [INTENSITIES.index(monitoring.intensity) for monitoring in watched]
    reviews = [monitoring.review_days for monitoring in watched]
    if any(a > b for a, b in pairwise(steps)) or any(a < b for a, b in pairwise(reviews)):
        yield "monitoring-rises", "a riskier tier is never watched less closely, or looked at later"
    if any(review > valid for review, valid in zip(reviews, days, strict=True)):
        yield "review-before-expiry", "a case is looked at again before its credential ends"


def _modes(table: DiligenceTable) -> Iterator[tuple[str, str]]:
    obliged = table.modes[Mode.OBLIGED]
    if not obliged.covers(table.modes[Mode.OPEN]):
        yield "obliged-is-stricter", "what meets the demands of obliged meets those of open"
    if obliged.record_years < RECORD_YEARS:
        yield "obliged-keeps-records", f"documents are kept for {RECORD_YEARS} years by somebody who is named"
    if "source-of-funds" not in obliged.stated or obliged.minimum_assurance is Assurance.BASIC:
        yield "obliged-knows-enough", "the source of funds is stated, and the assurance at least substantial"


def _falls(effects: Sequence[Effect]) -> bool:
    return any(worse < better for better, worse in pairwise(effects))
