"""The tariffs a verifier can name: those that come with the package, or those of a folder of the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Final

from credence.service.verifier.tariff.door import is_slug
from credence.service.verifier.tariff.parsing import parse_tariff
from credence.service.verifier.tariff.tables import Tariff, TariffError

DEFAULT_TARIFF: Final = "perp-default"
_SHIPPED: Final = (DEFAULT_TARIFF,)


@cache
def shipped_tariff(name: str = DEFAULT_TARIFF) -> Tariff:
    """The tariff of that name which comes with the package. Raises TariffError ``unknown-tariff`` if there is none."""
    if is_slug(name):
        file = resources.files("credence.service.verifier.tariff").joinpath("shipped", f"{name}.json")
        if file.is_file():
            return parse_tariff(file.read_bytes())
    raise TariffError("unknown-tariff", "no tariff of that name comes with the package")


def load_tariffs(folder: Path | None) -> Mapping[str, Tariff]:
    """Every tariff of ``folder`` (its ``*.json`` files) by name; without a folder those that are shipped.

    Tangents that are not those that are shipped are held against the exact bound. Raises TariffError as
    :func:`parse_tariff`, naming the file; ``posterior-tangents`` for those; ``unreadable`` for what cannot be read,
    ``unknown-tariff`` for a folder without tariffs, ``repeated-name`` where two files name the same one.
    """
    if folder is None:
        return MappingProxyType({name: shipped_tariff(name) for name in _SHIPPED})
    found: dict[str, Tariff] = {}
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json")
        for path in files:
            tariff = _read(path)
            if tariff.name in found:
                raise TariffError("repeated-name", "two files of the folder name the same tariff")
            found[tariff.name] = tariff
    except OSError as error:
        raise TariffError("unreadable", "a tariff file or its folder cannot be read") from error
    if not found:
        raise TariffError("unknown-tariff", "the folder holds no tariff")
    return MappingProxyType(found)


def _read(path: Path) -> Tariff:
    try:
        tariff = parse_tariff(path.read_bytes())
        if tariff.posterior is not None and tariff.posterior != shipped_tariff().posterior:
            from credence.service.verifier.tariff.tangents import check_exact

            check_exact(tariff)
        return tariff
    except TariffError as error:
        raise TariffError(error.invariant, f"{path.name}: {error.detail}") from error
