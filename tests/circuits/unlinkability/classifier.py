"""A classifier of two kinds of items, and how well it tells them apart: screened logistic regression, and its AUC.

Features are standardised on what it is trained with, the ones whose means differ most between the two kinds are kept, and a
regression with a penalty is fitted to those by Adagrad. All of it is determined by its input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

KEPT: Final = 64
_ROWS_EACH: Final = 20
"""Rows that a column is worth: of few rows, few columns are kept, or a regression learns the rows by heart."""

_ROUNDS: Final = 8
_RATE: Final = 0.1
_PENALTY: Final = 1e-3
_CLIP: Final = 5.0

Row = Sequence[float]


@dataclass(frozen=True)
class Classifier:
    """A score for an item, the higher the likelier its label is 1."""

    columns: tuple[int, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def score(self, row: Row) -> float:
        """Not a probability: its order is what counts."""
        return self.bias + sum([w * v for w, v in zip(self.weights, self._standard(row), strict=True)])

    def _standard(self, row: Row) -> list[float]:
        return _standard(row, self.columns, self.means, self.scales)


def _standard(row: Row, columns: Sequence[int], means: Sequence[float], scales: Sequence[float]) -> list[float]:
    found = []
    for column, mean, scale in zip(columns, means, scales, strict=True):
        found.append(max(-_CLIP, min(_CLIP, (row[column] - mean) / scale)))
    return found


def trained(rows: Sequence[Row], labels: Sequence[bool]) -> Classifier:
    """Fitted to items of both kinds. Raises :class:`ValueError` where there are none of one kind."""
    if len(set(labels)) != 2:
        raise ValueError("a classifier is trained with both kinds")
    screened = []
    for column, values in enumerate(zip(*rows, strict=True)):
        mean = math.fsum(values) / len(values)
        scale = math.sqrt(math.fsum([(value - mean) ** 2 for value in values]) / len(values))
        if scale > 1e-9 * (abs(mean) + 1e-300):
            ones = [value for value, label in zip(values, labels, strict=True) if label]
            apart = (math.fsum(ones) / len(ones) - mean) / scale
            screened.append((-abs(apart), column, mean, scale))
    best = sorted(screened)[: max(1, min(KEPT, len(rows) // _ROWS_EACH))]
    columns = tuple(column for _, column, _, _ in best)
    means, scales = tuple(mean for *_, mean, _ in best), tuple(scale for *_, scale in best)
    weights, bias = _fitted([_standard(row, columns, means, scales) for row in rows], labels)
    return Classifier(columns, means, scales, weights, bias)


def _fitted(rows: Sequence[Sequence[float]], labels: Sequence[bool]) -> tuple[tuple[float, ...], float]:
    count = len(rows[0])
    weights, squares = [0.0] * count, [1e-8] * count
    bias, bias_square = 0.0, 1e-8
    for _ in range(_ROUNDS):
        for row, label in zip(rows, labels, strict=True):
            score = bias + sum([w * v for w, v in zip(weights, row, strict=True)])
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - label
            bias_square += error * error
            bias -= _RATE * error / math.sqrt(bias_square)
            for at, value in enumerate(row):
                slope = error * value + _PENALTY * weights[at]
                squares[at] += slope * slope
                weights[at] -= _RATE * slope / math.sqrt(squares[at])
    return tuple(weights), bias


@dataclass(frozen=True)
class Separation:
    """The AUC over ``ones`` items of one kind and ``zeros`` of the other, none of which was trained with."""

    auc: float
    ones: int
    zeros: int

    @property
    def deviation(self) -> float:
        """The AUC's standard deviation where nothing tells the kinds apart and items are independent."""
        return math.sqrt((self.ones + self.zeros + 1) / (12 * self.ones * self.zeros))

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, by that deviation."""
        return self.auc - 1.96 * self.deviation, self.auc + 1.96 * self.deviation


def separation(scores: Sequence[float], labels: Sequence[bool]) -> Separation:
    """The probability that an item labelled 1 scores higher than one labelled 0; equal scores count half."""
    ranked = sorted(zip(scores, labels, strict=True))
    ones = sum(labels)
    zeros = len(labels) - ones
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        middle = (at + end + 1) / 2  # the mean of the ranks at + 1 … end
        total += middle * sum([label for _, label in ranked[at:end]])
        at = end
    return Separation((total - ones * (ones + 1) / 2) / (ones * zeros), ones, zeros)


def told_apart(rows: Sequence[Row], labels: Sequence[bool], training: int) -> Separation:
    """Trains with the first ``training`` items, judges the others."""
    classifier = trained(rows[:training], labels[:training])
    return separation([classifier.score(row) for row in rows[training:]], labels[training:])
