"""Is the import graph the privacy claim? And would the linter notice if it were not?

The contracts themselves are in pyproject.toml. A linter that looks at the wrong files keeps every contract, so each kind of
contract is also shown a copy of the tree with one forbidden line in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import PORTIONS, ROOT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder / portion) for portion in PORTIONS)}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_contracts_are_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for portion in PORTIONS:
        shutil.copytree(ROOT / portion, tmp_path / portion, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("circuits/credence/circuits/sundries.py", "", "circuits: every room has its floor"),
        ("service/credence/service/sundries.py", "", "service: every room has its floor"),
        ("sdk/credence/sdk/sundries.py", "", "sdk: every room has its floor"),
        ("circuits/credence/circuits/encoding.py", "import credence.circuits.hashing", "circuits: every room has its floor"),
        ("circuits/credence/circuits/encoding.py", "import credence.sdk", "circuits know neither service nor sdk"),
        ("circuits/credence/circuits/encoding.py", "import time", "circuits import no clock"),
        ("circuits/credence/circuits/encoding.py", "from os import urandom", "circuits import no clock"),
        ("circuits/credence/circuits/encoding.py", "import pydantic", "circuits import no clock"),
        ("circuits/credence/circuits/hashing.py", "import pyblst", "only credence.circuits.curve names a curve library"),
        ("sdk/credence/sdk/wallet.py", "import py_ecc", "only credence.circuits.curve names a curve library"),
        ("sdk/credence/sdk/wallet.py", "import credence.service", "the sdk imports neither the service"),
        ("sdk/credence/sdk/wallet.py", "import fastapi", "the sdk imports neither the service"),
        (
            "service/credence/service/settings/whole.py",
            "import credence.sdk",
            "only cli, demo, bench and sandbox meet the sdk",
        ),
        ("service/credence/service/verifier/sessions.py", "import credence.service.issuer", "parties are independent"),
        (
            "service/credence/service/ledger/__init__.py",
            "import credence.service.issuer",
            "service: every room has its floor",
        ),
    ],
)
def test_contract_bites(copy: Path, room: str, line: str, contract: str) -> None:
    path = copy / room
    path.parent.mkdir(exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else '"""A room that nobody named."""\n'
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode != 0
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert any(contract in row for row in broken), result.stdout + result.stderr
