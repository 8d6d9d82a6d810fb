"""``credence issuer suspend|unsuspend|ban|unban|person``: what is decided about a person (scope ``issuer:revoke``).

Lifting takes two, so that all of it is asked of a running service, by the client's own key: whoever can read the
installation's folder is nobody in particular.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.circuits.days import write_day
from credence.service.cli.case_forms import keep_offer
from credence.service.cli.documents import require_absent
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import ApiKeyFile, AsJson, ServiceUrl
from credence.service.cli.output import print_json, print_line, print_table
from credence.service.cli.remote import api_key, service_at
from credence.service.cli.reviewing import OfferFile

if TYPE_CHECKING:
    from credence.sdk.calls.persons import Ban, Suspension

AttestationId = Annotated[str, typer.Argument(metavar="ATTESTATION", help="The credential, by its attestation.")]
PersonOf = Annotated[
    str, typer.Argument(metavar="ATTESTATION|CASE", help="Something that was issued to the person, or a case.")
]
SlugOf = Annotated[str, typer.Option("--reason", metavar="SLUG", help="Why, such as device-stolen; never of whom.")]


def register(issuer: typer.Typer) -> None:
    """Adds the verbs."""
    issuer.command(epilog=codes("it is not live any more, or unknown", "no service"))(suspend)
    issuer.command(epilog=codes("it is not suspended, or one's own asking", "no service"))(unsuspend)
    issuer.command(epilog=codes("the person is banned, or unknown", "no service"))(ban)
    issuer.command(epilog=codes("it is not in force, or one's own asking", "no service"))(unban)
    issuer.command(epilog=codes("there is no such attestation or case", "no service"))(person)


def suspend(
    attestation_id: AttestationId,
    reason: SlugOf,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Suspend a credential. Verifiers refuse it within a minute, and nothing is issued to its person until two lift it."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).suspend(attestation_id, reason)
    _show_suspension(found, as_json)


def unsuspend(
    attestation_id: AttestationId,
    offer_file: OfferFile = None,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask that a suspension be lifted: the second one's asking lifts it, and makes an offer while the evidence is fresh."""
    from credence.sdk import Onboarding

    require_absent(offer_file, "the offer")
    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).lift(attestation_id)
    keep_offer(found.offer, offer_file)
    _show_suspension(found, as_json)


def ban(
    reason: SlugOf,
    case_id: Annotated[str | None, typer.Option("--case", metavar="CASE", help="The person of this case.")] = None,
    attestation_id: Annotated[
        str | None, typer.Option("--attestation", metavar="ID", help="The person of this attestation.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="When it ends (UTC); default: never by itself.")
    ] = None,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ban a person: nothing is issued to them, whatever they come with, and what they hold is revoked."""
    from credence.sdk import Onboarding

    if (case_id is None) == (attestation_id is None):
        raise BadUsage("name --case or --attestation, one of the two")
    ends = None if until is None else int(until.replace(tzinfo=UTC).timestamp())
    with service_at(url) as service:
        holder = Onboarding(service, api_key=api_key(key_file))
        found = holder.ban(reason, attestation_id=attestation_id, case_id=case_id, until=ends)
    _show_ban(found, as_json)


def unban(
    ban_id: Annotated[str, typer.Argument(metavar="BAN", help="The ban.")],
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask that a ban be lifted: the second person's asking lifts it. What it revoked stays revoked."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).unban(ban_id)
    _show_ban(found, as_json)


def person(name: PersonOf, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show every credential of a person with what became of it, and every ban. Nothing here says who it is."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).person(name)
    if as_json:
        print_json(asdict(found))
        return
    columns = ("serial", "attestation", "life", "issued", "resets")
    rows = (
        (
            str(one.serial),
            one.attestation_id,
            one.life,
            write_day(one.issued_day),
            str(one.resets),
        )
        for one in found.issued
    )
    print_table(columns, rows)
    for each in found.bans:
        _show_ban(each, as_json=False)


def _show_suspension(found: Suspension, as_json: bool) -> None:
    shown: dict[str, Any] = {name: value for name, value in asdict(found).items() if name != "offer"}
    if as_json:
        print_json(shown)
        return
    line = f"{found.life}: attestation {found.attestation_id} ({found.reason})"
    waits = "" if found.asked_by is None or found.lifted_by is not None else f"; {found.asked_by} asked to lift it"
    print_line(line + waits)


def _show_ban(found: Ban, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    standing = "ban" if found.ended_at is None else "ban that ended"
    ends = "" if found.until is None else f", until {datetime.fromtimestamp(found.until, UTC).date().isoformat()}"
    waits = "" if found.asked_by is None or found.lifted_by is not None else f"; {found.asked_by} asked to lift it"
    print_line(f"{standing} {found.ban_id} ({found.reason}{ends}){waits}")
