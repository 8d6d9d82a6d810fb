"""Does the operator's page say what the settings and the commands are?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from credence.service.auth import Scope
from credence.service.cli import auditor, passphrase, trustee_options
from credence.service.cli.exits import INTERRUPTED, ExitCode
from credence.service.cli.remote import API_KEY
from credence.service.settings import PREFIX, Settings
from tests.conftest import ROOT
from tests.service.cli.conftest import Run

PASSPHRASES = {passphrase.VARIABLE, trustee_options.VARIABLE, auditor.VARIABLE}
PLACES = {"CREDENCE_TRUSTEE_FOLDER", "CREDENCE_AUTHORITY_KEYS"}
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def rows(heading: str, columns: int) -> list[tuple[str, ...]]:
    """The rows of the first table with so many columns under a heading; code marks left out."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|")) for line in section.splitlines()]
    return [row for row in cells if len(row) == columns and not set(row[0]) <= set("-")][1:]


def written(value: Any) -> str:
    """A default as the page writes it."""
    if value is None or (isinstance(value, Mapping | frozenset) and not value):
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    fields = Settings.model_fields.items()
    defaults = {f"{PREFIX}{name.upper()}": written(field.get_default(call_default_factory=True)) for name, field in fields}
    assert [(name, default) for name, default, _ in rows("Environment variables", 3)] == list(defaults.items())
    assert all(meaning for _, _, meaning in rows("Environment variables", 3))


def test_ranges_are_those_of_the_settings() -> None:
    for name, _, meaning in rows("Environment variables", 3):
        bounds = Settings.model_fields[name.removeprefix(PREFIX).lower()].metadata
        limits = [getattr(bound, side) for bound in bounds for side in ("ge", "le") if hasattr(bound, side)]
        if limits:
            assert meaning.endswith(f", {limits[0]} to {limits[1]}"), name


def test_variables_of_commands_are_the_ones_that_are_read() -> None:
    named = {name for name, _ in rows("Environment variables", 2)}
    assert named == {"CREDENCE_CURVE", API_KEY, "CREDENCE_VAULT", "NO_COLOR", *PASSPHRASES, *PLACES}
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "service" / "credence" / "service" / "cli").glob("*.py")
    )
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"CREDENCE_[A-Z_]*[A-Z]", code)) <= settings | named


def test_every_scope_is_explained() -> None:
    assert {name for name, _ in rows("Clients and their keys", 2)} >= set(Scope)


def test_exit_codes() -> None:
    assert [int(code) for code, _ in rows("Exit codes", 2)] == [*ExitCode, INTERRUPTED]


def test_every_check_of_doctor_is_explained(run: Run, data: Path) -> None:
    explained = [name for names, _, _ in rows("Doctor", 3) for name in names.split(", ")]
    assert explained == [check["name"] for check in run("doctor", "--json").json["checks"]]
