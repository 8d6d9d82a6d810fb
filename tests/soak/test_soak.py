"""Does every figure of ``make soak`` still work? Each is run small, its target at that size included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

REPLICAS = "replicas"
DISK_FAULTS = "disk_faults"
"""It traces another process, which not every machine allows, and is run by hand."""
PARTS = 3
PATIENCE = 600
"""Seconds for a part of the figures."""


def quickly(tmp_path: Path, *names: str) -> dict[str, Any]:
    """What the command writes for these figures."""
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.soak", *names, "--quick", "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert report.exists(), done.stderr
    missed = done.stderr[-4000:] if done.returncode else ""
    assert not missed, done.stdout + missed
    found: dict[str, Any] = json.loads(report.read_text())["figures"]
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_figure_that_needs_nothing_else(part: int, tmp_path: Path) -> None:
    from tests.soak.figure import figures  # here, because it imports whatever they measure with

    everything = [name for name in figures() if name not in (REPLICAS, DISK_FAULTS)]
    assert {"races", "kills", "service_rate"} <= set(everything)
    names = everything[part::PARTS]
    found = quickly(tmp_path, *names)
    assert list(found) == names
    assert all(result["ok"] for result in found.values())


def test_replicas_behind_nginx(tmp_path: Path) -> None:
    from tests.soak.edge import ABSENT, find_nginx

    if find_nginx() is None and os.environ.get("CI") != "true":
        pytest.skip(ABSENT)
    assert quickly(tmp_path, REPLICAS)[REPLICAS]["ok"]
