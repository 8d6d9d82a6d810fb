"""``credence issuer``: what an issuer publishes, the cases it works on, the lists it searches.

Without ``--url`` a command works on the installation's folder, and whoever may read its keys may do everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from credence.service.cli import finding
from credence.service.cli.case_forms import case_seen, case_told, keep_offer, list_cases, show_case
from credence.service.cli.documents import read_text, require_absent
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.keeping import register as register_keeping
from credence.service.cli.opening import opened
from credence.service.cli.options import ApiKeyFile, AsJson, DataDir, EvidenceType, ServiceUrl, Url
from credence.service.cli.output import print_json, print_line
from credence.service.cli.persons import register as register_persons
from credence.service.cli.remote import api_key, service_at
from credence.service.cli.reviewing import OfferFile
from credence.service.cli.reviewing import register as register_reviewing
from credence.service.cli.reviews import reviews
from credence.service.cli.screening import screen, screen_eval
from credence.service.cli.screening_lists import lists

if TYPE_CHECKING:
    from credence.service.issuer.desk import Desk

OPERATOR: Final = "operator"
"""Who decides where a decision is made on the installation's folder."""

issuer: Final = typer.Typer(help="See and decide cases; show the issuer's document and lists.", no_args_is_help=True)


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    app.add_typer(issuer, name="issuer", rich_help_panel=panel)
    issuer.add_typer(lists, name="lists")
    issuer.add_typer(reviews, name="reviews")
    register_reviewing(issuer)
    register_persons(issuer)
    finding.add_to(issuer)
    register_keeping(issuer)
    issuer.command("screen", epilog=codes("a file cannot be used", "a list cannot be read whole"))(screen)
    issuer.command("screen-eval", epilog=codes("a file cannot be used", "a list cannot be read whole"))(screen_eval)


