"""Does the whole journey hold, over HTTP, against the real service? And does the demo say so when it does not?"""

from __future__ import annotations

import io
import json
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from rich.console import Console

from credence.circuits.curve import Curve
from credence.service.demo import DemoReport, run_demo
from credence.service.demo.intake import REFUSED
from credence.service.demo.journey import Step, journey
from credence.service.demo.report import Decided, Journal
from credence.service.demo.run import FOLDER
from credence.service.demo.world import World
from credence.service.sandbox.persons import ENHANCED_RISK, LISTED, LISTED_NAMES, LOW_RISK
from credence.service.screening.results import MATCHER

LOW, ENHANCED = LOW_RISK.given_name, ENHANCED_RISK.given_name


@dataclass(frozen=True)
class Run:
    report: DemoReport
    text: str
    url: str


def folders() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob(f"{FOLDER}*")}


@pytest.fixture(scope="module")
def run(curve: Curve) -> Run:
    """One run of the demo as ``make demo`` makes it, its output caught."""
    before, urls = folders(), []

    def watch(world: World, _journal: Journal) -> None:
        urls.append(world.service.server.url)

    steps = [*journey(days=False)]
    steps.insert(2, Step("Watch", watch))
    out = io.StringIO()
    report = run_demo(Console(file=out, width=100), curve=curve, steps=steps)
    assert folders() == before, "the run left its folder behind"
    return Run(report, out.getvalue(), urls[0])


def decisions(run: Run, step: str) -> list[Decided]:
    return [decided for decided in run.report.decisions if decided.step == step]


def test_every_step_passes(run: Run) -> None:
    assert run.report.failure is None
    assert run.report.ok
    assert all(step.ok for step in run.report.steps)
    assert run.report.engine == "native"


def test_the_service_is_stopped(run: Run) -> None:
    host, port = run.url.removeprefix("http://").split(":")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=1)


def test_two_persons_of_different_risk_are_approved_and_a_listed_one_is_declined(run: Run) -> None:
    made = [(found.who, found.decision, found.entry) for found in run.report.decisions if found.by == "issuer"]
    assert made == [
        (LOW, "approved", None),
        (ENHANCED, "approved", None),
        *[(REFUSED.given_name, "refused", None)] * 4,
        ("the listed applicant", "declined", "invented D-1001"),
        ("a namesake", "review", "invented D-1001"),
        ("a namesake", "refused", None),
        ("a namesake", "approved", None),
    ]
    assert decisions(run, "Decline a listed applicant")[0].reason == "sanctions-hit"


def test_evidence_of_two_types_is_believed_and_what_proves_nothing_is_refused_by_its_reason(run: Run) -> None:
    evidence = {found.who: found.evidence for found in run.report.searches if found.decision == "approved"}
    assert evidence == {LOW: "eu-pid", ENHANCED: "vendor-jws"}
    refused = [(found.reason, found.status) for found in decisions(run, "Refuse evidence, by its reason")]
    assert refused == [(reason, 400) for reason in ("wrong-audience", "replayed", "untrusted", "forged")]
    assert REFUSED.given_name not in {found.who for found in run.report.searches}, "nobody is searched for before that"


def test_a_namesake_is_approved_by_two_reviewers_and_by_no_one_alone(run: Run) -> None:
    made = [(found.decision, found.reason, found.status) for found in decisions(run, "Leave a namesake to two reviewers")]
    waiting, refused, approved = made
    assert (waiting[0], waiting[1].split()[0]) == ("review", "sanctions-review")
    assert refused == ("refused", "four-eyes-required", 409)
    assert (approved[0], "false-positive" in approved[1]) == ("approved", True)


