"""Does the bench measure what it says, and say what it measured?"""

from __future__ import annotations

import json
import platform
import sys
from typing import Any

import pytest

from credence.circuits.bbs.suite import Suite, sha256_suite
from credence.circuits.curve import Curve
from credence.service import bench
from credence.service.bench import machine, policies, rows
from credence.service.bench.breakdown import PARTS
from credence.service.bench.stopwatch import interleaved, now

pytestmark = pytest.mark.slow

ROUNDS = 1


@pytest.fixture(scope="module")
def report(curve: Curve) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(bench.run(curve, rounds=ROUNDS).to_json()))
    return found


def test_every_name_is_in_the_report(report: dict[str, Any]) -> None:
    assert [result["name"] for result in report["results"]] + ["msm", "presentation", "service"] == list(bench.NAMES)
    assert report["engine"] == "native"
    assert report["rounds"] == ROUNDS


def test_sizes_are_those_of_the_drafts(report: dict[str, Any]) -> None:
    sizes = {result["name"]: result["bytes"] for result in report["results"]}
    standard = {"bbs10": 272 + 32 * 7, "bbs30": 272 + 32 * 27, "sign10": 80, "blind_issue": 112 + 32 * 3 + 80}
    assert {name: sizes[name] for name in standard} == standard


def test_presentations_are_as_small_as_promised(report: dict[str, Any]) -> None:
    """Bounds of proofs.md, section 7, for the batchable and the compact encoding."""
    sizes = {result["name"]: (result["bytes"], result["bytes_compact"]) for result in report["results"]}
    assert sizes["bbs10+revocation+pseudonym"][1] <= 750
    assert sizes["+range16+tag16"][1] <= 1_700
    assert sizes["full"] == sizes["full-batch20"] == (4_496, 4_000)


def test_a_group_stands_for_its_rows(curve: Curve) -> None:
    only = {row.name for row in bench.run(curve, only={"range16"}, rounds=1).results}
    assert only == {"range16"}
    assert bench.GROUPS["presentation"] == set(policies.PRESENTATIONS)


def test_ratios_are_to_the_printed_unit(report: dict[str, Any]) -> None:
    unit = report["unit"]["pairing2_ms"]
    assert unit > report["unit"]["g1_mul_ms"] > 0
    for result in report["results"]:
        for side in ("prove", "verify"):
            assert result[f"{side}_ms"] > 0
            assert result[f"{side}_ratio"] == pytest.approx(result[f"{side}_ms"] / unit, abs=0.02)


def test_the_parts_of_a_verification_make_up_the_whole(report: dict[str, Any]) -> None:
    assert [found["name"] for found in report["breakdowns"]] == ["bbs10", "bbs30"]
    for found in report["breakdowns"]:
        assert [part["part"] for part in found["parts"]] == [*PARTS, "remainder"]
        assert all(part["ms"] > 0 for part in found["parts"])
        assert sum(part["ms"] for part in found["parts"]) == pytest.approx(found["verify_ms"], abs=0.01)
        assert sum(part["share"] for part in found["parts"]) == pytest.approx(1, abs=0.01)


def test_sums_show_both_libraries_and_the_choice(report: dict[str, Any]) -> None:
    by_size = {row["points"]: row for row in report["sums"]}
    assert by_size[2]["chosen"] == by_size[2]["chosen_ready"] == "blst"
    assert by_size[64]["chosen"] == by_size[64]["chosen_ready"] == "arkworks"
    assert all(row["arkworks_ready_ms"] > 0 and row["blst_ms"] > 0 for row in by_size.values())


def test_only_what_was_asked_for_is_measured(curve: Curve) -> None:
    found = bench.run(curve, only={"sign10"}, rounds=ROUNDS)
    assert [result.name for result in found.results] == ["sign10"]
    assert not found.breakdowns
    assert not found.sums


def test_the_reference_engine_is_measured_in_the_same_unit(reference_curve: Curve) -> None:
    found = bench.run(reference_curve, only={"msm"}, rounds=ROUNDS)
    assert found.engine == "reference"
    assert found.sums == ()
    assert found.unit.pairing2_ms
    assert found.unit.g1_mul_ms > found.unit.pairing2_ms


def test_without_arkworks_there_is_no_unit(curve: Curve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py_arkworks_bls12381", None)
    found = bench.run(curve, only={"sign10"}, rounds=ROUNDS)
    assert found.unit.pairing2_ms is None
    assert found.results[0].verify_ms > 0
    assert found.results[0].verify_ratio is None


@pytest.mark.parametrize(("only", "rounds"), [({"bbs11"}, 1), ({"bbs10", ""}, 1), ({"msm"}, 0), ({"msm"}, -1)])
def test_what_cannot_be_measured_is_refused(curve: Curve, only: set[str], rounds: int) -> None:
    with pytest.raises(ValueError, match=r"choose from|at least one round"):
        bench.run(curve, only=only, rounds=rounds)


def test_a_quick_run_takes_fewer_rounds(curve: Curve, reference_curve: Curve) -> None:
    for engine in (curve, reference_curve):
        assert 0 < bench.rounds_for(engine, quick=True) < bench.rounds_for(engine)


def test_the_machine_is_described_without_its_name_or_a_path() -> None:
    text = machine.describe()
    assert platform.python_version() in text
    assert "core" in text
    assert "/" not in text
    assert not platform.node() or platform.node() not in text


def test_the_prover_has_no_tables(curve: Curve) -> None:
    """The bench runs both sides in one process; a wallet's sums must not find a verifier's tables."""
    used: list[str] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            used.append(name)
            return getattr(curve, name)

    plain = sha256_suite(curve)
    watched: Any = Watched()
    suite = Suite(plain.id, watched, plain.expand, plain.P1)
    made = rows.shown(suite, 10)
    made.make()
    assert "precompute" not in used
    row = rows.proof_row(suite, 10)
    assert "precompute" in used
    row.verify()


def test_turns_alternate_and_medians_are_of_counted_runs() -> None:
    order: list[str] = []

    def slow() -> None:
        order.append("slow")
        started = now()
        while now() - started < 0.011:
            pass

    medians = interleaved({"slow": slow, "fast": lambda: order.append("fast")}, rounds=2)
    changes = [name for name, before in zip(order, [None, *order], strict=False) if name != before]
    assert changes == ["slow", "fast"] * 2
    assert order.count("slow") == 4, "one run warms a turn that is slow, and one counts"
    assert medians["slow"] >= 11 > 1 > medians["fast"]
