"""A tariff in a file, as commands are given one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from credence.service.cli.documents import read_text
from credence.service.cli.exits import Failed

if TYPE_CHECKING:
    from credence.service.verifier.tariff import Tariff


def read_tariff(file: Path) -> Tariff:
    """The tariff in a file. Raises :class:`BadUsage` where it cannot be read, :class:`Failed` where it is refused."""
    from credence.service.verifier.tariff import TariffError, parse_tariff

    try:
        return parse_tariff(read_text(file, "the tariff").encode())
    except TariffError as error:
        raise Failed(f"the tariff is refused: {error}") from error


def tariff_or_shipped(file: Path | None) -> Tariff:
    """The same; the one that is shipped where no file is named."""
    from credence.service.verifier.tariff import shipped_tariff

    return shipped_tariff() if file is None else read_tariff(file)
