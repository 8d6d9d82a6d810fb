"""The engine of features, loaded for the first test that asks: collecting tests does not wait for it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credence.service.reputation.features.engine import Engine


@cache
def engine() -> Engine:
    """One for all tests of a process."""
    from credence.service.reputation.features.engine import Engine

    return Engine()
