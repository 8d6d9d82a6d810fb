"""Do we match the drafts' published vectors, byte for byte?

The runner is the one users call (``credence conformance``). Native runs everything, and among the slow tests the reference
engine, which takes minutes for all of it, the first two vectors of every suite.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.service.conformance import run

FAMILIES = ("bbs/", "blind-bbs/", "pseudonym-bbs/")
LEAST = {
    "bbs/sha-256/proof": 15,
    "bbs/sha-256/signature": 10,
    "bbs/shake-256/proof": 15,
    "bbs/shake-256/signature": 10,
    "blind-bbs/sha-256/commit": 2,
    "blind-bbs/sha-256/proof": 8,
    "blind-bbs/sha-256/signature": 5,
    "pseudonym-bbs/sha-256/commit": 4,
    "pseudonym-bbs/sha-256/proof": 11,
    "pseudonym-bbs/sha-256/signature": 6,
}


def ours(name: str) -> bool:
    return name.startswith(FAMILIES)


@pytest.mark.official
def test_native_passes_every_vector(shared: Path, curve: Curve) -> None:
    report = run(shared / "vectors", curve, only=ours)
    assert report.failed == 0, report.to_json()
    assert report.skipped == 0
    passed = {suite.name: suite.passed for suite in report.suites}
    for name, least in LEAST.items():
        assert passed[name] >= least, name
    for part in ("generators", "h2s", "keypair", "mocked-rng"):
        assert passed[f"bbs/sha-256/{part}"] == passed[f"bbs/shake-256/{part}"] == 1
    # the one published trace with a point under "domain"
    assert [suite.name for suite in report.suites if suite.reason] == ["blind-bbs/sha-256/signature"]


@pytest.mark.official
@pytest.mark.slow
def test_reference_passes_two_of_every_suite(shared: Path, reference_curve: Curve) -> None:
    report = run(shared / "vectors", reference_curve, per_suite=2, only=ours)
    assert report.failed == 0, report.to_json()
    passed = {suite.name: suite.passed for suite in report.suites}
    assert all(passed[name] == 2 for name in LEAST)
