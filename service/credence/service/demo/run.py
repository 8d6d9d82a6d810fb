"""Runs the demo: every step in its turn, timed; whatever happens, the service is stopped and its folder removed."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rich.console import Console

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.service.demo.journey import Step, journey
from credence.service.demo.report import DemoReport, Journal, StepReport
from credence.service.demo.screen import Reporter, Screen, Silence
from credence.service.demo.server import NotServing
from credence.service.demo.world import World

FOLDER: Final = "credence-demo-"
"""How the name of the run's folder begins."""


def run_demo(
    out: Console | Reporter | None = None,
    *,
    ofac: Path | None = None,
    un: Path | None = None,
    days: Path | None = None,
    curve: Curve | None = None,
    steps: Iterable[Step] | None = None,
) -> DemoReport:
    """Start the service on loopback with a database of its own, tell the whole journey over HTTP, stop it.

    ``ofac`` is the US Treasury's ``sdn.csv``, ``un`` the United Nations' consolidated XML, ``days`` a CSV of account days
    (see :mod:`.real_input`); without them all input is invented. ``out`` watches; ``steps`` replaces the journey. A step
    that fails ends the run: the report then is not ``ok`` and its ``failure`` names the step. Nothing is raised for it.
    """
    reporter = Screen(out) if isinstance(out, Console) else out or Silence()
    engine = curve or curves.load()
    journal, reports, failure = Journal(), list[StepReport](), None
    try:
        with (
            tempfile.TemporaryDirectory(prefix=FOLDER) as folder,
            World(Path(folder), engine, secrets.token_bytes, ofac=ofac, un=un, days=days) as world,
        ):
            for step in journey(days=days is not None, un=un is not None) if steps is None else steps:
                report, failure = _take(step, world, journal, reporter)
                reports.append(report)
                if failure is not None:
                    break
    except NotServing as error:
        failure = failure or error.reason
    result = DemoReport(
        ok=failure is None,
        engine=engine.name,
        steps=tuple(reports),
        decisions=tuple(journal.decisions),
        terms=tuple(journal.terms),
        lists=tuple(journal.lists),
        searches=tuple(journal.searches),
        standings=tuple(journal.standings),
        failure=failure,
    )
    reporter.finished(result)
    return result


def _take(step: Step, world: World, journal: Journal, reporter: Reporter) -> tuple[StepReport, str | None]:
    journal.begin(step.name)
    reporter.began(step.name)
    failure: str | None = f"{step.name}: interrupted"
    began = time.perf_counter()
    try:
        step.act(world, journal)
        failure = None
    except Exception as error:  # noqa: BLE001 - whatever a step raises is that step's failure
        failure = f"{step.name}: {_reason(error)}"
    finally:
        report = StepReport(step.name, failure is None, round((time.perf_counter() - began) * 1000, 1))
        reporter.ended(report, journal.lines)
    return report, failure


def _reason(error: Exception) -> str:
    """The error's own sentence, where it is one of ours; else its kind, because its text may hold anything."""
    reason = getattr(error, "reason", None)
    return reason if isinstance(reason, str) and reason else type(error).__name__
