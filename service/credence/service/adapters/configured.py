"""The adapters that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

from credence.service.adapters.list_file import read_list
from credence.service.adapters.ofac_csv import read_ofac
from credence.service.adapters.vendor_jws import VendorJws
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import EvidenceAdapter
from credence.service.issuer.screening import ListRefused, SanctionsList
from credence.service.settings import Settings

Progress = Callable[[str, int, int], None]
"""Told the list's name, and how many rows of how many were read."""


def silent(_name: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def evidence_adapters(settings: Settings) -> MappingProxyType[str, EvidenceAdapter]:
    """Every way in which evidence may come, by its type. Raises :class:`Misconfigured` for a key that is none."""
    try:
        vendors = VendorJws(settings.issuer_id, settings.vendor_keys)
    except ValueError as error:
        raise Misconfigured("CREDENCE_VENDOR_KEYS: not an Ed25519 public key") from error
    return MappingProxyType({vendors.type: vendors})


def screening_lists(settings: Settings, progress: Progress = silent) -> tuple[SanctionsList, ...]:
    """Every list of the settings, read: ``.csv`` is the SDN list, ``.json`` a list of one's own.

    Raises :class:`~credence.service.issuer.screening.ListRefused`, naming the list.
    """
    found: list[SanctionsList] = []
    for name, path in settings.screening_lists.items():
        try:
            if path.suffix == ".csv":
                found.append(read_ofac(name, path, partial(progress, name)))
            elif path.suffix == ".json":
                found.append(read_list(name, path))
            else:
                raise ListRefused("a screening list is a .csv or .json file")
        except ListRefused as error:
            raise ListRefused(f"CREDENCE_SCREENING_LISTS, {name}: {error.reason}") from error
    return tuple(found)
