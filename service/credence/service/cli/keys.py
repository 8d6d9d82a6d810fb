"""``credence keys``: what the keyring holds, and the keys that a new release needs."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

import typer

from credence.service.cli.exits import NotReady, codes
from credence.service.cli.opening import settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line

if TYPE_CHECKING:
    from credence.service.keys import Keyring, Version
    from credence.service.settings import Settings

keys: Final = typer.Typer(help="List the keys of the keyring, add those that a new release needs.", no_args_is_help=True)


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    app.add_typer(keys, name="keys", rich_help_panel=panel)


@keys.command("list", epilog=codes("the keyring is refused", "there is no installation"))
def list_keys(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Say what keys there are and since when; never a key itself."""
    versions = _opened(settings_of(data_dir)).versions()
    if as_json:
        print_json({"keys": [_shown(version) for version in versions]})
        return
    for version in versions:
        state = "live" if version.retired is None else f"retired at {version.retired}"
        print_line(f"{version.purpose.value} {version.key_id} made at {version.created}, {state}")


@keys.command(epilog=codes("the keyring is refused", "there is no installation"))
def complete(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make the first key of every purpose that this release has new. Stop the service first; existing keys stay."""
    from credence.circuits import curve as curves
    from credence.service.clock import system_clock

    ring = _opened(settings_of(data_dir))
    made = ring.complete(now=system_clock(), rng=secrets.token_bytes, curve=curves.load())
    if as_json:
        print_json({"made": [_shown(version) for version in made]})
    else:
        note(f"made: {', '.join(version.purpose.value for version in made)}" if made else "the keyring is complete")


def _opened(settings: Settings) -> Keyring:
    from credence.service.app.installation import open_keyring

    if not settings.keyring_path.exists():
        raise NotReady(f"there is no installation in {settings.data_dir}: run credence init")
    return open_keyring(settings)


def _shown(version: Version) -> dict[str, Any]:
    return {
        "purpose": version.purpose.value,
        "key_id": version.key_id,
        "created": version.created,
        "retired": version.retired,
    }
