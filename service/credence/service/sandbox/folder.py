"""The folder of a sandbox: its installation, the wallets of its persons, and a copy of both as they were at the start.

Nothing else is ever touched. A folder that holds anything is taken only where a sandbox has left its mark in it, so that an
installation that somebody relies on cannot become one by a wrong argument.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from credence.service.app.sandboxed import MARK, WORDS, leave_mark
from credence.service.errors import Misconfigured
from credence.service.settings import DATABASE_FILE

_INSTALLED: Final = ("keyring.json", "master.key", DATABASE_FILE)
"""What ``credence init`` makes, and no sandbox has at this place."""


class FolderRefused(Misconfigured):
    """A folder that is somebody else's."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One that is ours. Made by :func:`claim`."""

    path: Path

    @property
    def mark(self) -> Path:
        """The file that says whose folder it is."""
        return self.path / MARK

    @property
    def installation(self) -> Path:
        """The installation's data folder."""
        return self.path / "installation"

    @property
    def wallets(self) -> Path:
        """The vaults of the persons."""
        return self.path / "wallets"

    def empty(self) -> None:
        """Removes what an earlier sandbox left, and marks the place of the next one's installation."""
        for found in (self.installation, self.wallets, self._start):
            shutil.rmtree(found, ignore_errors=True)
        leave_mark(self.installation)

    def keep_start(self) -> None:
        """Copies the present state, to which :meth:`restore` leads back. Nobody may have the installation open."""
        self._start.mkdir(mode=0o700)
        for found in (self.installation, self.wallets):
            shutil.copytree(found, self._start / found.name)

    def restore(self) -> None:
        """Brings the start back. Nobody may have the installation open."""
        for found in (self.installation, self.wallets):
            shutil.rmtree(found, ignore_errors=True)
            shutil.copytree(self._start / found.name, found)

    @property
    def _start(self) -> Path:
        return self.path / "start"


def claim(path: Path) -> Folder:
    """A folder for a sandbox: one that is not there yet, is empty, or was a sandbox's and holds no installation beside it.

    Raises :class:`FolderRefused`.
    """
    folder = Folder(path)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(path.iterdir()) and not _is_marked(folder):
            raise FolderRefused(f"{path} is no sandbox's folder and not empty; nothing was changed")
        if any((path / name).exists() for name in _INSTALLED):
            raise FolderRefused(f"{path} holds an installation; nothing was changed")
        leave_mark(path)
    except OSError as error:
        raise FolderRefused(f"{path} cannot be used: {error.strerror}") from error
    return folder


def _is_marked(folder: Folder) -> bool:
    return folder.mark.is_file() and folder.mark.read_bytes() == WORDS.encode()
