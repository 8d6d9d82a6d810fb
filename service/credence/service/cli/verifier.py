"""``credence verifier``: what a venue asks, and what a wallet answered, checked here and now.

Without ``--url`` policies are those of the installation's folder, where ``--client`` says whose.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli import denials, exhibit, verifier_charges, verifier_document, verifier_tariff, webhook
from credence.service.cli.documents import read_as, read_object
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.keeping import register_venue
from credence.service.cli.opening import opened
from credence.service.cli.options import ApiKeyFile, AsJson, DataDir, Engine, Url
from credence.service.cli.output import note, print_facts, print_json, print_line
from credence.service.cli.remote import api_key, service_at

if TYPE_CHECKING:
    from credence.circuits.policy import Policy
    from credence.circuits.presentation import Accepted
    from credence.circuits.wire import IssuerDocument
    from credence.sdk import RegisteredPolicy
    from credence.service.settings import Mode

verifier: Final = typer.Typer(help="Policies, webhooks, and a presentation checked offline.", no_args_is_help=True)
policy: Final = typer.Typer(help="What a venue asks of wallets.", no_args_is_help=True)
verifier.add_typer(policy, name="policy")
webhook.add_to(verifier)
verifier_tariff.add_to(verifier)
verifier_document.add_to(verifier)
denials.add_to_verifier(verifier)
exhibit.add_to(verifier)
register_venue(verifier)
verifier_charges.add_to(verifier)

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy as JSON; - is standard input.")]
ClientId = Annotated[
    str | None, typer.Option("--client", metavar="CLIENT", help="Whose policy, in the installation's folder.")
]


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    app.add_typer(verifier, name="verifier", rich_help_panel=panel)


@policy.command(epilog=codes("the policy is refused"))
def explain(file: PolicyFile, as_json: AsJson = False) -> None:
    """Say in plain words what a policy asks, or why it is refused. Needs no installation and no service."""
    _show_policy(_described(_loaded(file)), as_json)


@policy.command(name="schema", epilog=codes("it cannot be shown"))
def show_schema(as_json: AsJson = False) -> None:
    """Print the JSON Schema of the policy language. It is JSON in any case. Needs no installation and no service."""
    from credence.circuits.policy.document import SCHEMA

    print_json(dict(SCHEMA))


@policy.command(epilog=codes("the policy is refused, or its version says something else", "no installation, or no service"))
def add(
    file: PolicyFile,
    client_id: ClientId = None,
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register a version of a policy. A version never changes, and the highest one is served."""
    from credence.sdk import Verifier
    from credence.service.app.trust import believed
    from credence.service.auth import may_disclose
    from credence.service.verifier.desk import Desk
    from credence.service.verifier.rules import register as register_published
    from credence.service.verifier.tariff import load_tariffs

    loaded = _loaded(file)
    if url is not None:
        with service_at(url) as service:
            venue = Verifier(service, audience=client_id or "", api_key=api_key(key_file))
            _show_policy(_registered(venue.register_policy(loaded.document)), as_json)
        return
    venue_id = _named(client_id)
    with opened(data_dir) as services:
        _require_client(services.store("auth"), venue_id)
        with services.store("auth").reading() as session:
            disclose = may_disclose(session, venue_id)
        settings = services.settings
        tariffs = Desk(services, load_tariffs(settings.tariff_dir)).active_tariffs(services.clock())
        found = _accepted_here(loaded, tariffs, disclose, believed(services), settings.mode)
        work = partial(register_published, services=services, venue=venue_id, policy=found)
        is_new = services.store("verifier").run(work)
    note(f"registered for {venue_id}" if is_new else f"{venue_id} has this version already")
    _show_policy(_described(found), as_json)


