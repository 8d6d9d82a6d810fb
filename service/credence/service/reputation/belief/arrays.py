"""What beliefs are computed from: float64 arrays of one shape, finite and not negative. Everything else is refused here."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from credence.service.errors import InvalidRequest

Floats: TypeAlias = NDArray[np.float64]
Days: TypeAlias = NDArray[np.int64]


class BeliefRefused(InvalidRequest):
    """Numbers that no belief can be computed from; ``reason`` names the argument and repeats none of them."""


def counted(**named: ArrayLike) -> list[Floats]:
    """The arguments as float64 of one common shape, each finite and ≥ 0. Raises :class:`BeliefRefused`."""
    found = measured(**named)
    for name, array in zip(named, found, strict=True):
        if (array < 0).any():
            raise BeliefRefused(f"{name} is negative")
    return found


def measured(**named: ArrayLike) -> list[Floats]:
    """The arguments as float64 of one common shape, each finite. Raises :class:`BeliefRefused`."""
    found: list[Floats] = []
    for name, value in named.items():
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise BeliefRefused(f"{name} is no array of numbers") from error
        if array.dtype.kind not in "iuf":
            raise BeliefRefused(f"{name} is no array of numbers")
        array = array.astype(np.float64)
        if not np.isfinite(array).all():
            raise BeliefRefused(f"{name} is not finite")
        if found and array.shape != found[0].shape:
            raise BeliefRefused(f"{name} has another shape than the first argument")
        found.append(array)
    return found


def limited(part: Floats, whole: Floats, what: str) -> None:
    """Returns iff no part exceeds its whole by more than rounding. Raises :class:`BeliefRefused`."""
    if (part > whole * (1 + 1e-9) + 1e-12).any():
        raise BeliefRefused(f"{what}: a part is more than the whole")


def whole_days(value: ArrayLike, name: str) -> Days:
    """Days since 1970-01-01 as int64. Raises :class:`BeliefRefused`."""
    array = np.asarray(value)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu" or (np.abs(array.astype(np.float64)) > 1e6).any():
        raise BeliefRefused(f"{name} is no number of days")
    return array.astype(np.int64)
