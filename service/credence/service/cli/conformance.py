"""``credence conformance``: does this build do what the published test vectors say?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.service.cli.engines import load_engine
from credence.service.cli.exits import Failed, codes
from credence.service.cli.options import AsJson, Engine
from credence.service.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from credence.service.conformance import Report


def register(app: typer.Typer, panel: str) -> None:
    """Adds the command."""
    failed = "a vector failed, or there was none to judge"
    app.command("conformance", rich_help_panel=panel, epilog=codes(failed))(conformance)


def conformance(
    vectors: Annotated[
        Path, typer.Option("--vectors", metavar="DIR", help="A folder of vectors; an upstream checkout's will do.")
    ],
    as_json: AsJson = False,
    engine: Engine = None,
    per_suite: Annotated[
        int | None, typer.Option("--per-suite", metavar="N", min=1, help="Judge the first N of each suite, list the rest.")
    ] = None,
) -> None:
    """Judge every test vector under a folder, byte for byte; what nobody here reads is listed as skipped."""
    from credence.service.conformance import NoVectors, run

    if not vectors.is_dir():
        raise Failed(f"there is no folder {vectors}")
    progress = note if not as_json else _silent
    try:
        report = run(vectors, load_engine(engine), per_suite=per_suite, progress=progress)
    except NoVectors as error:
        raise Failed(f"{vectors}: {error.reason}") from error
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    if report.failed:
        raise Failed(f"{report.failed} vectors failed")
    if not report.passed:
        raise Failed(f"{vectors}: no vector of a known kind was found, and a run of nothing proves nothing")


def _show(report: Report) -> None:
    rows = ((s.name, str(s.passed), str(s.failed), str(s.skipped), s.reason or "") for s in report.suites)
    print_table(("suite", "passed", "failed", "skipped", "reason"), rows)
    print_line(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped on engine {report.engine}")


def _silent(_name: str) -> None:
    """Progress that nobody watches."""
