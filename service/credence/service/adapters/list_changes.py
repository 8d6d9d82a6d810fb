"""What came to the lists since an earlier version, for whoever looks for holders that have to be screened again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from credence.service.adapters.configured import Progress, screening_lists, silent
from credence.service.adapters.list_folder import ListFolder
from credence.service.screening.lists import ListRefused, SanctionsList, compare_lists
from credence.service.settings import Settings


class KeptListChanges:
    """The lists that are searched, and the earlier versions that were imported. Reads a version when it is asked for."""

    def __init__(self, lists: tuple[SanctionsList, ...], data_dir: Path) -> None:
        self._lists: Final = {found.version.name: found for found in lists}
        self._folder: Final = ListFolder(data_dir)
        self._known: Final[dict[tuple[str, str | None], bool]] = {}

    @property
    def current(self) -> Mapping[str, str]:
        """The version (SHA-256 in hex) of each list, by name."""
        return MappingProxyType({name: found.version.digest for name, found in self._lists.items()})

    def concern(self, name: str, searched: str | None) -> bool:
        """Whether entries were added or changed since the version ``searched``.

        What an earlier version held is only known where it was imported and is still there: else everything is new.
        """
        if (name, searched) not in self._known:
            self._known[name, searched] = self._concern(self._lists[name], searched)
        return self._known[name, searched]

    def _concern(self, now: SanctionsList, searched: str | None) -> bool:
        if searched == now.version.digest:
            return False
        before = self._earlier(now.version.name, searched)
        if before is None:
            return bool(now.entries)
        delta = compare_lists(before, now)
        return bool(delta.added or delta.changed)

    def _earlier(self, name: str, digest: str | None) -> SanctionsList | None:
        kept = next((version for version in self._folder.versions(name) if version.digest == digest), None)
        try:
            return None if kept is None else self._folder.read(kept)
        except ListRefused:
            return None


def list_changes(settings: Settings, progress: Progress = silent) -> KeptListChanges:
    """The lists as a service that starts now would search them. Raises :class:`ListRefused`, naming the list."""
    return KeptListChanges(screening_lists(settings, progress), settings.data_dir)
