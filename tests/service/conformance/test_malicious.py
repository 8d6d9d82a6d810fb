"""Is every malicious presentation refused for its own reason, and would the runner say so if one were not?"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.composite import checking
from credence.circuits.curve import Curve
from credence.circuits.errors import Refused, Step
from credence.circuits.presentation import judging, statement
from credence.circuits.sigma import proof
from credence.service.conformance import MALICIOUS, SuiteResult, flip_bits, run
from credence.service.conformance.bit_flips import judge_flips, whole_proof
from credence.service.conformance.presentation_vectors import documents_of
from credence.service.conformance.runner import own_corpus
from tests.service.conformance.malicious.make_corpus import FILE, corpus, written
from tests.service.conformance.malicious.notes import NOTES


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    value: dict[str, Any] = own_corpus().value
    return value


def all_tests(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [test for group in whole["testGroups"] for test in group["tests"]]


def judged(folder: Path, whole: Mapping[str, Any], curve: Curve) -> SuiteResult:
    (folder / "corpus.json").write_text(json.dumps(whole))
    (result,) = run(folder, curve).suites
    assert result.name == MALICIOUS
    return result


def only(whole: Mapping[str, Any], *wanted: int) -> dict[str, Any]:
    """The corpus with these tests alone."""
    groups = [
        {**group, "tests": [test for test in group["tests"] if test["tcId"] in wanted]} for group in whole["testGroups"]
    ]
    return {**whole, "testGroups": [group for group in copy.deepcopy(groups) if group["tests"]]}


def pair(whole: Mapping[str, Any], cause: str, **said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the corpus with one case of a cause and its twin, the case)."""
    wanted = {"cause": cause, **said}
    test = next(test for test in all_tests(whole) if {name: test.get(name) for name in wanted} == wanted)
    return only(whole, test["tcId"], test["twin"]), test


class TestTheFile:
    def test_it_says_of_itself_what_it_has(self, whole: Mapping[str, Any]) -> None:
        tests = all_tests(whole)
        assert len({test["tcId"] for test in tests}) == len(tests)
        assert whole["numberOfTests"] == len(tests)
        assert sum(test["result"] == "invalid" for test in tests) >= 1_000
        assert FILE.stat().st_size < 1_700_000

    def test_every_cause_has_a_note_and_a_case(self, whole: Mapping[str, Any]) -> None:
        causes = {test["cause"] for test in all_tests(whole) if test["result"] == "invalid"}
        assert causes == whole["notes"].keys() == NOTES.keys()
        assert len(causes) >= 36

    def test_every_case_has_one_cause_an_accepted_twin_and_a_step(self, whole: Mapping[str, Any]) -> None:
        by_id = {test["tcId"]: test for test in all_tests(whole)}
        for test in by_id.values():
            if test["result"] == "invalid":
                assert test["flags"] == [test["cause"]]
                assert by_id[test["twin"]]["result"] == "valid"
                assert test["step"].upper() in Step.__members__
                assert test.get("changes") or test["refused"]

    def test_no_case_stands_twice(self, whole: Mapping[str, Any]) -> None:
        texts = [json.dumps(document, sort_keys=True) for document in documents_of(whole).values()]
        assert len(set(texts)) == len(texts)

    @pytest.mark.slow
    def test_the_script_makes_this_very_file(self, curve: Curve) -> None:
        made = corpus(curve, judged=False)
        assert written(made) == FILE.read_text(encoding="utf-8")


class TestTheVerifier:
    def test_a_case_of_every_cause_is_refused_and_its_twin_accepted(
        self, whole: Mapping[str, Any], curve: Curve, tmp_path: Path
    ) -> None:
        chosen = {test["cause"]: test for test in all_tests(whole) if test["result"] == "invalid"}
        batches = {member for test in chosen.values() for member in test.get("members", ())}
        batches |= {test["twin"] for test in all_tests(whole) if test["tcId"] in batches and "twin" in test}
        wanted = {test[name] for test in chosen.values() for name in ("tcId", "twin")} | batches
        wanted |= {member for test in all_tests(whole) if test["tcId"] in wanted for member in test.get("members", ())}
        result = judged(tmp_path, only(whole, *wanted), curve)
        assert (result.failed, result.skipped, result.reason) == (0, 0, None)
        assert result.causes.keys() == NOTES.keys()

    @pytest.mark.slow
    def test_all_of_them(self, whole: Mapping[str, Any], curve: Curve) -> None:
        (result,) = run(None, curve, own=True).suites
        assert (result.failed, result.skipped, result.reason) == (0, 0, None)
        assert result.passed == whole["numberOfTests"]
        assert result.causes.total() == sum(test["result"] == "invalid" for test in all_tests(whole))


