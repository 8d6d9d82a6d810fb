"""Evidence: what is remembered of each pseudonym on one day, as sums that forget.

A state is x(t) = Σ over days of x(day) · 2^(−(t − day)/H), column by column. Aligned to one day, states add: merging is
associative and commutative up to rounding, the empty state is its neutral element, and the order, batch or shard in
which days arrive leaves no trace. A day later than ``as_of`` is not known yet and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from credence.service.reputation.belief.arrays import BeliefRefused, Days, Floats, counted, measured, whole_days
from credence.service.reputation.belief.model import BeliefModel, shipped_model

SIGNED: Final = frozenset({"return_sum"})
"""Columns that may be negative."""

_OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "days": "conduct",
        "event_days": "conduct",
        "winning_days": "conduct",
        "return_n": "returns",
        "return_sum": "returns",
        "return_sumsq": "returns",
        "turnover": "conduct",
        "turnover_days": "conduct",
    }
)


@dataclass(frozen=True)
class Column:
    """One column of the state: which daily sums it adds up, with which weights, and its half-life in days."""

    sources: Mapping[str, float]
    half_life: float


def columns_of(model: BeliefModel) -> Mapping[str, Column]:
    """The columns of a model's state. Units: docs/reputation.md; ``calls`` … ``bad_debts`` are weighted events."""
    weight, memory = model.severity, model.half_life
    margin = {
        "calls": Column({"near_miss": weight["near_miss"], "call": weight["call"]}, memory["calls"]),
        "liquidations": Column({"liquidation": weight["liquidation"]}, memory["liquidations"]),
        "bad_debts": Column({"bad_debt": weight["bad_debt"]}, memory["bad_debts"]),
        "expected": Column({"expected": 1.0}, memory["exposure"]),
        "expected_recent": Column({"expected": 1.0}, memory["calls"]),
    }
    own = {name: Column({name: 1.0}, memory[kind]) for name, kind in _OWN.items()}
    return MappingProxyType(margin | own)


COLUMNS: Final = columns_of(shipped_model())
DAILY: Final = tuple(dict.fromkeys(name for column in COLUMNS.values() for name in column.sources))
"""The daily sums of one pseudonym that the state is made of."""


@dataclass(frozen=True)
class Evidence:
    """What is remembered on the day ``as_of`` of ``n`` pseudonyms: for every column n numbers (float64).

    Raises :class:`BeliefRefused` if a column is missing, unknown, of another length, not finite, or negative.
    """

    as_of: int
    columns: Mapping[str, Floats]
    model: BeliefModel

    def __post_init__(self) -> None:
        if set(self.columns) != set(columns_of(self.model)):
            raise BeliefRefused("the state has other columns")
        measured(**self.columns)
        counted(**{name: value for name, value in self.columns.items() if name not in SIGNED})
        if self["days"].ndim != 1:
            raise BeliefRefused("a column has one number a pseudonym")
        frozen = {name: np.asarray(value, dtype=np.float64) for name, value in self.columns.items()}
        object.__setattr__(self, "columns", MappingProxyType(frozen))

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def check_row(self, row: int) -> None:
        """Raises :class:`BeliefRefused` where no pseudonym has that row."""
        if not 0 <= row < len(self):
            raise BeliefRefused("there is no such pseudonym")

    def __len__(self) -> int:
        return int(self.columns["days"].shape[0])

    def align(self, as_of: int) -> Evidence:
        """The same evidence on another day, later or the same. Raises :class:`BeliefRefused` for an earlier one."""
        if as_of < self.as_of:
            raise BeliefRefused("what was forgotten does not come back: align to the same day or a later one")
        if as_of == self.as_of:
            return self
        elapsed = float(as_of - self.as_of)
        half_lives = {name: column.half_life for name, column in columns_of(self.model).items()}
        kept = {name: value * np.exp2(-elapsed / half_lives[name]) for name, value in self.columns.items()}
        return Evidence(as_of, kept, self.model)

    def merge(self, other: Evidence) -> Evidence:
        """Both, on the later of their days, pseudonym by pseudonym. Raises :class:`BeliefRefused` if they do not fit."""
        if len(self) != len(other) or self.model != other.model:
            raise BeliefRefused("two states of other pseudonyms or another model do not add")
        as_of = max(self.as_of, other.as_of)
        left, right = self.align(as_of), other.align(as_of)
        return Evidence(as_of, {name: left[name] + right[name] for name in self.columns}, self.model)


def no_evidence(pseudonyms: int, as_of: int, model: BeliefModel | None = None) -> Evidence:
    """What is known of pseudonyms of whom nothing was reported."""
    model = model or shipped_model()
    return Evidence(as_of, {name: np.zeros(pseudonyms) for name in columns_of(model)}, model)


def daily_evidence(
    pseudonyms: int,
    owner: ArrayLike,
    day: ArrayLike,
    sums: Mapping[str, ArrayLike],
    as_of: int,
    model: BeliefModel | None = None,
) -> Evidence:
    """The evidence of daily sums: row i belongs to pseudonym ``owner[i]`` (0 … pseudonyms − 1) and ``day[i]`` ≤ ``as_of``.

    ``sums`` has any of :data:`DAILY`, one number a row; what is left out is 0. Rows come in any order, and one day of one
    pseudonym may be spread over several. Raises :class:`BeliefRefused`.
    """
    model = model or shipped_model()
    owners, days = whole_days(owner, "owner"), whole_days(day, "day")
    if owners.ndim != 1 or owners.shape != days.shape:
        raise BeliefRefused("owner and day have one number a row")
    if owners.size and (owners.min() < 0 or owners.max() >= pseudonyms):
        raise BeliefRefused("owner names no pseudonym")
    if days.size and days.max() > as_of:
        raise BeliefRefused("a day is later than the day of the evidence")
    if not set(sums) <= set(DAILY):
        raise BeliefRefused("there is no such daily sum")
    rows = dict(zip(sums, measured(**sums), strict=True))
    if any(value.shape != owners.shape for value in rows.values()):
        raise BeliefRefused("every daily sum has one number a row")
    age = (as_of - days).astype(np.float64)
    state = {name: _summed(column, rows, owners, age, pseudonyms) for name, column in columns_of(model).items()}
    return Evidence(as_of, state, model)


def _summed(column: Column, rows: Mapping[str, Floats], owners: Days, age: Floats, pseudonyms: int) -> Floats:
    present = [(rows[name], weight) for name, weight in column.sources.items() if name in rows]
    if not present:
        return np.zeros(pseudonyms)
    weighted = np.sum([value * weight for value, weight in present], axis=0) * np.exp2(-age / column.half_life)
    return np.bincount(owners, weights=weighted, minlength=pseudonyms).astype(np.float64)
