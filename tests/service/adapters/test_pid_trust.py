"""Is a trust list believed only if its scheme operator signed it, it is of PID providers, and it is not over?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from credence.service.adapters.fetching import SourceUnavailable
from credence.service.adapters.pid_trust import REVOCATION, read_trust
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import EvidenceRefused
from tests.service.adapters.certificates import AT, NOW, pem
from tests.service.adapters.pids import (
    OTHER_KEY,
    PROVIDER,
    PROVIDER_LEAF,
    STRANGER,
    der64,
    trust_list,
    written_trust,
)

HEADER = {"x5c": [der64(PROVIDER_LEAF)]}


def test_a_list_of_its_operator_is_read(tmp_path: Path) -> None:
    trust = read_trust(*written_trust(tmp_path), NOW)
    assert len(trust.issuance) == 1
    assert trust.issuer_key(HEADER, PROVIDER, NOW)["crv"] == "P-256"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (trust_list(key=OTHER_KEY), "its signer signed"),
        (trust_list()[:-2] + b"AA", "its signer signed"),
        (b"", "its signer signed"),
        (b"\xff", "its signer signed"),
        (trust_list(kind="http://uri.etsi.org/19602/LoTEType/EUWalletProvidersList"), "something else"),
        (trust_list(next_update=AT), "is over"),
        (trust_list(next_update=None), "is over"),
        (trust_list(service=REVOCATION), "no PID provider"),
        (trust_list(service="http://uri.etsi.org/19602/SvcType/WalletSolution/Issuance"), "no PID provider"),
    ],
)
def test_another_list_stops_the_start(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason):
        read_trust(*written_trust(tmp_path, content), NOW)


def test_a_signer_that_is_not_pinned_stops_the_start(tmp_path: Path) -> None:
    path, signers = written_trust(tmp_path)
    signers.write_bytes(pem(STRANGER))
    with pytest.raises(Misconfigured, match="its signer signed"):
        read_trust(path, signers, NOW)
    signers.write_bytes(b"no certificate")
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_trust(path, signers, NOW)
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_trust(tmp_path / "missing", signers, NOW)


def test_a_list_that_runs_out_while_the_service_runs_lets_nobody_in(tmp_path: Path) -> None:
    trust = read_trust(*written_trust(tmp_path), NOW)
    end = int((AT + timedelta(days=90)).timestamp())
    trust.issuer_key(HEADER, PROVIDER, end - 1)
    with pytest.raises(SourceUnavailable, match="replaced"):
        trust.issuer_key(HEADER, PROVIDER, end)


def test_who_publishes_status_does_not_issue(tmp_path: Path) -> None:
    """The list of one who only publishes status says nothing about who issues."""
    found = read_trust(*written_trust(tmp_path), NOW)
    swapped = type(found)((), found.issuance, found.next_update)
    assert swapped.status_key(HEADER, PROVIDER, NOW)
    with pytest.raises(EvidenceRefused):
        swapped.issuer_key(HEADER, PROVIDER, NOW)