@policy.command(epilog=codes("there is no such policy", "no installation, or no service"))
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy's name.")],
    client_id: ClientId = None,
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest version of a policy, in plain words."""
    from credence.sdk import Verifier
    from credence.service.verifier import policies

    if url is not None:
        with service_at(url) as service:
            venue = Verifier(service, audience=client_id or "", api_key=api_key(key_file))
            _show_policy(_registered(venue.policy(name)), as_json)
        return
    venue_id = _named(client_id)
    with opened(data_dir) as services, services.store("verifier").reading() as session:
        found = policies.newest(session, venue_id, name)
    _show_policy(_described(found), as_json)


@verifier.command(epilog=codes("the presentation is not accepted"))
def verify(
    request: Annotated[Path, typer.Option("--request", metavar="FILE", help="The request that the wallet was sent.")],
    presentation: Annotated[Path, typer.Option("--presentation", metavar="FILE", help="What the wallet answered.")],
    document: Annotated[
        list[Path], typer.Option("--issuer-document", metavar="FILE", help="The document of a trusted issuer; repeatable.")
    ],
    audience: Annotated[
        str, typer.Option("--audience", metavar="VERIFIER/CLIENT", help="Whom it must be for: your client id at a verifier.")
    ],
    at: Annotated[int | None, typer.Option("--at", metavar="SECONDS", help="As of this unix time; default: now.")] = None,
    engine: Engine = None,
    as_json: AsJson = False,
) -> None:
    """Check a presentation with three files and no service. Its nonce and the tag of its use are yours to accept once."""
    from credence.circuits.wire import IssuerDocument, PresentationRequest
    from credence.sdk import check_presentation
    from credence.sdk.errors import VerifierError
    from credence.service.cli.engines import load_engine
    from credence.service.clock import system_clock

    asked = read_as(request, "the request", PresentationRequest.parse)
    documents = [read_as(path, "the issuer's document", IssuerDocument.parse) for path in document]
    answer = read_object(presentation, "the presentation")
    now = system_clock() if at is None else at
    try:
        found = check_presentation(asked, answer, documents, audience=audience, now=now, curve=load_engine(engine))
    except VerifierError as error:
        if as_json:
            print_json({"accepted": False, "reason": error.reason})
        raise Failed(f"the presentation is refused: {error.reason}") from error
    if as_json:
        print_json(_accepted_json(found))
    else:
        print_facts({name: _said(value) for name, value in _accepted_json(found).items()})


def _loaded(file: Path) -> Policy:
    from credence.circuits.errors import CircuitError
    from credence.circuits.policy import load_policy

    try:
        return load_policy(read_object(file, "the policy"))
    except CircuitError as error:
        raise Failed(f"the policy is refused: {error.reason}") from error


def _accepted_here(
    loaded: Policy, tariffs: Any, disclose: Collection[str], documents: Sequence[IssuerDocument], mode: Mode
) -> Policy:
    from credence.service.clock import system_clock
    from credence.service.errors import InvalidRequest
    from credence.service.verifier.policies import read_policy

    try:
        return read_policy(
            dict(loaded.document), tariffs, now=system_clock(), disclose=disclose, documents=documents, mode=mode
        )
    except InvalidRequest as error:
        raise Failed(error.reason) from error


def _require_client(store: Any, client_id: str) -> None:
    """A policy of nobody would never be served. Raises :class:`Failed` for a client that is unknown or revoked."""
    from credence.service.auth import records

    with store.reading() as session:
        client = records.find_client(session, client_id)
    if client is None or client.revoked_at is not None:
        raise Failed(f"there is no client {client_id}: credence client register makes one")


def _named(client_id: str | None) -> str:
    if client_id is None:
        raise BadUsage("say whose policy: --client CLIENT in the installation's folder, or --url and an API key")
    return client_id


def _described(found: Policy) -> dict[str, Any]:
    from credence.circuits.encoding import b64u
    from credence.circuits.policy import explain as words

    return {
        "name": found.name,
        "version": found.version,
        "policy_hash": b64u(found.digest),
        "explanation": list(words(found)),
    }


def _registered(found: RegisteredPolicy) -> dict[str, Any]:
    from credence.circuits.encoding import b64u

    return {
        "name": found.name,
        "version": found.version,
        "policy_hash": b64u(found.policy_hash),
        "explanation": list(found.explanation),
    }


def _show_policy(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_line(f"{found['name']}, version {found['version']} ({found['policy_hash']})")
    for line in found["explanation"]:
        print_line(f"- {line}")


def _accepted_json(found: Accepted) -> dict[str, Any]:
    from credence.circuits.encoding import b64u

    return {
        "accepted": True,
        "reason": "accepted",
        "pseudonym": None if found.pseudonym is None else b64u(found.pseudonym),
        "predicates": list(found.predicates),
        "disclosed": {name: str(value) for name, value in found.disclosed.items()},
        "kyc_level": found.kyc_level,
        "risk_tier": found.risk_tier,
        "standing_tier": found.standing_tier,
        "use": None if found.use is None else {"name": found.use.name, "epoch": found.use.epoch, "tag": b64u(found.use.tag)},
        "escrow": None if found.sealed is None else {"trustees": found.sealed.trustees, "purpose": found.sealed.purpose},
        "presentation_digest": b64u(found.presentation_digest),
    }


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return ", ".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
