"""The installation, opened by a command beside the service that may be running on it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from credence.service.cli.exits import NotReady

if TYPE_CHECKING:
    from credence.service.keys import Keyring
    from credence.service.runtime import Services
    from credence.service.settings import Settings


def settings_of(data_dir: Path | None) -> Settings:
    """The settings of the environment, ``data_dir`` first. Raises :class:`~credence.service.errors.Misconfigured`."""
    from credence.service.settings import Settings

    return Settings.load() if data_dir is None else Settings.load(data_dir=data_dir)


def is_keeper(folder: Path) -> bool:
    """Whether a folder is a keeper's, whose keyring a master of its own opens."""
    return (folder / "keeper.json").is_file()


def keyring_of(settings: Settings) -> Keyring:
    """The keyring of an installation, or of a keeper's folder. Raises :class:`NotReady`, and
    :class:`~credence.service.keys.KeyringRefused` for the installation's."""
    from credence.service.app.installation import open_keyring
    from credence.service.keys import Keyring, KeyringRefused
    from credence.service.keys.keeper import KEYRING, PASSPHRASE, master_of

    folder = settings.data_dir
    if not is_keeper(folder):
        if not settings.keyring_path.exists():
            raise NotReady(f"there is no installation in {folder}: run credence init")
        return open_keyring(settings)
    try:
        return Keyring.open(folder / KEYRING, master_of(folder, os.environ))
    except KeyringRefused as error:
        raise NotReady(f"{folder} is a keeper's, opened by its master.key or {PASSPHRASE}: {error}") from error


def database_file(url: str) -> Path | None:
    """The file of an SQLite database; None for another kind."""
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def database_files(settings: Settings) -> tuple[Path, ...]:
    """The SQLite files that the settings name, each once."""
    from credence.service.app.installation import OWNERS

    found = (database_file(settings.database_of(owner)) for owner in OWNERS)
    return tuple(dict.fromkeys(path for path in found if path is not None))


def server_databases(settings: Settings) -> tuple[str, ...]:
    """The URLs of databases that are no files, each once. They may hold passwords."""
    from credence.service.app.installation import OWNERS

    urls = dict.fromkeys(settings.database_of(owner) for owner in OWNERS)
    return tuple(url for url in urls if database_file(url) is None)


def require_databases(settings: Settings) -> None:
    """Returns iff no SQLite file is missing: opening one would make it, empty. Raises :class:`NotReady`."""
    missing = [path for path in database_files(settings) if not path.is_file()]
    if missing:
        raise NotReady(f"there is no database {missing[0]}: run credence init, or restore it")


def require_installation(settings: Settings) -> None:
    """Returns iff :func:`credence.service.app.initialise` was run here. Raises :class:`NotReady`."""
    if not settings.keyring_path.exists():
        raise NotReady(f"there is no installation in {settings.data_dir}: run credence init")
    require_databases(settings)


@contextmanager
def opened(data_dir: Path | None) -> Iterator[Services]:
    """The services of an installation, closed in the end. Raises :class:`NotReady`, and as ``open_services``."""
    from credence.service.app import open_services
    from credence.service.clock import system_clock

    settings = settings_of(data_dir)
    require_installation(settings)
    services = open_services(settings, clock=system_clock, rng=secrets.token_bytes, checkpoints=False)
    try:
        yield services
    finally:
        for store in dict.fromkeys([*services.stores.values(), services.keeping.keys.store]):
            store.close()
