"""``credence issuer kept|hold|lift|erase|purge`` and ``credence verifier erase``: what is kept, and how it goes.

Erasing on request and lifting a hold take two persons, so that both are asked of a running service by one's own key. What
has come to its time is erased by the service itself; ``purge`` does the same by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import typer

from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import ApiKeyFile, AsJson, DataDir, ServiceUrl
from credence.service.cli.output import print_facts, print_json, print_line
from credence.service.cli.remote import api_key, service_at

if TYPE_CHECKING:
    from credence.sdk.calls.keeping import Kept, Ordered

CaseId = Annotated[str, typer.Argument(metavar="CASE|ATTESTATION", help="The case, or what was issued through it.")]
Approve = Annotated[
    str | None, typer.Option("--approve", metavar="ORDER", help="Approve this order, which somebody else made.")
]

_REFUSED: Final = "it has to be kept, or is one's own order"


def register(issuer: typer.Typer) -> None:
    """Adds the verbs of an issuer."""
    issuer.command(epilog=codes("there is no such case", "no service"))(kept)
    issuer.command(epilog=codes("the case is held already, or erased", "no service"))(hold)
    issuer.command(epilog=codes(_REFUSED, "no service"))(lift)
    issuer.command(epilog=codes(_REFUSED, "no service"))(erase)
    issuer.command(epilog=codes("a database cannot be written", "no installation"))(purge)


def register_venue(verifier: typer.Typer) -> None:
    """Adds the verb of a venue."""
    verifier.command("erase", epilog=codes("it has to be kept, or nothing is kept", "no service"))(erase_pseudonym)


def kept(case: CaseId, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Say until when a case is kept, on what ground, and who holds it."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).kept(case)
    _show(found, as_json)


def hold(
    case: CaseId,
    reason: Annotated[str, typer.Option("--reason", metavar="SLUG", help="litigation, court-order, audit or complaint.")],
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a case under a legal hold (scope issuer:review): nothing of it is erased before two persons lift that."""
    from credence.sdk import Onboarding
    from credence.sdk.calls.keeping import Hold

    known: dict[str, Any] = {slug: slug for slug in get_args(Hold)}
    if reason not in known:
        raise BadUsage(f"the reason is one of {', '.join(known)}")
    with service_at(url) as service:
        onboarding = Onboarding(service, api_key=api_key(key_file))
        found = onboarding.hold(onboarding.kept(case).case_id, known[reason])
    _show(found, as_json)


def lift(
    case: CaseId, approve: Approve = None, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Order that a legal hold is lifted, or approve such an order (scope issuer:review)."""
    _ordered(case, "lift", approve, url, key_file, as_json)


def erase(
    case: CaseId, approve: Approve = None, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Order that a case is erased, or approve such an order (scope issuer:review). What has to be kept is refused."""
    _ordered(case, "erase", approve, url, key_file, as_json)


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is due, and erase nothing.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase what has come to its time, as a running service does by itself. Beside a service too."""
    from credence.service.app.erasures import erasures, foreseen

    with opened(data_dir) as services:
        done = dict(foreseen(services)) if dry_run else {chore.name: chore.run() for chore in erasures(services)}
    if as_json:
        print_json({"due" if dry_run else "erased": done})
        return
    for name, count in done.items():
        print_line(f"{name.replace('_', ' ')}: {count} {'due' if dry_run else 'erased'}")


def erase_pseudonym(
    pseudonym: Annotated[str, typer.Option("--pseudonym", metavar="TEXT", help="One's own holder, as decisions name it.")],
    conduct: Annotated[bool, typer.Option("--conduct", help="What was reported of it, too (reputation:events).")] = False,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Erase what is kept of a pseudonym of one's own (scope verifier:sessions). What has to be kept is refused."""
    from credence.circuits.encoding import b64u_decode
    from credence.sdk.calls import keeping, perform
    from credence.sdk.credentials import one_of

    who = b64u_decode(pseudonym, max_length=128)
    auth: Any = one_of(api_key(key_file), None)
    done: dict[str, Any] = {}
    with service_at(url) as service:
        if conduct:
            done["rows of conduct"] = perform(service, keeping.erase_conduct(who, auth))
        done["decisions"] = perform(service, keeping.erase_pseudonym(who, auth))
    if as_json:
        print_json({"erased": {name.replace(" ", "_"): count for name, count in done.items()}})
    else:
        print_facts({f"{name} erased": count for name, count in done.items()})


def _ordered(case: str, what: Any, approve: str | None, url: str | None, key_file: Any, as_json: bool) -> None:
    from credence.sdk import Onboarding

    with service_at(url) as service:
        onboarding = Onboarding(service, api_key=api_key(key_file))
        case_id = onboarding.kept(case).case_id
        if approve is not None:
            _show(onboarding.approve_order(case_id, approve), as_json)
            return
        _show_order(onboarding.order(case_id, what), as_json)


def _show_order(made: Ordered, as_json: bool) -> None:
    facts: dict[str, Any] = {name: getattr(made, name) for name in ("order_id", "case_id", "order", "ordered_by")}
    if as_json:
        print_json(facts)
        return
    print_facts({name.replace("_", " "): value for name, value in facts.items()})


def _show(found: Kept, as_json: bool) -> None:
    facts: dict[str, Any] = {name: getattr(found, name) for name in found.__slots__}
    if as_json:
        print_json(facts)
        return
    times = {"retain_until", "erased_at"}
    shown = {name: _day(value) if name in times else value for name, value in facts.items() if value is not None}
    print_facts({name.replace("_", " "): value for name, value in shown.items()})


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
