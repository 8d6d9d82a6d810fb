"""The adapters that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import MappingProxyType

from credence.service.adapters.country_signers import read_country_signers
from credence.service.adapters.eu_pid import PID, EuPid
from credence.service.adapters.fetching import HttpFetch
from credence.service.adapters.icao_emrtd import IcaoEmrtd
from credence.service.adapters.list_folder import ListFolder, imported_lists
from credence.service.adapters.list_formats import read_any
from credence.service.adapters.pid_trust import read_trust
from credence.service.adapters.vendor_accounts import read_accounts
from credence.service.adapters.vendor_jws import VendorJws
from credence.service.clock import Clock, system_clock
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import EvidenceAdapter
from credence.service.screening.lists import ListRefused, SanctionsList
from credence.service.settings import Settings

Progress = Callable[[str, int, int], None]
"""Told the list's name, and how much of how much was read."""


def silent(_name: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def evidence_adapters(settings: Settings, clock: Clock = system_clock) -> MappingProxyType[str, EvidenceAdapter]:
    """Every way in which evidence may come, by its type: those that the settings name keys, accounts or trust for.

    ``clock`` tells whether a trust list is over. Raises :class:`Misconfigured`, naming the setting.
    """
    return MappingProxyType({adapter.type: adapter for adapter in _evidence_adapters(settings, clock)})


def _evidence_adapters(settings: Settings, clock: Clock) -> Iterator[EvidenceAdapter]:
    try:
        yield VendorJws(settings.issuer_id, settings.vendor_keys)
    except ValueError as error:
        raise Misconfigured("CREDENCE_VENDOR_KEYS: not an Ed25519 public key") from error
    if settings.vendor_accounts is not None:
        yield from read_accounts(settings.vendor_accounts)
    if settings.emrtd_signers is not None:
        yield IcaoEmrtd(read_country_signers(settings.emrtd_signers))
    if settings.pid_trust_list is not None:
        if settings.pid_trust_signers is None:
            raise Misconfigured("CREDENCE_PID_TRUST_SIGNERS: a trust list is believed by the certificate of who signed it")
        yield EuPid(
            trust=read_trust(settings.pid_trust_list, settings.pid_trust_signers, clock()),
            fetch=HttpFetch(settings.pid_status_hosts),
            audience=settings.evidence_audience,
            vcts=settings.pid_types or frozenset({PID}),
            number_claim=settings.pid_number,
        )


def screening_lists(settings: Settings, progress: Progress = silent) -> tuple[SanctionsList, ...]:
    """Every list of the settings, whichever format its file has, and every list that was imported.

    Raises :class:`~credence.service.screening.lists.ListRefused`, naming the list.
    """
    found: list[SanctionsList] = []
    for name, path in settings.screening_lists.items():
        try:
            found.append(read_any(name, path, partial(progress, name)))
        except ListRefused as error:
            raise ListRefused(f"CREDENCE_SCREENING_LISTS, {name}: {error.reason}") from error
    found.extend(imported_lists(ListFolder(settings.data_dir)))
    return tuple(found)