@issuer.command(epilog=codes("the service refuses", "no installation, or no service"))
def document(url: Url = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print the issuer's document: its keys and its log's key, for wallets and verifiers. It is JSON in any case."""
    from credence.sdk.calls import issuer as calls
    from credence.sdk.calls import perform
    from credence.service.issuer.keepers import signer_of
    from credence.service.issuer.publication import issuer_document
    from credence.service.keys.accumulating import AccumulatorKeys

    if url is not None:
        with service_at(url) as service:
            found = perform(service, calls.document())
    else:
        with opened(data_dir) as services:
            accumulators = AccumulatorKeys(services.keyring, services.curve, services.rng)
            found = issuer_document(services, signer_of(services), accumulators)
    print_json(found.to_json())


@issuer.command(epilog=codes("the evidence is refused", "no service"))
def submit(
    evidence: Annotated[Path, typer.Option("--evidence", metavar="FILE", help="The evidence; - is stdin.")],
    kind: EvidenceType = "vendor-jws",
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    offer_file: OfferFile = None,
    as_json: AsJson = False,
) -> None:
    """Hand in evidence at a service (scope issuer:cases). An approved case makes an offer for the person's wallet."""
    from credence.sdk import Onboarding
    from credence.sdk.calls.issuer import Evidence

    require_absent(offer_file, "the offer")
    given = Evidence(read_text(evidence, "the evidence").strip(), kind)
    with service_at(url) as service:
        case = Onboarding(service, api_key=api_key(key_file)).submit(given)
    keep_offer(case.offer, offer_file)
    show_case(case_told(case), as_json)


@issuer.command(epilog=codes("the service refuses", "no service"))
def challenge(url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Ask for what a holder's wallet signs when it shows a PID (scope issuer:cases); the answer opens one case."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).challenge()
    shown = {"nonce": found.nonce, "audience": found.audience, "expires_at": found.expires_at}
    if as_json:
        print_json(shown)
        return
    print_line(f"nonce {found.nonce} for {found.audience}, until {found.expires_at}")


@issuer.command(epilog=codes("there is no such case", "no installation, or no service"))
def cases(
    case_id: Annotated[str | None, typer.Argument(metavar="[CASE]", help="One case; default: the newest.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="Those in one state, such as review.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="How many at most.")] = 50,
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List cases, or show one: its state, the reasons, what screening found. Nothing here names a person."""
    from credence.sdk import Onboarding
    from credence.service.issuer import intake

    if url is not None:
        if case_id is None:
            raise BadUsage("a service is asked for one case: name it, or leave --url out")
        with service_at(url) as service:
            found = case_told(Onboarding(service, api_key=api_key(key_file)).case(case_id))
        show_case(found, as_json)
    elif case_id is not None:
        with _desk(data_dir) as desk:
            show_case(case_seen(intake.read_case(desk, case_id)), as_json)
    else:
        list_cases(_listed(data_dir, state, limit), as_json)


@issuer.command(epilog=codes("there is no such case, or it is not in review", "no installation, or no service"))
def decide(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="A case in review.")],
    decision: Annotated[str, typer.Argument(metavar="approve|decline")],
    reason: Annotated[str, typer.Option("--reason", metavar="SLUG", help="Why, such as false-positive; never of whom.")],
    offer_file: OfferFile = None,
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Decide a case that waits for a person. Approving makes an offer; where an entry was found it takes two: propose it."""
    from credence.sdk import Onboarding
    from credence.service.issuer import intake
    from credence.service.issuer.forms import DecisionForm

    verb = _verb(decision)
    require_absent(offer_file, "the offer")
    try:
        DecisionForm(decision=verb, reason=reason)
    except ValueError as error:
        raise BadUsage("--reason is a slug: lower-case letters, digits and dashes") from error
    if url is not None:
        with service_at(url) as service:
            case = Onboarding(service, api_key=api_key(key_file)).decide(case_id, verb, reason)
        offer, shown = case.offer, case_told(case)
    else:
        with _desk(data_dir) as desk:
            view = intake.decide_case(desk, case_id, approve=verb == "approve", reason=reason, client_id=OPERATOR)
        offer, shown = view.offer, case_seen(view)
    keep_offer(offer, offer_file)
    show_case(shown, as_json)


@issuer.command(epilog=codes("no credential was issued for it, or it is revoked", "no installation, or no service"))
def revoke(
    case_id: Annotated[str | None, typer.Option("--case", metavar="CASE", help="The credential of this case.")] = None,
    attestation_id: Annotated[
        str | None, typer.Option("--attestation", metavar="ID", help="The credential of this attestation.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="SLUG", help="Why, such as key-lost; never of whom.")] = "",
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a credential, for good (scope issuer:revoke). Verifiers refuse it within a minute."""
    from credence.sdk import Onboarding
    from credence.service.issuer.revocation.forms import RevocationAnswer, RevocationForm

    try:
        form = RevocationForm(attestation_id=attestation_id, case_id=case_id, reason=reason)
    except ValueError as error:
        raise BadUsage("name --case or --attestation, one of the two, and a --reason in lower case with dashes") from error
    if url is not None:
        with service_at(url) as service:
            found = Onboarding(service, api_key=api_key(key_file)).revoke(
                reason, attestation_id=attestation_id, case_id=case_id
            )
        shown: dict[str, Any] = asdict(found)
    else:
        with _desk(data_dir) as desk:
            shown = RevocationAnswer.of(desk.revocation.revoke(form.target, reason=reason, by=OPERATOR)).model_dump()
    if as_json:
        print_json(shown)
        return
    print_line(f"revoked: attestation {shown['attestation_id']}, event {shown['index']} of {shown['accumulator_id']}")


@contextmanager
def _desk(data_dir: Path | None) -> Iterator[Desk]:
    """The issuer's desk without ways for evidence and without lists: for what is in the database already."""
    from credence.service.issuer.desk import Desk
    from credence.service.issuer.diligence import load_table
    from credence.service.issuer.keepers import signer_of, tags_of
    from credence.service.issuer.revocation.manager import open_manager
    from credence.service.issuer.revocation.stapling import Stapler
    from credence.service.screening.searching import ScreeningIndex

    with opened(data_dir) as services:
        manager = open_manager(services)
        yield Desk(
            services, signer_of(services), tags_of(services), {}, ScreeningIndex(()), load_table(), manager, Stapler(manager)
        )


def _verb(decision: str) -> Literal["approve", "decline"]:
    match decision:
        case "approve" | "decline":
            return decision
        case _:
            raise BadUsage("a case is decided by approve or decline")


def _listed(data_dir: Path | None, state: str | None, limit: int) -> list[dict[str, Any]]:
    from credence.service.issuer import records
    from credence.service.issuer.cases import CaseState
    from credence.service.issuer.intake import CaseView, stored_screening

    try:
        wanted = None if state is None else CaseState(state)
    except ValueError as error:
        raise BadUsage(f"--state is one of {', '.join(CaseState)}") from error
    with opened(data_dir) as services, services.store("issuer").reading() as session:
        found = records.cases(session, wanted, limit=limit)
        return [case_seen(CaseView(case, stored_screening(case), None)) for case in found]
