"""What the commands of ``credence client`` take and print alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.exits import BadUsage
from credence.service.cli.output import note, print_json, print_line

if TYPE_CHECKING:
    from credence.service.auth import IssuedKey, Scope

DAY: Final = 86_400

ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, such as venue.example.")]
Name = Annotated[str | None, typer.Option("--name", help="What people call it; default: its id.")]
ScopeNames = Annotated[
    list[str],
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help=(
            "A right of the key, once for each: issuer:cases, issuer:review, verifier:policies, verifier:sessions,"
            " verifier:webhooks, reputation:events."
        ),
    ),
]
Days = Annotated[int, typer.Option("--days", metavar="N", min=1, max=366, help="How long the key lives.")]


def read_scopes(names: list[str]) -> frozenset[Scope]:
    """The scopes of ``--scope``. Raises :class:`BadUsage`."""
    from credence.service.auth import Scope

    wanted = {name for item in names for name in item.split(",")}
    if not wanted <= set(Scope):
        raise BadUsage(f"--scope is one of {', '.join(Scope)}")
    return frozenset(map(Scope, wanted))


def day(seconds: int | None) -> str:
    """The date, UTC, of a time in unix seconds; nothing for none."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()


def show_key(issued: IssuedKey, as_json: bool, **more: str | int) -> None:
    """A new API key, alone on standard output; in JSON with what ``more`` there is to say."""
    if as_json:
        print_json(
            {
                "client_id": issued.client_id,
                "key": issued.key,
                "prefix": issued.prefix,
                "scopes": sorted(issued.scopes),
                "expires_at": issued.expires_at,
                **more,
            }
        )
        return
    print_line(issued.key)
    note(f"The API key of {issued.client_id} until {day(issued.expires_at)}, shown this once. It may:")
    note(f"  {' '.join(sorted(issued.scopes))}")
