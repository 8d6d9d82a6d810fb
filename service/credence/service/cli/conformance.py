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
        Path | None, typer.Option("--vectors", metavar="DIR", help="A folder of vectors; an upstream checkout's will do.")
    ] = None,
    as_json: AsJson = False,
    engine: Engine = None,
    per_suite: Annotated[
        int | None, typer.Option("--per-suite", metavar="N", min=1, help="Judge the first N of each suite, list the rest.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Suites whose name begins so; may be given repeatedly."),
    ] = None,
    bit_flips: Annotated[
        int | None,
        typer.Option(
            "--bit-flips", metavar="N", min=1, help="Flip each N-th bit of a whole proof, each alone; 1 takes minutes."
        ),
    ] = None,
) -> None:
    """Judge the malicious presentations that come with this build and, byte for byte, every test vector under a folder.

    What nobody here reads is listed as skipped.
    """
    from credence.service.conformance import MALICIOUS, NoVectors, flip_bits, run

    if vectors is not None and not vectors.is_dir():
        raise Failed(f"there is no folder {vectors}")
    progress, curve = note if not as_json else _silent, load_engine(engine)
    names = tuple(only or ("",))

    def chosen(name: str) -> bool:
        return name.startswith(names)

    try:
        report = run(vectors, curve, own=True, per_suite=per_suite, only=chosen, progress=progress)
    except NoVectors as error:
        raise Failed(f"{vectors}: {error.reason}") from error
    if bit_flips is not None:
        progress("bit-flips")
        report = report.plus(flip_bits(curve.name, every=bit_flips))
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    if report.failed:
        raise Failed(f"{report.failed} vectors failed")
    own = () if vectors is None or only else (MALICIOUS,)
    if not any(suite.passed for suite in report.suites if suite.name not in own):
        where = "this build" if vectors is None else vectors
        raise Failed(f"{where}: no vector of a known kind was found, and a run of nothing proves nothing")


def _show(report: Report) -> None:
    rows = ((s.name, str(s.passed), str(s.failed), str(s.skipped), s.reason or "") for s in report.suites)
    print_table(("suite", "passed", "failed", "skipped", "reason"), rows)
    print_line(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped on engine {report.engine}")


def _silent(_name: str) -> None:
    """Progress that nobody watches."""