class TestTheRunner:
    """It is the judge: what it overlooks, nobody sees."""

    @pytest.mark.parametrize(
        ("cause", "weaker"),
        [
            ("CancellingPairings", (checking, "draw_weights", lambda rng, judged, count: [1] * count)),
            ("Unsigned", (checking, "check_claims", lambda *_: None)),
            ("OtherScalar", (proof, "check_pending", lambda *_: None)),
            ("Expired", (statement.PublicCredential, "expires_on", 60_000)),
            ("PolicyNotMet", (judging, "_fails", lambda *_: False)),
        ],
    )
    def test_a_verifier_that_accepts_one_is_noticed(
        self,
        cause: str,
        weaker: tuple[Any, str, Any],
        whole: Mapping[str, Any],
        curve: Curve,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        module, name, value = weaker
        chosen, test = pair(whole, cause)
        assert judged(tmp_path, chosen, curve).failed == 0
        monkeypatch.setattr(module, name, value)
        if name == "check_pending":
            monkeypatch.setattr(checking, name, value)
        result = judged(tmp_path, chosen, curve)
        assert result.failures == [f"tcId {test['tcId']}: a malicious presentation was ACCEPTED"]

    def test_one_that_accepts_everything_in_a_batch_is_noticed(
        self, whole: Mapping[str, Any], curve: Curve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        batch = next(
            test for test in all_tests(whole) if test.get("cause") == "CancellingInBatch" and test["step"] == "pairing"
        )
        members = {test["tcId"]: test for test in all_tests(whole) if test["tcId"] in batch["members"]}
        wanted = {batch["tcId"], *members, *(test["twin"] for test in members.values() if "twin" in test)}
        goods = [test for test in all_tests(whole) if test["tcId"] == batch["twin"]]
        chosen = only(whole, *wanted, batch["twin"], *(member for test in goods for member in test["members"]))
        assert judged(tmp_path, chosen, curve).failed == 0
        monkeypatch.setattr(checking, "draw_weights", lambda rng, judged, count: [1] * count)
        result = judged(tmp_path, chosen, curve)
        assert result.failures == [f"tcId {batch['tcId']}: a malicious presentation was ACCEPTED in a batch"]

    def test_a_twin_that_is_refused_is_noticed(
        self, whole: Mapping[str, Any], curve: Curve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nobody(*_: Any) -> None:
            raise Refused("not_accepted", Step.PAIRING)

        chosen, test = pair(whole, "Unsigned")
        monkeypatch.setattr(checking, "check_claims", nobody)
        result = judged(tmp_path, chosen, curve)
        assert result.failures == [f"tcId {test['twin']}: a valid presentation was refused at pairing"]

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"step": "pairing"}, "step differs"),
            ({"reason": "policy_not_met"}, "reason differs"),
            ({"result": "valid"}, "valid"),
        ],
    )
    def test_a_case_that_says_otherwise_fails(
        self, change: dict[str, Any], complaint: str, whole: Mapping[str, Any], curve: Curve, tmp_path: Path
    ) -> None:
        chosen, test = pair(whole, "OtherScalar")
        (case,) = [each for each in all_tests(chosen) if each["tcId"] == test["tcId"]]
        case |= change
        if "result" in change:
            case["presentation"] = documents_of(whole)[test["tcId"]]["presentation"]
            del case["changes"]
        (failure,) = judged(tmp_path, chosen, curve).failures
        assert complaint in failure

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda case: case.update(twin=0),
            lambda case: case.update(changes=[{"op": "copy", "path": "/now"}]),
            lambda case: case.update(changes=[{"op": "replace", "path": "/no/such", "value": 1}]),
            lambda case: case.update(changes=[{"op": "replace", "path": "", "value": 1}]),
            lambda case: case["changes"][0].update(offset=1 << 20),
            lambda case: case["changes"][0].update(insert="zz"),
        ],
    )
    def test_a_corpus_that_cannot_be_read_fails(
        self, spoil: Any, whole: Mapping[str, Any], curve: Curve, tmp_path: Path
    ) -> None:
        chosen, test = pair(whole, "OtherScalar")
        (case,) = [each for each in all_tests(chosen) if each["tcId"] == test["tcId"]]
        spoil(case)
        result = judged(tmp_path, chosen, curve)
        assert (result.passed, result.failed) == (0, 1)
        assert "cannot be read" in result.failures[0]

    def test_a_twin_that_is_none_fails(self, whole: Mapping[str, Any], curve: Curve, tmp_path: Path) -> None:
        chosen, test = pair(whole, "OtherScalar")
        (case,) = [each for each in all_tests(chosen) if each["tcId"] == test["tcId"]]
        case["twin"] = case["tcId"]
        assert judged(tmp_path, chosen, curve).failed == 1


class TestBitFlips:
    @pytest.mark.slow
    def test_a_share_of_all_flips(self) -> None:
        """Each 51st, which meets every bit of a byte. All 30,720 take minutes (docs/conformance.md)."""
        result = flip_bits("native", every=51, first=5)
        assert (result.failed, result.failures) == (0, [])
        assert result.passed == result.causes.total() == len(range(5, 30_720, 51))

    def test_one_that_is_accepted_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        document = whole_proof()
        last = 8 * 3_840 - 1
        assert judge_flips("native", document, [0, last]) == {0: "decode", last: "decode"}
        monkeypatch.setattr(judging, "read_message", lambda *_: object())
        monkeypatch.setattr(judging, "check_readings", lambda *_: None)
        monkeypatch.setattr(judging, "_verdict", lambda *_: object())
        assert judge_flips("native", document, [0]) == {0: None}

    def test_a_share_that_is_none_is_refused(self) -> None:
        for every, first in ((0, 0), (4, 4), (4, -1)):
            with pytest.raises(ValueError, match="every"):
                flip_bits("native", every=every, first=first)
