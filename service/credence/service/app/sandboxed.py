"""What tells a sandbox's installation, whose every key is public, from one that people rely on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from credence.service.settings import Settings

MARK: Final = "SANDBOX"
"""The file that stands in a sandbox's folder, and in the data folder of its installation."""

WORDS: Final = "Everything in this folder is invented, and every key in it is public. credence serve --sandbox made it.\n"

PASSPHRASE: Final = "sandbox: every key in here is public"  # noqa: S105 - as it says
"""Opens the keyring of a sandbox. One that is opened by a key file, as ``credence init`` makes them, is not opened by it."""


def sandbox_mark(settings: Settings) -> str | None:
    """By what the installation of these settings is known as a sandbox's; None where it is none.

    A copy of the keyring alone carries no mark, and is known by what opens it.
    """
    for folder in dict.fromkeys((settings.data_dir, settings.keyring_path.parent)):
        if (folder / MARK).exists():
            return str(folder / MARK)
    passphrase = settings.master_passphrase
    return "its passphrase" if passphrase is not None and passphrase.get_secret_value() == PASSPHRASE else None


def leave_mark(folder: Path) -> None:
    """Says of a folder, which is made where it is not there, that it is a sandbox's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARK).write_text(WORDS, encoding="utf-8")
