"""Fairness: are the probabilities right within every group? Calibration by group, at low and at high risk.

A group is an attribute's band: jurisdiction, size and tenure of an account; sex, education and age where a public set has
them. Within each group the predictions are cut into equal-mass cells, and in each cell the share of events is held against
the mean probability. A cell is unfair if the gap is beyond chance (all cells together, at 1 %) and larger than
:data:`TOLERANCE`: with few accounts nothing is proven either way, and such a group is named as not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from credence.service.reputation.belief.arrays import BeliefRefused, Floats, measured
from credence.service.reputation.evaluation.measures import CLIP, bins_of, calibration_error
from credence.service.reputation.small import Showing, showing_sets

TOLERANCE: Final = 0.02
"""A gap between share and mean probability that is let pass, however many accounts prove it."""

SIGNIFICANCE: Final = 0.01
CELLS: Final = 4
LEAST_JUDGED: Final = 200
"""Rows, each an account or one of its days."""

Labels: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupCalibration:
    """One group: how many, mean probability, share of events, and calibration error within it.

    ``rows`` is what was judged: an account each, or a day of one. ``worst_gap`` is that of the cell that is furthest from
    right, in standard errors ``worst_z``. ``judged``: there are enough rows.
    """

    attribute: str
    band: int
    accounts: int
    predicted: float
    observed: float
    ece: float
    worst_gap: float
    worst_z: float
    judged: bool
    fair: bool
    rows: int

    def to_json(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in self.__slots__}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in numbers.items()}


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """All groups that may be shown, and how many accounts were in groups too small for it, over all attributes."""

    groups: tuple[GroupCalibration, ...]
    withheld: int

    @property
    def passed(self) -> bool:
        """Whether at least two groups were judged, so that there was something to compare, and none was unfair."""
        return sum(group.judged for group in self.groups) >= 2 and all(group.fair for group in self.groups)

    def to_json(self) -> dict[str, Any]:
        shown = [group.to_json() for group in self.groups]
        return {"passed": self.passed, "tolerance": TOLERANCE, "accounts_withheld": self.withheld, "groups": shown}


def bands(values: ArrayLike, edges: Sequence[float]) -> Labels:
    """The band of each value: 0 below the first edge, 1 from it on, and so forth. Raises ``BeliefRefused``."""
    (found,) = measured(values=values)
    if list(edges) != sorted(set(edges)):
        raise BeliefRefused("edges rise")
    return np.searchsorted(np.asarray(edges, dtype=np.float64), found, side="right").astype(np.int64)


def judge_fairness(
    outcomes: ArrayLike, chances: ArrayLike, groups: Mapping[str, Labels], accounts: Labels | None = None
) -> FairnessReport:
    """The report of outcomes (0 or 1) and probabilities by the bands of each attribute. Raises ``BeliefRefused``.

    ``accounts``: whose row each is, where an account has several. Then what is shown is decided by accounts, and with a
    group that is too small further ones are hidden, the smallest first, while the rest would tell it.
    """
    found, probabilities = measured(outcomes=outcomes, chances=chances)
    if any(labels.shape != found.shape for labels in (*groups.values(), *(() if accounts is None else (accounts,)))):
        raise BeliefRefused("a group is told for every account")
    shown: list[tuple[str, int, NDArray[np.bool_], int]] = []
    withheld = 0
    for attribute, labels in sorted(groups.items()):
        found_bands = np.unique(labels)
        members = [labels == band for band in found_bands]
        people = [_people(rows, accounts) for rows in members]
        told = [showing_sets([each])[0] for each in people] if accounts is None else showing_sets(people)
        sized = zip(found_bands, members, people, told, strict=True)
        shown += [(attribute, int(band), rows, len(who)) for band, rows, who, what in sized if what is Showing.SHOWN]
        hidden = (who for who, what in zip(people, told, strict=True) if what is Showing.WITHHELD)
        withheld += len(set().union(*hidden))
    bar = float(stats.norm.isf(SIGNIFICANCE / (2 * CELLS * max(1, len(shown)))))
    made = tuple(_group(name, band, size, found[rows], probabilities[rows], bar) for name, band, rows, size in shown)
    return FairnessReport(made, withheld)


def _people(rows: NDArray[np.bool_], accounts: Labels | None) -> set[int]:
    return set((np.flatnonzero(rows) if accounts is None else np.unique(accounts[rows])).tolist())


def _group(attribute: str, band: int, accounts: int, found: Floats, probabilities: Floats, bar: float) -> GroupCalibration:
    cells = bins_of(probabilities, CELLS)
    worst_gap = worst_z = 0.0
    fair = True
    for cell in np.unique(cells):
        inside = cells == cell
        gap = float(np.mean(found[inside] - probabilities[inside]))
        doubt = np.clip(probabilities[inside], CLIP, 1 - CLIP)
        z = gap * int(inside.sum()) / float(np.sqrt(np.sum(doubt * (1 - doubt))))
        if abs(z) > abs(worst_z):
            worst_gap, worst_z = gap, z
        fair = fair and not (abs(z) > bar and abs(gap) > TOLERANCE)
    judged = found.size >= LEAST_JUDGED
    return GroupCalibration(
        attribute,
        band,
        accounts,
        float(probabilities.mean()),
        float(found.mean()),
        calibration_error(found, probabilities),
        worst_gap,
        worst_z,
        judged,
        fair or not judged,
        int(found.size),
    )
