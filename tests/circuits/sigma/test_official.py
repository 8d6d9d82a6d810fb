"""Do we match the published vectors of both drafts, byte for byte?

The runner is the one users call (``credence conformance``). Native runs everything; the reference engine runs the first
four of each suite here, and everything among the slow tests.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Step
from credence.circuits.sigma.proof import verify
from credence.circuits.sigma.relation import parse_relation
from credence.circuits.sigma.statement import Statement
from credence.circuits.sigma.transcript import Encoding
from credence.service.conformance import run
from tests.circuits.sigma.subjects import seeded

SUITES = {
    "fiat-shamir/codec": 13,
    "fiat-shamir/shake128": 13,
    "sigma-protocols/batchable": 28,
    "sigma-protocols/compact": 18,
}


def ours(name: str) -> bool:
    return name.startswith(("sigma-protocols", "fiat-shamir"))


@pytest.mark.official
def test_native_passes_every_vector(shared: Path, curve: Curve) -> None:
    report = run(shared / "vectors", curve, only=ours)
    assert report.failed == report.skipped == 0, report.to_json()
    assert {suite.name: suite.passed for suite in report.suites} == SUITES
    assert not any(suite.reason for suite in report.suites)


@pytest.mark.official
def test_reference_passes_a_slice(shared: Path, reference_curve: Curve) -> None:
    report = run(shared / "vectors", reference_curve, per_suite=4, only=ours)
    assert (report.failed, report.passed) == (0, 16), report.to_json()


@pytest.mark.official
@pytest.mark.slow
def test_reference_passes_every_vector(shared: Path, reference_curve: Curve) -> None:
    report = run(shared / "vectors", reference_curve, only=ours)
    assert report.failed == report.skipped == 0, report.to_json()


# The step that refuses each rejected vector, by the last part of its name. F2b, F3, H: another statement, another proof.
STEPS = {
    **dict.fromkeys(("A1", "A3", "A4", "A5", "A6", "B1", "B2", "E3"), Step.DECODE),
    **dict.fromkeys(("C1", "C2", "E4"), Step.SHAPE),
    **dict.fromkeys(("E1", "E1b", "E2"), Step.INSTANCE),
    **dict.fromkeys(("D1", "F1b", "F2b", "F3", "F4", "F4b", "H1", "H2", "H3"), Step.CHALLENGE),
}


@pytest.mark.official
def test_every_rejected_vector_is_refused_at_its_step(shared: Path, curve: Curve) -> None:
    path = shared / "vectors" / "sigma-protocols" / "sigma-proofs-invalid_Shake128_BLS12381.json"
    rejected = [item for item in json.loads(path.read_text(encoding="utf-8")) if item["Expected"] == "reject"]
    assert len(rejected) == 28
    for item in rejected:
        encoding = Encoding[item["Flavor"].upper()]
        with pytest.raises(CircuitError) as refused:
            verify(
                Statement(parse_relation(curve, bytes.fromhex(item["Instance"]))),
                bytes.fromhex(item["NargString"]),
                item["Tag"].encode(),
                encoding,
                seeded("weights"),
            )
        assert refused.value.step is STEPS[item["Id"].rsplit("/", 1)[1]], item["Id"]
