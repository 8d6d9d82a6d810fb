"""Days as commands are given them."""

from __future__ import annotations

from credence.circuits.days import read_day
from credence.service.cli.exits import BadUsage


def day_given(option: str, text: str) -> int:
    """The day of UTC, in days since 1970-01-01, that ``option`` names. Raises :class:`BadUsage`."""
    try:
        return read_day(text)
    except ValueError as error:
        raise BadUsage(f"{option} is a date, YYYY-MM-DD") from error
