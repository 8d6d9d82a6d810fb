"""``credence client``: who may ask the service for what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from sqlmodel import Session

    from credence.service.auth import IssuedKey, Scope

client: Final = typer.Typer(help="Add clients, give and end their API keys.", no_args_is_help=True)

ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, such as venue.example.")]
Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="A right of the key, once for each: issuer:cases, issuer:review, verifier:policies, verifier:sessions.",
    ),
]
Days = Annotated[int, typer.Option("--days", metavar="N", min=1, max=366, help="How long the key lives.")]

_DAY: Final = 86_400


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    app.add_typer(client, name="client", rich_help_panel=panel)


@client.command(epilog=codes("the client id was given before", "no installation"))
def add(
    client_id: ClientId,
    scope: Scopes,
    name: Annotated[str | None, typer.Option("--name", help="What people call it; default: its id.")] = None,
    days: Days = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Add a client with its first API key, which is shown this once. An id is never given twice: pseudonyms hang on it."""
    from credence.service.auth import add_client

    def added(session: Session, now: int) -> None:
        add_client(session, client_id, name or client_id, now=now)

    _give_key(client_id, scope, days, data_dir, as_json, first=added)


@client.command(epilog=codes("there is no such client, or it is revoked", "no installation"))
def key(client_id: ClientId, scope: Scopes, days: Days = 90, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Give a client another API key, which is shown this once; its other keys live on until they end or are revoked."""
    _give_key(client_id, scope, days, data_dir, as_json)


@client.command(epilog=codes("there is nothing of that name that lives", "no installation"))
def revoke(
    client_id: Annotated[str | None, typer.Argument(metavar="[CLIENT]", help="End the client and all its keys.")] = None,
    prefix: Annotated[str | None, typer.Option("--key", metavar="PREFIX", help="End this one key.")] = None,
    data_dir: DataDir = None,
) -> None:
    """End a client with all its keys, or one key, at once and for good."""
    from credence.service import auth

    if (client_id is None) == (prefix is None):
        raise BadUsage("name a client, or one key by --key")
    with opened(data_dir) as services:
        now = services.clock()
        if prefix is not None:
            services.store("auth").run(partial(auth.revoke, prefix=prefix, now=now))
        else:
            services.store("auth").run(partial(auth.revoke_client, client_id=str(client_id), now=now))
    note(f"revoked: {f'key {prefix}' if prefix is not None else client_id}")


@client.command("list", epilog=codes("they cannot be read", "no installation"))
def show_all(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List clients with the prefixes, scopes and ends of their keys. A key itself is kept nowhere."""
    from credence.service.auth import list_clients

    with opened(data_dir) as services, services.store("auth").reading() as session:
        found = list_clients(session, now=services.clock())
    if as_json:
        print_json({"clients": [client.to_json() for client in found]})
        return
    rows = (
        (client.client_id, key.name, key.state, _day(key.expires_at), " ".join(sorted(key.scopes)))
        for client in found
        for key in client.keys
    )
    print_table(("client", "key", "state", "expires", "scopes"), rows)


def _give_key(
    client_id: str,
    names: list[str],
    days: int,
    data_dir: Path | None,
    as_json: bool,
    first: Callable[[Session, int], None] | None = None,
) -> None:
    from credence.service.auth import issue_key

    scopes = _scopes(names)
    with opened(data_dir) as services:
        now = services.clock()

        def work(session: Session) -> IssuedKey:
            if first is not None:
                first(session, now)
            return issue_key(session, services.keyring, client_id, scopes, now=now, rng=services.rng, lifetime=days * _DAY)

        issued = services.store("auth").run(work)
    _show(issued, as_json)  # the key is stored by now


def _scopes(names: list[str]) -> frozenset[Scope]:
    from credence.service.auth import Scope

    wanted = {name for item in names for name in item.split(",")}
    if not wanted <= set(Scope):
        raise BadUsage(f"--scope is one of {', '.join(Scope)}")
    return frozenset(map(Scope, wanted))


def _show(issued: IssuedKey, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "client_id": issued.client_id,
                "key": issued.key,
                "prefix": issued.prefix,
                "scopes": sorted(issued.scopes),
                "expires_at": issued.expires_at,
            }
        )
        return
    print_line(issued.key)
    note(f"The API key of {issued.client_id} until {_day(issued.expires_at)}, shown this once. It may:")
    note(f"  {' '.join(sorted(issued.scopes))}")


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