def test_what_was_searched_and_found_is_in_the_report_by_entry_and_never_by_name(run: Run) -> None:
    (searched,) = run.report.lists
    assert (searched.name, searched.format, searched.version, searched.entries) == ("invented", "json", "demo-1", 3)
    assert searched.digest == sha256(LISTED_NAMES.read_bytes()).hexdigest()
    found = [
        (one.who, one.band, [(match.entry_id, match.score, match.reasons) for match in one.matches])
        for one in run.report.searches
    ]
    assert found == [
        (LOW, "clear", []),
        (ENHANCED, "clear", []),
        ("the listed applicant", "hit", [("D-1001", 100, ("name-equal", "birth-date-agrees"))]),
        ("a namesake", "review", [("D-1001", 100, ("name-equal", "birth-date-differs"))]),
    ]
    assert {one.matcher for one in run.report.searches} == {MATCHER}
    screening = run.report.to_json()["screening"]
    assert list(screening) == ["lists", "searches"]
    assert {tuple(one) for one in screening["lists"]} == {
        ("name", "format", "version", "published", "entries", "digest"),
    }
    assert {tuple(one) for one in screening["searches"]} == {
        ("who", "evidence", "decision", "band", "matcher", "matches"),
    }
    for words in ("Screening", searched.digest[:16], "invented D-1001", "name-equal, birth-date-differs"):
        assert words in run.text
    assert LISTED.family_name not in run.text


def test_pseudonyms_differ_by_person_and_venue_and_stay_the_same(run: Run) -> None:
    first = {(found.who, found.venue): found.pseudonym for found in decisions(run, "Present at both venues")}
    again = {(found.who, found.venue): found.pseudonym for found in decisions(run, "Present again")}
    assert len(first) == len(set(first.values())) == 4
    assert None not in first.values()
    assert again == first
    assert sum(found.decision == "accepted" for found in run.report.decisions) == 17


def test_a_standing_travels_and_no_two_venues_know_one_pseudonym(run: Run) -> None:
    earned, *proven = (
        *decisions(run, "Report conduct at two venues"),
        *decisions(run, "Prove a standing at a fourth venue"),
    )
    assert (earned.venue, [found.venue for found in proven]) == ("east.example", ["west.example"] * 2)
    assert len({found.pseudonym for found in (earned, *proven)}) == 2, "of one venue the same, of two never"
    for words in (
        "north.example: score 300, R1, evidence 0.000",
        "R2: initial margin x 1",
        "cannot",
        "learned three pseudonyms",
    ):
        assert words in run.text


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("Refuse a replay", [("accepted", "accepted", None), ("refused", "bad-nonce", 409)]),
        ("Refuse tampered proofs", [("denied", "not_accepted", None)] * 3 + [("accepted", "accepted", None)]),
        ("Refuse a revoked API key", [("refused", "unauthorized", 401)]),
        ("Refuse an expired credential", [("accepted", "accepted", None), ("denied", "policy_not_met", None)]),
        ("Revoke a credential", [("accepted", "accepted", None), ("denied", "not_accepted", None)]),
    ],
)
def test_each_refusal_is_exact_and_has_an_accepted_twin(run: Run, step: str, expected: list[object]) -> None:
    assert [(found.decision, found.reason, found.status) for found in decisions(run, step)] == expected


def test_terms_follow_what_was_proven(run: Run) -> None:
    terms = {(priced.who, priced.venue): priced.terms for priced in run.report.terms}
    assert len(terms) == len(run.report.terms) == 4
    low, enhanced = terms[LOW, "north.example"], terms[ENHANCED, "north.example"]
    assert [low["risk_tier"], enhanced["risk_tier"]] == ["low", "enhanced"]
    # 6M in 30 days is V2, 4 bps; enhanced risk pays 5 % more; R1 asks 1.25 of the IM and 1.1 of the MM
    assert [low["fees"]["taker_ppm"], enhanced["fees"]["taker_ppm"]] == ["400", "420"]
    brackets = [found["margin"][0]["brackets"][0] for found in (low, enhanced)]
    assert [(found["im"], found["mm"]) for found in brackets] == [("0.02375", "0.011"), ("0.03125", "0.011")]
    assert [low["max_leverage"], enhanced["max_leverage"]] == ["42.1", "32"]
    assert [low["notional_cap_usd"], enhanced["notional_cap_usd"]] == ["25000000", "12500000"]
    # where the risk tier is not shown, nobody is told from anybody
    assert terms[LOW, "south.example"]["fees"] == terms[ENHANCED, "south.example"]["fees"]
    assert all(reason["factor"] and reason["effect"] for found in terms.values() for reason in found["reasons"])


