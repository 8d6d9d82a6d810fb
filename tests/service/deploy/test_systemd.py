"""Does the unit name what exists, and does systemd find it sound?"""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from credence.service.settings import PREFIX, SECRETS, Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "service" / "deploy"
UNIT = (DEPLOY / "credence.service").read_text(encoding="utf-8")
VARIABLES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {SECRETS}
ANALYZE = shutil.which("systemd-analyze")
EXPOSURE = 2.0
"""The most that ``systemd-analyze security`` may find, of 10."""


def values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT, re.M)


def test_variables_are_settings() -> None:
    named = {word.partition("=")[0] for line in values("Environment") for word in line.split()}
    assert {name for name in named if name.startswith(PREFIX)} <= VARIABLES
    loaded = {line.partition(":")[0] for line in values("LoadCredential")}
    assert loaded == {"credence_database_url", "credence_master_passphrase"}
    assert {name.upper() for name in loaded} <= VARIABLES
    assert f"{SECRETS}=%d" in values("Environment")[0]


def test_the_example_can_be_read_and_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DEPLOY / "credence.env.example").read_text(encoding="utf-8")
    lines = [line.removeprefix("#") for line in text.splitlines() if re.match(r"#?[A-Z]", line)]
    pairs = dict(line.split("=", 1) for line in lines)
    assert set(pairs) <= VARIABLES
    assert not [name for name in pairs if "PASS" in name or "DATABASE" in name or "KEY_FILE" in name]
    for name, value in pairs.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().base_url == "https://credence.example"


def test_it_may_write_its_state_and_nothing_else() -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] - systemd's names have capitals
    parser.read_string(UNIT)
    service = parser["Service"]
    assert service["User"] not in ("root", "")
    assert (service["ProtectSystem"], service["StateDirectory"], service["StateDirectoryMode"]) == (
        "strict",
        "credence",
        "0700",
    )
    assert "ReadWritePaths" not in service
    assert service["CapabilityBoundingSet"] == ""
    assert int(service["TimeoutStopSec"]) > 10, "the server waits ten seconds for its answers"


def test_it_is_started_again_however_long_its_database_is_away() -> None:
    """A start without it fails within seconds, and systemd gives up after a number of those unless it is told not to."""
    assert values("Restart") == ["on-failure"]
    assert values("StartLimitIntervalSec") == ["0"]
    assert int(values("RestartSec")[0]) >= 5, "each start opens every key and looks at everything"


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed")
def test_systemd_finds_it_sound(tmp_path: Path) -> None:
    file = tmp_path / "credence.service"
    file.write_text(UNIT.replace("/usr/lib/credence/bin/credence", "/bin/true"), encoding="utf-8")
    verified = subprocess.run([str(ANALYZE), "verify", file], capture_output=True, text=True, timeout=60, check=False)
    assert verified.returncode == 0, verified.stderr
    assert "credence.service" not in verified.stderr
    judged = subprocess.run(
        [str(ANALYZE), "security", "--offline=true", "--no-pager", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = re.search(r"exposure level for credence.service: ([0-9.]+)", judged.stdout)
    assert found, judged.stderr
    assert float(found[1]) <= EXPOSURE
