"""The curve engine that a command is told to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credence.service.cli.exits import BadUsage, NotReady

if TYPE_CHECKING:
    from credence.circuits.curve import Curve


def load_engine(name: str | None) -> Curve:
    """The engine. Raises :class:`BadUsage` for a name that is none, :class:`NotReady` for one that is not installed."""
    from credence.circuits import curve as curves

    try:
        return curves.load(name)
    except ValueError as error:
        raise BadUsage(str(error)) from error
    except ImportError as error:
        raise NotReady("the native engine is not installed: its wheels do not import") from error
