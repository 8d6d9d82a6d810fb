"""``credence keys``: what the keyring holds, its rotation, and what opens it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli import ceremony, keepers, resealing
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import is_keeper, keyring_of, opened, settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line

if TYPE_CHECKING:
    from credence.service.keys import Purpose, Version
    from credence.service.settings import Settings

PurposeName = Annotated[str, typer.Argument(metavar="PURPOSE", help="As `credence keys list` says.")]
Now = Annotated[bool, typer.Option("--now", help="End a key whatever is still in use of what it made.")]

keys: Final = typer.Typer(help="List and rotate the keys of the keyring, and change what opens it.", no_args_is_help=True)


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    resealing.add_to(keys)
    ceremony.add_to(keys)
    keepers.register(keys)
    app.add_typer(keys, name="keys", rich_help_panel=panel)


@keys.command("list", epilog=codes("the keyring is refused", "there is no installation"))
def list_keys(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Say what keys there are and since when; never a key itself."""
    versions = keyring_of(settings_of(data_dir)).versions()
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

    ring = keyring_of(settings_of(data_dir))
    made = ring.complete(now=system_clock(), rng=secrets.token_bytes, curve=curves.load())
    if as_json:
        print_json({"made": [_shown(version) for version in made]})
    else:
        note(f"made: {', '.join(version.purpose.value for version in made)}" if made else "the keyring is complete")


_WAITS: Final = codes("the key is permanent or still in use, or the keyring is refused", "there is no installation")


@keys.command(epilog=_WAITS)
def rotate(purpose: PurposeName, at_once: Now = False, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make another key for a purpose; the one before lives on. A running service uses it within seconds.

    Of a purpose at most two keys live. With two, the older one ends, if nothing that it made is in use any more.
    """
    from credence.circuits import curve as curves
    from credence.service.clock import system_clock

    settings = settings_of(data_dir)
    ring, wanted = keyring_of(settings), _purpose(purpose)
    if wanted.is_permanent:
        raise Failed(f"{wanted.value} is permanent: {wanted.permanence}")
    if not ring.live(wanted):
        raise Failed(f"no key for {wanted.value} lives in this keyring: name its keeper's folder by --data-dir")
    older = ring.live(wanted)[1:]
    if older and not at_once:
        _require_idle(settings, older[-1])
    ends = {version.key_id for version in older}
    made = ring.rotate(wanted, now=system_clock(), rng=secrets.token_bytes, curve=curves.load(), ends=ends)
    _tell(f"made: {made.purpose.value} {made.key_id}", {"made": _shown(made)}, as_json)


@keys.command(epilog=_WAITS)
def retire(
    purpose: PurposeName,
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `credence keys list` says.")],
    at_once: Now = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End the older key of a purpose. What it made is refused from then on, so that it waits until that has ended.

    A retired receipt or tariff key stays published with its end: what it signed before goes on to verify.
    """
    from credence.service.clock import system_clock

    settings = settings_of(data_dir)
    ring, wanted = keyring_of(settings), _purpose(purpose)
    found = next((version for version in ring.live(wanted)[1:] if version.key_id == key_id), None)
    if found is None:
        raise Failed("only a live key that is not the current one can be retired: see credence keys list")
    if not at_once:
        _require_idle(settings, found)
    ring.retire(wanted, key_id, now=system_clock())
    retired = next(version for version in ring.versions(wanted) if version.key_id == key_id)
    _tell(f"retired: {purpose} {key_id}", {"retired": _shown(retired)}, as_json)


def _require_idle(settings: Settings, version: Version) -> None:
    """Returns iff nothing that a key made is in use. Raises :class:`Failed` with when it may end."""
    from datetime import UTC, datetime

    from credence.service.app.tenure import in_use_until

    if is_keeper(settings.data_dir):
        raise Failed(
            "a keeper does not know what is in use: once the service's database does not need it, --now ends the key"
        )
    with opened(settings.data_dir) as services:
        until = in_use_until(services, version)
    if until is not None:
        day = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise Failed(f"{version.purpose.value} {version.key_id} is in use until {day}; --now ends it, and what it made")


def _purpose(name: str) -> Purpose:
    from credence.service.keys import Purpose

    try:
        return Purpose(name)
    except ValueError:
        raise BadUsage(f"the purposes are {', '.join(purpose.value for purpose in Purpose)}") from None


def _tell(line: str, document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        print_line(line)


def _shown(version: Version) -> dict[str, Any]:
    return {
        "purpose": version.purpose.value,
        "key_id": version.key_id,
        "created": version.created,
        "retired": version.retired,
    }
