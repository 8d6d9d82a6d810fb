"""Is each kind of evidence off until the settings name whom it is believed from, and does half a setting stop the start?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from credence.service.adapters.configured import evidence_adapters
from credence.service.adapters.eu_pid import EuPid
from credence.service.errors import Misconfigured
from credence.service.settings import Settings
from tests.service.adapters import chips, pids
from tests.service.adapters.certificates import NOW, pem
from tests.service.adapters.vendors import VENDORS, written_accounts


def configured(**settings: Any) -> dict[str, Any]:
    return dict(evidence_adapters(Settings.load(issuer_id=pids.AUDIENCE, **settings), lambda: NOW))


def trust(folder: Path) -> dict[str, Path]:
    trust_list, signers = pids.written_trust(folder)
    return {"pid_trust_list": trust_list, "pid_trust_signers": signers}


def chains(folder: Path) -> dict[str, Path]:
    (folder / "csca").mkdir()
    (folder / "csca" / "de.pem").write_bytes(pem(chips.CSCA))
    return {"emrtd_signers": folder / "csca"}


def accounts(folder: Path) -> dict[str, Path]:
    return {"vendor_accounts": written_accounts(folder / "accounts.json", "https://api.example")}


def test_nothing_but_signed_results_is_on_by_itself() -> None:
    assert set(configured()) == {"vendor-jws"}


@pytest.mark.parametrize(("make", "kinds"), [(trust, {"eu-pid"}), (chains, {"icao-emrtd"}), (accounts, set(VENDORS))])
def test_a_setting_brings_its_kind(tmp_path: Path, make: Callable[[Path], dict[str, Path]], kinds: set[str]) -> None:
    found = configured(**make(tmp_path))
    assert set(found) == {"vendor-jws", *kinds}
    assert all(adapter.type == kind for kind, adapter in found.items())


def test_a_trust_list_needs_its_signer(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="CREDENCE_PID_TRUST_SIGNERS"):
        configured(pid_trust_list=trust(tmp_path)["pid_trust_list"])


@pytest.mark.parametrize("setting", ["vendor_accounts", "emrtd_signers", "pid_trust_list"])
def test_what_is_named_and_missing_stops_the_start(tmp_path: Path, setting: str) -> None:
    with pytest.raises(Misconfigured, match=setting.upper()):
        configured(**{**trust(tmp_path), setting: tmp_path / "missing"})


def test_a_pid_is_for_this_issuer_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    files = trust(tmp_path)
    adapter = configured(**files)["eu-pid"]
    assert isinstance(adapter, EuPid)
    assert (adapter.audience, adapter.vcts, adapter.number_claim) == (
        pids.AUDIENCE,
        {pids.VCT},
        "personal_administrative_number",
    )
    other = configured(
        **files, pid_audience="x509_san_dns:Issuer.example", pid_types="urn:a,urn:B", pid_number="document_number"
    )["eu-pid"]
    assert (other.audience, other.vcts, other.number_claim) == (
        "x509_san_dns:Issuer.example",
        {"urn:a", "urn:B"},
        "document_number",
    )
