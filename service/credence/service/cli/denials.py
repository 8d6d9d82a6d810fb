"""``credence verifier denials`` and ``credence auditor denials``: how many decisions said no, told and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.documents import read_as
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir, LogKey, ServiceUrl
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.remote import service_at

if TYPE_CHECKING:
    from credence.circuits.denials import DeniedCount
    from credence.circuits.fields import Json

_KIND = "credence/denials/1"


def add_to_verifier(verifier: typer.Typer) -> None:
    """Adds the command that tells."""
    verifier.command("denials", epilog=codes("there are too many at once", "no installation"))(tell)


def add_to_auditor(auditor: typer.Typer) -> None:
    """Adds the command that checks."""
    auditor.command("denials", epilog=codes("the counts are not in the log, or not those of the receipts", "no service"))(
        check
    )


def tell(
    since: Annotated[int, typer.Option("--since", min=0, help="Minutes that begin from then on, in unix seconds.")],
    until: Annotated[int, typer.Option("--until", min=0, help="Minutes that begin before then, in unix seconds.")],
    data_dir: DataDir = None,
) -> None:
    """Write what an auditor is given of denied decisions: counts by the minute, with their salts, and the receipts."""
    from credence.service.verifier.denials import denials_of

    if until <= since:
        raise BadUsage("--until is after --since")
    with opened(data_dir) as services, services.store("verifier").reading() as session:
        found = denials_of(session, since=since, until=until)
    counts = [count.to_json() for count in found.counts]
    print_json({"type": _KIND, "counts": counts, "receipts": list(found.receipts)})
    note(f"{sum(count.denied for count in found.counts)} denied, {len(found.receipts)} receipts")


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What credence verifier denials wrote.")],
    url: ServiceUrl = None,
    log_key: LogKey = None,
    as_json: AsJson = False,
) -> None:
    """Find each count of denied decisions in the log, and hold the receipts against it. Needs no key but the log's."""
    from credence.sdk import Auditor

    if log_key is None:
        raise BadUsage("--log-key is needed: a log is believed by its key alone")
    counts, receipts = read_as(file, "what the verifier told of denials", _read)
    with service_at(url) as service:
        auditor = Auditor(service, log_key)
        found = auditor.denials(counts, receipts, auditor.verifier_document())
    shown = {"minutes": len(found.counts), "denied": found.denied, "receipts": found.shown}
    if as_json:
        print_json(shown)
    else:
        print_facts({name: str(value) for name, value in shown.items()})


def _read(value: Mapping[str, Any]) -> tuple[tuple[DeniedCount, ...], tuple[Json, ...]]:
    from credence.circuits.denials import DeniedCount
    from credence.circuits.fields import Fields

    fields = Fields(value, "denials")
    fields.choice("type", _KIND)
    counts = fields.items("counts", DeniedCount.parse, maximum=10_000)
    receipts = fields.items("receipts", _object, maximum=20_000)
    fields.done()
    return counts, receipts


def _object(value: object) -> Json:
    from credence.circuits.fields import Fields

    return Fields({"receipt": value}, "denials").raw_object("receipt")
