"""``credence client``: who may ask the service for what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli import registration
from credence.service.cli.client_words import DAY, ClientId, Days, Name, ScopeNames, day, read_scopes, show_key
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from sqlmodel import Session

    from credence.service.auth import IssuedKey

client: Final = typer.Typer(help="Register and add clients, give, rotate and end their keys.", no_args_is_help=True)
registration.add_to(client)

_PREFIX_LENGTH: Final = 16


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    app.add_typer(client, name="client", rich_help_panel=panel)


@client.command(epilog=codes("the client id was given before", "no installation"))
def add(
    client_id: ClientId,
    scope: ScopeNames,
    name: Name = None,
    days: Days = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Add a client with its first API key, which is shown this once. A venue is registered instead. No id is given twice."""
    from credence.service.auth import add_client

    def added(session: Session, now: int) -> None:
        add_client(session, client_id, name or client_id, now=now)

    _give_key(client_id, scope, days, data_dir, as_json, first=added)


@client.command(epilog=codes("there is no such client, or it is revoked", "no installation"))
def key(client_id: ClientId, scope: ScopeNames, days: Days = 90, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Give a client another API key, which is shown this once; its other keys live on until they end or are revoked."""
    _give_key(client_id, scope, days, data_dir, as_json)


@client.command(epilog=codes("the client has no live key, or two already", "no installation"))
def rotate(
    client_id: ClientId,
    overlap: Annotated[
        int, typer.Option("--overlap", metavar="N", min=0, max=31, help="Days that the key before lives on.")
    ] = 7,
    days: Days = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give a client a key in place of its live one, with the same scopes, shown this once; the one before gets an end."""
    from credence.service.auth import RotatedKey, rotate_key

    with opened(data_dir) as services:

        def work(session: Session) -> RotatedKey:
            times = {"overlap": overlap * DAY, "lifetime": days * DAY}
            return rotate_key(session, services.keyring, client_id, now=services.clock(), rng=services.rng, **times)

        rotated = services.store("auth").run(work)
    show_key(rotated.issued, as_json, before=rotated.before, before_ends_at=rotated.before_ends_at)
    note(f"The key {rotated.before} before it ends on {day(rotated.before_ends_at)}.")


@client.command(epilog=codes("there is nothing of that name that lives", "no installation"))
def revoke(
    client_id: Annotated[str | None, typer.Argument(metavar="[CLIENT]", help="End the client and all its keys.")] = None,
    prefix: Annotated[
        str | None, typer.Option("--key", metavar="PREFIX", help="End this one key, by its prefix or thumbprint.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """End a client with all its keys, or one key, at once and for good."""
    from credence.service import auth

    if (client_id is None) == (prefix is None):
        raise BadUsage("name a client, or one key by --key")
    with opened(data_dir) as services:
        now = services.clock()
        if prefix is not None and len(prefix) > _PREFIX_LENGTH:
            services.store("auth").run(partial(auth.revoke_public_key, thumbprint=prefix, now=now))
        elif prefix is not None:
            services.store("auth").run(partial(auth.revoke, prefix=prefix, now=now))
        else:
            services.store("auth").run(partial(auth.revoke_client, client_id=str(client_id), now=now))
    note(f"revoked: {f'key {prefix}' if prefix is not None else client_id}")


@client.command("list", epilog=codes("they cannot be read", "no installation"))
def show_all(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List clients with the names, scopes and ends of their keys, and the day each was last used; never a key itself."""
    from credence.service.auth import list_clients

    with opened(data_dir) as services, services.store("auth").reading() as session:
        found = list_clients(session, now=services.clock())
    if as_json:
        print_json({"clients": [client.to_json() for client in found]})
        return
    rows = (
        (
            client.client_id,
            client.role or "",
            key.name,
            key.state,
            day(key.expires_at),
            day(key.last_used_at),
            " ".join(sorted(key.scopes)),
        )
        for client in found
        for key in client.keys
    )
    print_table(("client", "role", "key", "state", "expires", "last used", "scopes"), rows)


def _give_key(
    client_id: str,
    names: list[str],
    days: int,
    data_dir: Path | None,
    as_json: bool,
    first: Callable[[Session, int], None] | None = None,
) -> None:
    from credence.service.auth import issue_key

    scopes = read_scopes(names)
    with opened(data_dir) as services:
        now = services.clock()

        def work(session: Session) -> IssuedKey:
            if first is not None:
                first(session, now)
            return issue_key(session, services.keyring, client_id, scopes, now=now, rng=services.rng, lifetime=days * DAY)

        issued = services.store("auth").run(work)
    show_key(issued, as_json)  # the key is stored by now
