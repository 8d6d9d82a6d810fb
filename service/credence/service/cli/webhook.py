"""``credence verifier webhook``: where a venue is told of decisions, and what became of it, in the installation's folder.

A venue that has an API key does the same over HTTP.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.exits import Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from credence.service.runtime import Services
    from credence.service.verifier.webhooks.endpoints import Secured

webhook: Final = typer.Typer(help="Where a venue is told of decisions.", no_args_is_help=True)

_HOUR: Final = 3_600
_PAGE: Final = 100

ClientId = Annotated[str, typer.Option("--client", metavar="CLIENT", help="Whose webhook.")]
EndpointId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="The webhook's id.")]


def add_to(noun: typer.Typer) -> None:
    """Adds the noun below another."""
    noun.add_typer(webhook, name="webhook")


@webhook.command(epilog=codes("there is no such client, or it has five webhooks already", "no installation"))
def add(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="https, to a public host or one of CREDENCE_WEBHOOK_ALLOW_HOSTS.")
    ],
    client_id: ClientId,
    event: Annotated[
        list[str] | None, typer.Option("--event", metavar="EVENT", help="What to tell, once for each; default: everything.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Add a webhook. Its secret is shown this once."""
    from credence.service.verifier.webhooks import endpoints

    with opened(data_dir) as services:
        _require_client(services, client_id)
        work = partial(
            endpoints.add,
            keyring=services.keyring,
            venue=client_id,
            url=url,
            events=event or list(endpoints.EventType),
            allowed=services.settings.webhook_allow_hosts,
            now=services.clock(),
            rng=services.rng,
        )
        made = services.store("verifier").run(work)
    _show_secret(made, as_json)


@webhook.command("list", epilog=codes("they cannot be read", "no installation"))
def show_all(client_id: ClientId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List a venue's webhooks; never a secret."""
    from credence.service.verifier.webhooks import endpoints

    with opened(data_dir) as services, services.store("verifier").reading() as session:
        found = endpoints.listed(session, client_id, now=services.clock())
    if as_json:
        print_json({"webhooks": [endpoint.to_json() for endpoint in found]})
        return
    rows = (
        (one.endpoint_id, "live" if one.disabled_at is None else "disabled", " ".join(one.events), one.url) for one in found
    )
    print_table(("webhook", "state", "events", "address"), rows)


@webhook.command(epilog=codes("there is no such webhook, or two secrets sign already", "no installation"))
def rotate(
    endpoint_id: EndpointId,
    client_id: ClientId,
    overlap: Annotated[
        int, typer.Option("--overlap", metavar="HOURS", min=0, max=168, help="Hours that the secret before signs too.")
    ] = 24,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give a webhook a new secret, shown this once. With --overlap 0 every older one ends at once."""
    from credence.service.verifier.webhooks import endpoints

    with opened(data_dir) as services:
        work = partial(
            endpoints.rotate,
            keyring=services.keyring,
            venue=client_id,
            endpoint_id=endpoint_id,
            overlap=overlap * _HOUR,
            now=services.clock(),
            rng=services.rng,
        )
        made = services.store("verifier").run(work)
    _show_secret(made, as_json)


@webhook.command(epilog=codes("there is no such webhook", "no installation"))
def remove(endpoint_id: EndpointId, client_id: ClientId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """End a webhook; what waits to be sent to it is forgotten."""
    from credence.service.verifier.webhooks import endpoints

    with opened(data_dir) as services:
        services.store("verifier").run(partial(endpoints.remove, venue=client_id, endpoint_id=endpoint_id))
    if as_json:
        print_json({"removed": endpoint_id})
    note(f"removed: {endpoint_id}")


@webhook.command(epilog=codes("they cannot be read", "no installation"))
def deliveries(
    client_id: ClientId,
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the last hundred deliveries of a venue, newest first."""
    from credence.service.verifier.webhooks import outbox

    with opened(data_dir) as services, services.store("verifier").reading() as session:
        found = outbox.listed(session, client_id, now=services.clock(), state="dead" if dead else None, limit=_PAGE)
    if as_json:
        print_json({"deliveries": [delivery.to_json() for delivery in found]})
        return
    rows = (
        (one.delivery_id, one.event, one.state, str(one.attempts), one.outcome or "", _moment(one.next_attempt_at))
        for one in found
    )
    print_table(("delivery", "event", "state", "attempts", "last failure", "next attempt"), rows)


@webhook.command(epilog=codes("there is no such delivery", "no installation"))
def retry(
    delivery_id: Annotated[str, typer.Argument(metavar="DELIVERY", help="The delivery's id.")],
    client_id: ClientId,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have a delivery sent again, under the same id; a service that runs does so soon."""
    from credence.service.verifier.webhooks import outbox

    with opened(data_dir) as services:
        work = partial(outbox.retry, venue=client_id, delivery_id=delivery_id, now=services.clock())
        found = services.store("verifier").run(work)
    if as_json:
        print_json(found.to_json())
    note(f"waits to be sent again: {delivery_id}")


def _require_client(services: Services, client_id: str) -> None:
    """Nobody else's decisions would ever be told. Raises :class:`Failed` for a client that is unknown or revoked."""
    from credence.service.auth import records

    with services.store("auth").reading() as session:
        client = records.find_client(session, client_id)
    if client is None or client.revoked_at is not None:
        raise Failed(f"there is no client {client_id}: credence client register makes one")


def _show_secret(made: Secured, as_json: bool) -> None:
    """The secret alone on standard output; in JSON with its webhook."""
    if as_json:
        print_json(made.to_json())
        return
    print_line(made.secret)
    note(f"The secret of the webhook {made.endpoint.endpoint_id}, shown this once. It signs:")
    note(f"  {' '.join(made.endpoint.events)}")
    if made.endpoint.before_ends_at is not None:
        note(f"The one before it signs too until {_moment(made.endpoint.before_ends_at)}.")


def _moment(seconds: int | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
