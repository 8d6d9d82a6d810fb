"""``credence client register`` and what belongs to it: receipts, public keys, and who may do what."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.client_words import DAY, ClientId, Days, Name, read_scopes
from credence.service.cli.documents import read_object
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_table


def add_to(noun: typer.Typer) -> None:
    """Adds the commands."""
    noun.command("register", epilog=codes("the client id was given before", "no installation"))(enrol)
    noun.command("receipt", epilog=codes("the client was never registered", "no installation"))(receipt)
    noun.command("jwks", epilog=codes("there is no such client, or a key was registered before", "no installation"))(jwks)
    noun.command("roles", epilog=codes("they cannot be shown"))(roles)


def enrol(
    client_id: ClientId,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="What it is, for good: see credence client roles.")],
    name: Name = None,
    disclose: Annotated[
        list[str] | None,
        typer.Option(
            "--disclose",
            metavar="ATTRIBUTE",
            help="What its policies may ask to be shown, once for each; default: the ladders, kind and accredited.",
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register a client in a role, hand a commitment to it to the log, and print the receipt. It is JSON in any case.

    Neither id nor role ever changes, nor what a venue may ask to be shown. The client keeps the receipt: with it the leaf
    can be found in the log.
    """
    from credence.service.auth import Role, register_client

    try:
        wanted = Role(role)
    except ValueError as error:
        raise BadUsage(f"--role is one of {', '.join(Role)}") from error
    with opened(data_dir) as services:
        work = partial(
            register_client,
            client_id=client_id,
            name=name or client_id,
            role=wanted,
            now=services.clock(),
            rng=services.rng,
            disclose=disclose or None,
        )
        registered = services.store("auth").run(work)
    print_json(registered.to_json())
    note(f"{client_id} is registered as {wanted}. Hand it this receipt, and give it keys: credence client key or jwks.")


def receipt(client_id: ClientId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print the receipt of a registration again, with its place in the log once it has one. It is JSON in any case."""
    from credence.service.auth import registration_of

    with opened(data_dir) as services, services.store("auth").reading() as session:
        found = registration_of(session, client_id)
    print_json(found.to_json())


def jwks(
    client_id: ClientId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its JWK Set, one or two public keys; - is stdin.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="SCOPE", help="A right of new keys, once for each; default: all that the role has."),
    ] = None,
    days: Days = 366,
    overlap: Annotated[
        int, typer.Option("--overlap", metavar="N", min=0, max=31, help="Days that keys not in the set live on.")
    ] = 1,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a JWK Set (Ed25519 or P-256) the public keys of a client, with which it gets access tokens.

    To rotate, hand in a set with both keys, and later one without the old.
    """
    from credence.service.auth import ROLES, register_keys, registration_of

    wanted = read_object(file, "the JWK Set")
    with opened(data_dir) as services:
        if scope:
            scopes = read_scopes(scope)
        else:
            with services.store("auth").reading() as session:
                scopes = ROLES[registration_of(session, client_id).role]
        work = partial(
            register_keys,
            client_id=client_id,
            jwks=wanted,
            scopes=scopes,
            now=services.clock(),
            lifetime=days * DAY,
            overlap=overlap * DAY,
        )
        found = services.store("auth").run(work)
    changes = {"added": list(found.added), "kept": list(found.kept), "ending": list(found.ending)}
    if as_json:
        print_json({"client_id": client_id, **changes})
    else:
        print_facts({name: " ".join(names) or "none" for name, names in changes.items()})


def roles(as_json: AsJson = False) -> None:
    """Show every role, the scopes that its keys may carry, and the operations that each opens."""
    from credence.service.auth import ROLES, operations_of

    if as_json:
        found = {role.value: {scope.value: list(operations_of(scope)) for scope in sorted(ROLES[role])} for role in ROLES}
        print_json({"roles": found})
        return
    rows = (
        (role.value, scope.value, " ".join(operations_of(scope)) or "none")
        for role in ROLES
        for scope in sorted(ROLES[role])
    )
    print_table(("role", "scope", "operations"), rows)
