"""Are the processes that keep the issuer's keys shut in as their units and containers say?"""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from credence.service.keys.keeper import PASSPHRASE, SECRETS, Duty
from credence.service.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "service" / "deploy"
ANALYZE = shutil.which("systemd-analyze")
EXPOSURE = 1.5
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "keepers.yaml").read_text(encoding="utf-8"))
BASE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def unit(duty: Duty) -> Any:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] - systemd's names have capitals
    parser.read_string((DEPLOY / f"credence-{duty}.service").read_text(encoding="utf-8"))
    return parser["Service"]


@pytest.mark.parametrize("duty", list(Duty))
def test_a_unit_has_a_user_a_folder_and_a_secret_of_its_own(duty: Duty) -> None:
    service = unit(duty)
    assert (
        service["User"] == service["Group"] == service["StateDirectory"] == service["RuntimeDirectory"] == f"credence-{duty}"
    )
    assert (service["StateDirectoryMode"], service["RuntimeDirectoryMode"]) == ("0700", "0710")
    assert service["ExecStart"].endswith(f"credence keys {duty} /var/lib/credence-{duty}")
    loaded = f"{PASSPHRASE.lower()}:/etc/credence/secrets/credence_{duty}_passphrase"
    assert service["LoadCredential"] == loaded
    assert f"{SECRETS}=%d" in service["Environment"]
    assert (service["PrivateNetwork"], service["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
    assert "PrivateUsers" not in service, "the kernel would call every peer nobody"
    assert "ReadWritePaths" not in service


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed")
@pytest.mark.parametrize("duty", list(Duty))
def test_systemd_finds_it_sound(tmp_path: Path, duty: Duty) -> None:
    file = tmp_path / f"credence-{duty}.service"
    text = (DEPLOY / file.name).read_text(encoding="utf-8")
    file.write_text(text.replace("/usr/lib/credence/bin/credence", "/bin/true"), encoding="utf-8")
    verified = subprocess.run([str(ANALYZE), "verify", file], capture_output=True, text=True, timeout=60, check=False)
    assert verified.returncode == 0, verified.stderr
    assert file.name not in verified.stderr
    command = [str(ANALYZE), "security", "--offline=true", "--no-pager", str(file)]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    found = re.search(rf"exposure level for {file.name}: ([0-9.]+)", judged.stdout)
    assert found, judged.stderr
    assert float(found[1]) <= EXPOSURE


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_hardened_as_the_others_are(name: str) -> None:
    service = COMPOSE["services"][name]
    if name in BASE["services"]:
        assert set(service) == {"environment", "volumes"}, "a replica is told where to ask, and nothing else"
        assert {variable.removeprefix("CREDENCE_").lower() for variable in service["environment"]} <= set(
            Settings.model_fields
        )
        return
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service


@pytest.mark.parametrize("duty", list(Duty))
def test_a_keeper_reaches_no_network_and_no_database(duty: Duty) -> None:
    service = COMPOSE["services"][duty.value]
    assert (service["network_mode"], service.get("networks")) == ("none", None)
    assert [secret["target"] for secret in service["secrets"]] == [PASSPHRASE.lower()]
    named = {volume.partition(":")[0] for volume in service["volumes"]}
    assert named == {duty.value, f"{duty}-socket"}
    for replica in ("api-1", "api-2"):
        volumes = {volume.partition(":")[0] for volume in COMPOSE["services"][replica]["volumes"]}
        assert volumes == {"signer-socket", "tagger-socket"}, "a replica has the sockets and not the folders"


def test_what_is_mounted_is_made_in_the_image() -> None:
    """A new volume takes its owner from the folder that it is mounted on."""
    made = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    mounted = {volume.partition(":")[2] for service in COMPOSE["services"].values() for volume in service["volumes"]}
    assert all(path in made for path in mounted)
    assert set(COMPOSE["volumes"]) <= {
        volume.partition(":")[0] for s in COMPOSE["services"].values() for volume in s["volumes"]
    }
