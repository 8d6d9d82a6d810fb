"""Does the runner of the figures tell a target that was met from one that was missed, whatever a figure does?"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.soak import __main__ as runner
from tests.soak.figure import Options, Result

MET: Result = {"ok": True, "figures": {"seen": 3, "by": {"one": 1.5, "other": "none"}}}
MISSED: Result = {"ok": False, "figures": {"seen": 2}}


def figure(run: Callable[[Options], Result]) -> SimpleNamespace:
    return SimpleNamespace(TARGET="three are seen", LIMIT=60, run=run)


def raising(_: Options) -> Result:
    raise ValueError("nothing was seen\nat all")


FIGURES = {"met": figure(lambda _: MET), "missed": figure(lambda _: MISSED), "raising": figure(raising)}


@pytest.fixture
def in_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Figures of this file, each run without a process of its own."""

    def run(command: list[str], _limit: float) -> int:
        name, answer = command[3], Path(command[5])
        return runner.inside(name, answer, quick="--quick" in command)

    monkeypatch.setattr(
        runner, "figures", lambda names=(): {name: FIGURES[name] for name in FIGURES if not names or name in names}
    )
    monkeypatch.setattr(runner, "find", FIGURES.__getitem__)
    monkeypatch.setattr(runner, "watched", run)
    monkeypatch.setattr("signal.signal", lambda *_: None)


def ran(tmp_path: Path, *names: str) -> tuple[int, dict[str, Any]]:
    report = tmp_path / "report.json"
    code = runner.main([*names, "--quick", "--json", str(report)])
    return code, json.loads(report.read_text())


@pytest.mark.usefixtures("in_here")
def test_a_target_that_is_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = ran(tmp_path, "met")
    assert code == 0
    assert report["ok"] is True
    assert report["figures"]["met"]["figures"] == MET["figures"]
    table = capsys.readouterr().out
    assert "three are seen" in table
    assert "by: one 1.5, other none" in table
    assert "every target met" in table


@pytest.mark.usefixtures("in_here")
@pytest.mark.parametrize("name", ["missed", "raising"])
def test_a_target_that_is_missed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = ran(tmp_path, "met", name)
    assert code == 1
    assert report["ok"] is False
    assert report["figures"]["met"]["ok"] is True
    assert report["figures"][name]["ok"] is False
    assert "A TARGET WAS MISSED" in capsys.readouterr().out


@pytest.mark.usefixtures("in_here")
def test_what_a_figure_raises_is_said_in_a_line(tmp_path: Path) -> None:
    _, report = ran(tmp_path, "raising")
    assert report["figures"]["raising"]["note"] == "ValueError: nothing was seen"


@pytest.mark.usefixtures("in_here")
def test_a_figure_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["met", "absent"]) == 2
    assert "no such figure: absent" in capsys.readouterr().err


def test_a_command_that_ends_in_time() -> None:
    assert runner.watched([sys.executable, "-c", "raise SystemExit(3)"], 30) == 3


def test_a_command_that_does_not_end_takes_its_children_along(tmp_path: Path) -> None:
    file = tmp_path / "child"
    child = f"import os, time; print(os.getpid(), file=open({str(file)!r}, 'w'), flush=True); time.sleep(60)"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    began = time.monotonic()
    assert runner.watched([sys.executable, "-c", parent], 1.5) is None
    assert time.monotonic() - began < 20
    assert is_gone(int(file.read_text()))


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or is about to be buried."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
