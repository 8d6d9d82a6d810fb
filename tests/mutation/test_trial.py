"""Is a mutant that a test notices killed, and one that none notices not? Asked of one small module, both ways."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def test_the_command_tries_every_mutant_of_a_module_and_keeps_its_verdicts(tmp_path: Path) -> None:
    report, kept = tmp_path / "report.json", tmp_path / "kept.jsonl"
    command = [sys.executable, "-m", "tests.mutation", "escrow/sealing.py", "--json", str(report), "--resume", str(kept)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert found["ok"]
    assert found["mutants"] == found["killed"] + found["explained"] > 40
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    killers = {line["killer"] for line in lines if not line["survived"]}
    assert len(lines) == found["mutants"]
    assert any("test_sealing.py::" in killer for killer in killers)
    assert any("test_known_answers.py::" in killer for killer in killers)


def test_a_module_that_is_no_target_is_named() -> None:
    command = [sys.executable, "-m", "tests.mutation", "nothing.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "escrow/sealing.py" in done.stderr
