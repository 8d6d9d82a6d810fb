"""``credence doctor``: is this machine, and the installation on it, fit to serve?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from credence.service.cli.exits import Failed, codes
from credence.service.cli.findings import FAILED, OK, WARNING, Check
from credence.service.cli.installation_checks import installation_checks, is_initialised, sandbox_check
from credence.service.cli.machine_checks import machine_checks
from credence.service.cli.opening import settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_table

_MARKS: Final = {OK: "ok", WARNING: "warning", FAILED: "FAILED"}


def register(app: typer.Typer, panel: str) -> None:
    """Adds the command."""
    app.command("doctor", rich_help_panel=panel, epilog=codes("a check failed"))(doctor)


def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check the machine and, where there is one, the installation. Warnings do not fail. Changes nothing."""
    initialised, checks = examine(data_dir)
    failed = [check for check in checks if check.state == FAILED]
    if as_json:
        found = [check.to_json() for check in checks]
        print_json({"ok": not failed, "initialised": initialised, "checks": found})
    else:
        print_table(("check", "state", "found"), ((c.name, _MARKS[c.state], c.detail) for c in checks))
        if not initialised:
            note("There is no installation here, so only the machine was checked: credence init makes one.")
    if failed:
        raise Failed(said(failed))


def examine(data_dir: Path | None) -> tuple[bool, list[Check]]:
    """Whether there is an installation, and every check that can be made."""
    from credence.service.errors import Misconfigured

    try:
        settings = settings_of(data_dir)
    except Misconfigured as error:
        checks = list(machine_checks(data_dir or Path()))
        return False, [*checks, Check("settings", FAILED, error.reason)]
    checks = [*machine_checks(settings.data_dir), Check("settings", OK, "every CREDENCE_ variable can be read")]
    checks.append(sandbox_check(settings))
    initialised = is_initialised(settings)
    if initialised:
        checks.extend(installation_checks(settings))
    return initialised, checks


def said(failed: list[Check]) -> str:
    """Failed checks as one line."""
    return "; ".join(f"{check.name}: {check.detail}" for check in failed)