def test_json_has_the_promised_shape_and_nothing_else(run: Run) -> None:
    document = json.loads(json.dumps(run.report.to_json()))
    assert list(document) == ["ok", "engine", "steps", "decisions", "terms", "screening", "standings"]
    assert {tuple(step) for step in document["steps"]} == {("name", "ok", "ms")}
    assert {tuple(found) for found in document["decisions"]} == {
        ("step", "by", "who", "venue", "decision", "reason", "status", "pseudonym", "entry")
    }
    assert {tuple(found) for found in document["terms"]} == {
        ("who", "venue", "account", "volume_30d_usd", "saved_usd", "terms")
    }
    assert LISTED.family_name not in json.dumps(document)


def test_output_is_plain_where_there_is_no_terminal(run: Run) -> None:
    assert "\x1b" not in run.text
    lines = run.text.splitlines()
    for step in run.report.steps:
        assert any(line.startswith("ok") and step.name in line and line.endswith(" ms") for line in lines), step.name
    for words in ("hidden from south.example", "Terms, side by side", f"Why: {LOW} at north.example", "steps passed"):
        assert words in run.text


# --- when a step does not hold ---


def cut(last: str, *, without: tuple[str, ...] = (), before: dict[str, Step] | None = None) -> list[Step]:
    """The journey up to ``last``, some steps left out, some put in before others."""
    steps = []
    for step in journey(days=False):
        if before and step.name in before:
            steps.append(before[step.name])
        if step.name not in without:
            steps.append(step)
        if step.name == last:
            return steps
    raise KeyError(last)


def broken(curve: Curve, steps: list[Step]) -> DemoReport:
    before = folders()
    report = run_demo(curve=curve, steps=steps)
    assert not report.ok
    assert [step.ok for step in report.steps] == [True] * (len(report.steps) - 1) + [False]
    assert folders() == before
    return report


def kill(world: World, _journal: Journal) -> None:
    world.stop()


def keep_a_name(world: World, _journal: Journal) -> None:
    (world.data_dir / "notes.txt").write_text(f"met {LOW_RISK.full_name} today")


def forge_a_memory(world: World, _journal: Journal) -> None:
    origin, size, rest = world.notes[0].split("\n", 2)
    world.notes[0] = f"{origin}\n{int(size) + 1}\n{rest}"


def fail_oddly(_world: World, _journal: Journal) -> None:
    raise RuntimeError(LISTED.full_name)


SABOTAGES: dict[str, Callable[[World, Journal], None]] = {
    "Publish the venues' policies": kill,
    "Verify the ledger": forge_a_memory,
    "Find nobody in what is kept": keep_a_name,
}
REASONS = {
    "Publish the venues' policies": "The service cannot be reached.",
    "Verify the ledger": "",
    "Find nobody in what is kept": "a full name stands in notes.txt",
}
LONG = ("Decline a listed applicant", "Leave a namesake to two reviewers", "Verify a person of enhanced risk")


@pytest.mark.slow
@pytest.mark.parametrize("step", SABOTAGES)
def test_a_sabotaged_step_fails_by_name(curve: Curve, step: str) -> None:
    early = tuple(found.name for found in journey(days=False)[5:] if found.name != step)
    report = broken(curve, cut(step, without=early, before={step: Step("Sabotage", SABOTAGES[step])}))
    assert report.steps[-1].name == step
    assert report.failure is not None
    assert report.failure.startswith(f"{step}: {REASONS[step]}")


@pytest.mark.slow
def test_a_clock_that_was_not_moved_fails_the_expired_credential(curve: Curve) -> None:
    late = "Refuse an expired credential"
    left_out = tuple(found.name for found in journey(days=False)[6:] if found.name != late)

    def stand_still(world: World, _journal: Journal) -> None:
        world.clock.move_to = lambda _moment: None

    report = broken(curve, cut(late, without=left_out, before={late: Step("Stand still", stand_still)}))
    assert report.failure == f"{late}: it was accepted"


def test_an_error_nobody_foresaw_is_named_by_kind_and_says_nothing_else(curve: Curve) -> None:
    report = broken(curve, [Step("Stumble", fail_oddly)])
    assert report.failure == "Stumble: RuntimeError"


def test_a_failure_is_said_in_words(curve: Curve) -> None:
    out = io.StringIO()
    report = run_demo(Console(file=out, width=100), curve=curve, steps=[Step("Stumble", fail_oddly)])
    assert not report.ok
    assert "FAILED" in out.getvalue()
    assert "The demo failed. Stumble: RuntimeError" in out.getvalue()
