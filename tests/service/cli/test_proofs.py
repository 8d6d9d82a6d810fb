"""Do conformance, bench and demo print exactly what is promised, and end as they should?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.curve import Curve
from credence.circuits.hashing import hash_to_scalar
from credence.service.demo.report import DemoReport, StepReport
from tests.service.cli.conftest import Run


@pytest.fixture
def vectors(room: Path, curve: Curve) -> Path:
    """A folder with one vector that holds, and a file that nobody reads."""
    folder = room / "vectors" / "bls12-381-sha-256"
    folder.mkdir(parents=True)
    scalar = hash_to_scalar(sha256_suite(curve).expand, b"message", b"a tag")
    vector = {"message": b"message".hex(), "dst": b"a tag".hex(), "scalar": scalar.to_bytes(32, "big").hex()}
    (folder / "h2s.json").write_text(json.dumps(vector))
    (room / "vectors" / "other.json").write_text('{"nobody": "knows"}')
    return room / "vectors"


OTHERS = ("--only", "bbs", "--only", "other")
"""Without the malicious presentations that come with the build, which take half a minute."""


def spoil(vectors: Path) -> None:
    path = vectors / "bls12-381-sha-256" / "h2s.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "scalar": "01"}))


def test_conformance(vectors: Path, run: Run) -> None:
    outcome = run("conformance", "--vectors", vectors, "--json", *OTHERS)
    assert outcome.code == 0
    assert set(outcome.json) == {"engine", "suites", "failed"}
    assert (outcome.json["engine"], outcome.json["failed"]) == ("native", 0)
    assert [set(suite) for suite in outcome.json["suites"]] == [{"name", "passed", "failed", "skipped", "reason"}] * 2
    passed, skipped = outcome.json["suites"]
    assert (passed["passed"], passed["reason"]) == (1, None)
    assert (skipped["skipped"], bool(skipped["reason"])) == (1, True)
    assert outcome.err == ""


def test_conformance_in_words_and_on_the_other_engine(vectors: Path, run: Run) -> None:
    outcome = run("conformance", "--vectors", vectors, "--engine", "reference", *OTHERS)
    assert outcome.code == 0
    assert "1 passed, 0 failed, 1 skipped on engine reference" in outcome.out


def test_a_vector_that_fails(vectors: Path, run: Run) -> None:
    spoil(vectors)
    outcome = run("conformance", "--vectors", vectors, "--json", *OTHERS)
    assert outcome.code == 1
    assert outcome.json["failed"] == 1
    assert "1 vectors failed" in outcome.complaint


def test_a_run_of_nothing_is_no_success(room: Path, run: Run) -> None:
    missing = run("conformance", "--vectors", room / "nowhere", "--json")
    assert (missing.code, missing.out) == (1, "")
    assert "no folder" in missing.complaint
    (room / "empty").mkdir()
    assert run("conformance", "--vectors", room / "empty").code == 1
    (room / "empty" / "unknown.json").write_text("{}")
    unknown = run("conformance", "--vectors", room / "empty", "--json", "--per-suite", 1)
    assert unknown.code == 1
    suites = {suite["name"]: suite for suite in unknown.json["suites"]}
    assert (suites["malicious"]["passed"], suites["other/empty"]["skipped"]) == (1, 1)
    assert "a run of nothing proves nothing" in unknown.complaint
    assert run("conformance", "--only", "nothing-of-that-name").code == 1


def test_malicious_presentations_come_with_the_build(run: Run) -> None:
    """Without a folder; the whole of them are judged in tests/service/conformance."""
    outcome = run("conformance", "--json", "--per-suite", 40)
    assert outcome.code == 0
    (suite,) = outcome.json["suites"]
    assert (suite["name"], suite["passed"], suite["failed"]) == ("malicious", 40, 0)
    assert sum(suite["causes"].values()) == 40 - 2  # but for the twins
    assert suite["skipped"] > 1_000


def test_flipped_bits(run: Run) -> None:
    outcome = run("conformance", "--only", "bit-flips", "--bit-flips", 4_001, "--json")
    assert outcome.code == 0
    (suite,) = outcome.json["suites"]
    assert (suite["name"], suite["passed"], suite["failed"]) == ("bit-flips", 8, 0)
    assert sum(suite["causes"].values()) == 8


def test_an_unknown_engine_is_bad_usage(vectors: Path, run: Run) -> None:
    outcome = run("conformance", "--vectors", vectors, "--engine", "nonsense")
    assert outcome.code == 2
    assert "native, reference" in outcome.complaint


@pytest.mark.official
def test_official_vectors(shared: Path, run: Run) -> None:
    outcome = run("conformance", "--vectors", shared / "vectors", "--per-suite", 1, "--json")
    assert outcome.code == 0, outcome.err
    assert sum(suite["passed"] for suite in outcome.json["suites"]) > 10


def test_bench(run: Run) -> None:
    outcome = run("bench", "--only", "bbs10", "--rounds", 1, "--json")
    assert outcome.code == 0
    assert set(outcome.json) >= {"machine", "engine", "unit", "results"}
    assert set(outcome.json["unit"]) == {"g1_mul_ms", "pairing2_ms"}
    (result,) = outcome.json["results"]
    assert set(result) >= {"name", "bytes", "prove_ms", "verify_ms"}
    assert (result["name"], outcome.err) == ("bbs10", "")


def test_bench_in_words(run: Run) -> None:
    outcome = run("bench", "--only", "sign10,msm", "--rounds", 1)
    assert outcome.code == 0
    assert "sign10" in outcome.out
    assert "multi-scalar sums" in outcome.out


@pytest.mark.parametrize("arguments", [("--only", "nonsense"), ("--only", ","), ("--rounds", "0")])
def test_bad_usage_of_bench(arguments: tuple[str, ...], run: Run) -> None:
    outcome = run("bench", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""


def told(**more: Any) -> DemoReport:
    return DemoReport(engine="native", steps=(StepReport("First", True, 1.0),), decisions=(), terms=(), **more)


def test_demo(run: Run, monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    given: dict[str, Any] = {}

    def run_demo(out: object, **options: Any) -> DemoReport:
        given.update(options, out=out)
        return told(ok=True)

    monkeypatch.setattr("credence.service.demo.run_demo", run_demo)
    for name in ("sdn.csv", "un.xml"):
        (room / name).touch()
    outcome = run("demo", "--json", "--ofac", "sdn.csv", "--un", "un.xml")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.json == {
        "ok": True,
        "engine": "native",
        "steps": [{"name": "First", "ok": True, "ms": 1.0}],
        "decisions": [],
        "terms": [],
        "screening": {"lists": [], "searches": []},
        "standings": [],
    }
    assert given == {"out": None, "ofac": Path("sdn.csv"), "un": Path("un.xml"), "days": None}


def test_a_demo_that_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.demo.run_demo", lambda *_a, **_b: told(ok=False, failure="Second: it did not"))
    outcome = run("demo", "--json")
    assert outcome.code == 1
    assert outcome.json["ok"] is False
    assert outcome.complaint == "credence: the demo failed: Second: it did not"


def test_a_demo_on_a_file_that_is_not_there(run: Run) -> None:
    outcome = run("demo", "--days", "nowhere.csv")
    assert outcome.code == 2
    assert "nowhere.csv" in outcome.complaint
