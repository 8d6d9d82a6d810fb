"""``credence keys audit-signer``: was anything signed that the ledger does not have?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.exits import Failed, NotReady, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_line

if TYPE_CHECKING:
    from credence.service.issuer.signer_audit import Disagreement, SignerReport
    from credence.service.runtime import Services


def register(keys: typer.Typer) -> None:
    """Adds the verb."""
    keys.command("audit-signer", epilog=codes("the two logs disagree, or a leaf is late", "no installation, or no log"))(
        audit_signer
    )


def audit_signer(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="The signer's folder, or a copy of its signer.log.")],
    since: Annotated[
        int | None, typer.Option("--since", min=0, help="The ledger's size when the signer began; default: keeper.json.")
    ] = None,
    lag: Annotated[int, typer.Option("--lag", min=0, max=3_600, help="Seconds that a leaf may take to the ledger.")] = 60,
    account: Annotated[
        bool, typer.Option("--void", help="Post the leaves that the ledger does not have, as void, once they are explained.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Hold the signer's log against the ledger: names every signature without a leaf, and every leaf without a signature."""
    from credence.service.issuer.signer_audit import SignerFault

    file, begun = _found(log, since)
    with opened(data_dir) as services:
        report, late = _settled(file, services, begun, lag)
        if account:
            _void(services, report)
    wrong = [item for item in report.disagreements if not (account and item.fault is SignerFault.UNLOGGED)]
    shown = [*wrong, *late]
    if as_json:
        print_json({"ok": not shown, **_facts(report), "findings": [_finding(item) for item in shown]})
    else:
        print_facts({name: str(value) for name, value in _facts(report).items()})
        for item in shown:
            print_line(str(item))
    if wrong:
        raise Failed(f"the signer's log and the ledger disagree in {len(wrong)} places")
    if late:
        raise Failed(f"{len(late)} leaves still wait for the ledger after {lag} seconds: nobody has been told of them")
    if not as_json:
        note("every signature is in the ledger, and every leaf was signed")


def _found(path: Path, since: int | None) -> tuple[Path, int]:
    from credence.service.keys.keeper import CONFIG, LOG, keeping_of

    folder = path if path.is_dir() else path.parent
    file = path / LOG if path.is_dir() else path
    if not file.is_file():
        raise NotReady(f"there is no signer's log {file}")
    if since is None:
        since = keeping_of(folder).since if (folder / CONFIG).is_file() else 0
    return file, since


def _settled(file: Path, services: Services, since: int, lag: int) -> tuple[SignerReport, list[Disagreement]]:
    """What is found, once what is on its way has had its time, and what has had it and still waits."""
    from credence.service.issuer.signer_audit import hold_against
    from credence.service.keys.signer_log import read_log

    report = hold_against(read_log(file), services, since)
    late = list(report.late)  # what comes after this one is not late when its time is over
    for _ in range(lag):
        if not report.disagreements and not late:
            break
        time.sleep(1)
        report = hold_against(read_log(file), services, since)
        late = [item for item in late if item in report.late]
    return report, late


def _void(services: Services, report: SignerReport) -> None:
    from credence.service.issuer.signer_audit import SignerFault
    from credence.service.issuer.voiding import void

    for item in report.disagreements:
        if item.fault is SignerFault.UNLOGGED:
            void(services, item.leaf)


def _facts(report: SignerReport) -> dict[str, Any]:
    return {
        "signatures": report.signatures,
        "logged": report.logged,
        "void": report.void,
        "waiting": report.waiting,
    }


def _finding(item: Any) -> dict[str, Any]:
    return {"fault": item.fault.value, "number": item.number, "leaf": item.leaf.hex()}
