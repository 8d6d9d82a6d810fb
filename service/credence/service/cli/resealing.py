"""``credence keys reseal``: another key file, passphrase or key store opens the keyring from now on."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import keyring_of, settings_of
from credence.service.cli.options import DataDir
from credence.service.cli.output import note

if TYPE_CHECKING:
    from credence.service.keys import Master


def add_to(keys: typer.Typer) -> None:
    """Adds the verb."""
    keys.command(epilog=codes("the keyring or what is to open it is refused", "there is no installation"))(reseal)


def reseal(
    key_file: Annotated[
        Path | None, typer.Option("--to-key-file", metavar="FILE", help="A key file; it is made where there is none.")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--to-passphrase-file", metavar="FILE", help="A file with a passphrase, mode 0600.")
    ] = None,
    command: Annotated[
        str | None, typer.Option("--to-command", metavar="COMMAND", help="As CREDENCE_MASTER_COMMAND is written.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Lock the keyring with something else. It opens with the one or the other at any moment, and never with neither.

    Stop the service first, and start it again with the settings that belong to what opens the keyring then.
    """
    settings = settings_of(data_dir)
    if sum(given is not None for given in (key_file, passphrase_file, command)) != 1:
        raise BadUsage("say what is to open it: --to-key-file, --to-passphrase-file or --to-command")
    ring = keyring_of(settings)
    ring.reseal(_master(key_file, passphrase_file, command, settings.master_command_env), secrets.token_bytes)
    note("The keyring is locked anew. Copies of it from before still open as before: destroy them, or rotate the keys.")


def _master(key_file: Path | None, passphrase_file: Path | None, command: str | None, passed_on: frozenset[str]) -> Master:
    from credence.service.keys import FileMaster, PassphraseMaster, create_master_file
    from credence.service.keys.external import CommandStore, ExternalMaster
    from credence.service.settings.fields import command_of

    if key_file is not None:
        return FileMaster(key_file) if key_file.exists() else create_master_file(key_file, secrets.token_bytes)
    if passphrase_file is not None:
        return PassphraseMaster.of_file(passphrase_file)
    try:
        argv = command_of(command)
    except ValueError as error:
        raise BadUsage(f"--to-command: {error}") from None
    if not isinstance(argv, tuple) or not argv:
        raise BadUsage("--to-command names a program")
    return ExternalMaster(CommandStore(argv, tuple(sorted(passed_on))))
