"""``credence issuer reviews``: what waits for somebody, who is to show evidence again, and what follows if nobody does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.exits import codes
from credence.service.cli.opening import opened
from credence.service.cli.options import ApiKeyFile, AsJson, DataDir, ServiceUrl
from credence.service.cli.output import note, print_facts, print_json, print_table
from credence.service.cli.progress import progress
from credence.service.cli.remote import api_key, service_at

if TYPE_CHECKING:
    from credence.service.issuer.diligence import DiligenceTable
    from credence.service.issuer.review.due.looking import ListChanges
    from credence.service.runtime import Services
    from credence.service.settings import Settings

reviews: Final = typer.Typer(help="See what waits, who is due, and revoke who is overdue.", no_args_is_help=True)

PAGE: Final = 200
"""How many of each the service is asked for at once, which is the most it gives."""

MAX_PAGES: Final = 5_000
"""Pages that are asked for: a million who are due."""


@reviews.command("waiting", epilog=codes("the service refuses", "no service"))
def waiting(url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List what waits at a service: cases in review, proposals for a second person, holders who are due.

    The oldest 200 cases and proposals, and everybody who is due.
    """
    from credence.sdk import Onboarding

    with service_at(url) as service:
        desk = Onboarding(service, api_key=api_key(key_file))
        found = desk.waiting(PAGE)
        holders, after = list(found.due), found.due_next
        for _ in range(MAX_PAGES):
            if after is None:
                break
            page = desk.waiting(PAGE, due_after=after)
            holders, after = [*holders, *page.due], page.due_next
    for what, items in (("cases in review", found.cases), ("proposals", found.proposals)):
        if len(items) == PAGE:
            note(f"the oldest {PAGE} {what} are listed: more may wait")
    if after is not None:
        note(f"the earliest {len(holders)} holders who are due are listed: more are")
    shown = {
        "cases": [{"case_id": case.case_id, "reasons": list(case.reasons)} for case in found.cases],
        "proposals": [
            {
                "proposal_id": item.proposal_id,
                "case_id": item.case_id,
                "decision": item.decision,
                "reason": item.reason,
                "proposed_by": item.proposed_by,
            }
            for item in found.proposals
        ],
        "due": [{"case_id": due.case_id, "cause": due.cause, "deadline": due.deadline} for due in holders],
    }
    if as_json:
        print_json(shown)
        return
    print_table(("case in review", "reasons"), ((case.case_id, ", ".join(case.reasons)) for case in found.cases))
    print_table(
        ("proposal", "case", "decision", "reason", "proposed by"),
        ((item.proposal_id, item.case_id, item.decision, item.reason, item.proposed_by) for item in found.proposals),
    )
    print_table(("due case", "cause", "before"), ((due.case_id, due.cause, _day(due.deadline)) for due in holders))


@reviews.command("due", epilog=codes("it cannot be done", "no installation"))
def due(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List everybody who is to show evidence again, by case: why and before when, the earliest first.

    Whose evidence waits for a decision is not listed, and `run` revokes them all the same once the deadline is over.
    """
    from credence.service.issuer.review.due import records as due_records

    with opened(data_dir) as services, services.store("issuer").reading() as session:
        found = [
            {"case_id": mark.case_id, "cause": mark.cause, "since": mark.marked_at, "deadline": mark.deadline}
            for mark in due_records.all_to_tell(session)
        ]
    if as_json:
        print_json({"due": found})
        return
    rows = ((str(item["case_id"]), str(item["cause"]), _day(item["since"]), _day(item["deadline"])) for item in found)
    print_table(("case", "cause", "since", "before"), rows)


@reviews.command("run", epilog=codes("it cannot be done", "no installation, or a list cannot be read whole"))
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Find who is due, and revoke the credentials of who is overdue, for good. Have a timer run it once a day.

    Who is due: whoever was searched for in an older version of a list that entries came to since, whose evidence is as old
    as due diligence lets it become, and whose credential ends.
    """
    from credence.service.issuer.review.due.lapsing import lapse, would_lapse
    from credence.service.issuer.review.due.looking import look, mark
    from credence.service.issuer.revocation.manager import open_manager

    with opened(data_dir) as services:
        found, manager = look(services, _table(services), _changes(services.settings)), open_manager(services)
        if dry_run:
            late = would_lapse(manager, services.clock(), found.lifted)
        else:
            mark(services, found)
            late = lapse(manager, services.clock())
    shown: dict[str, Any] = {
        "due": len(found.new),
        "causes": dict(found.causes()),
        "lifted": len(found.lifted),
        "revoked": late,
        "dry_run": dry_run,
    }
    if as_json:
        print_json(shown)
        return
    causes = ", ".join(f"{cause} {count}" for cause, count in shown["causes"].items())
    print_facts({"newly due": f"{shown['due']}{f' ({causes})' if causes else ''}", "lifted": str(shown["lifted"])})
    print_facts({"would be revoked" if dry_run else "revoked": str(late)})


def mark_after_import(settings: Settings, data_dir: Path | None) -> int | None:
    """Marks who is due after a list was imported; how many. None where there is no installation in the folder yet."""
    from credence.service.issuer.review.due.looking import look, mark

    if not settings.keyring_path.exists():
        return None
    with opened(data_dir) as services:
        count = mark(services, look(services, _table(services), _changes(services.settings)))
    if count:
        note(f"{count} holders are to show evidence again: credence issuer reviews due")
    return count


def _changes(settings: Settings) -> ListChanges:
    from credence.service.adapters.list_changes import list_changes

    with progress() as tell:
        return list_changes(settings, tell)


def _table(services: Services) -> DiligenceTable:
    from credence.service.issuer.diligence import SHIPPED, load_table

    return load_table(services.settings.diligence_file or SHIPPED)


def _day(seconds: Any) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d")
