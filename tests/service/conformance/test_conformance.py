"""Does the runner find vectors wherever they lie, judge every value in them, and say what it left out?"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.merkle import inclusion_proof, leaf_hash, root
from credence.service.conformance import NoVectors, Report, SuiteResult, run
from credence.service.errors import ServiceError
from tests.service.conformance.published import Published

NAMES = ("bls12-381-sha-256", "bls12-381-shake-256")


@pytest.fixture(scope="module")
def published(curve: Curve) -> dict[str, dict[str, Any]]:
    return {name: Published(curve, name).files() for name in NAMES}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, value in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return folder


def by_name(report: Report) -> dict[str, SuiteResult]:
    return {suite.name: suite for suite in report.suites}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", ["{name}/{file}", "fixture_data/{name}/deep/er/{file}", "{file}"])
def test_vectors_are_found_in_any_layout(
    layout: str, name: str, published: dict[str, Any], tmp_path: Path, curve: Curve
) -> None:
    files = {layout.format(name=name, file=file): value for file, value in published[name].items()}
    report = run(write(tmp_path, files), curve)
    assert (report.failed, report.skipped, report.passed) == (0, 0, len(files)), report.to_json()
    kinds = {suite.split("/")[0] + "/" + suite.split("/")[2] for suite in by_name(report)}
    assert kinds == {
        "bbs/keypair",
        "bbs/signature",
        "bbs/proof",
        *(f"{family}/{kind}" for family in ("blind-bbs", "pseudonym-bbs") for kind in ("commit", "signature", "proof")),
    }
    if layout != "{file}":
        assert {suite.split("/")[1] for suite in by_name(report)} == {name.removeprefix("bls12-381-")}


CHANGES = [
    ("core/signature001.json", ("signature",), "signature differs"),
    ("core/signature001.json", ("header",), "signature differs"),
    ("core/signature001.json", ("messages", 0), "signature differs"),
    ("core/signature001.json", ("signerKeyPair", "publicKey"), "public key differs"),
    ("core/signature001.json", ("trace", "B"), "trace B differs"),
    ("core/signature001.json", ("trace", "domain"), "trace domain differs"),
    ("core/proof001.json", ("presentationHeader",), "the challenge is another one"),
    ("core/proof001.json", ("trace", "T1"), "trace T1 differs"),
    ("core/proof001.json", ("trace", "T2"), "trace T2 differs"),
    ("core/proof001.json", ("trace", "Abar"), "trace Abar differs"),
    ("core/proof001.json", ("trace", "challenge"), "trace challenge differs"),
    ("core/proof001.json", ("trace", "random_scalars", "e_tilde"), "trace e_tilde differs"),
    ("core/proof001.json", ("trace", "random_scalars", "m_tilde_scalars", 1), "trace m_tilde_scalars differs"),
    ("keypair.json", ("keyMaterial",), "secret key differs"),
    ("keypair.json", ("keyPair", "publicKey"), "public key differs"),
    ("blind/commit001.json", ("proverBlind",), "prover blind differs"),
    ("blind/commit001.json", ("committedMessages", 1), "commitment differs"),
    ("blind/signature001.json", ("messages", 2), "signature differs"),
    ("blind/signature001.json", ("committedMessages", 1), "the signature does not verify"),
    ("blind/signature001.json", ("proverBlind",), "the signature does not verify"),
    ("blind/proof001.json", ("revealedCommittedMessages", "1"), "the challenge is another one"),
    ("blind/proof001.json", ("trace", "B"), "trace B differs"),
    ("nym/nymCommit001.json", ("proverNyms", 0), "commitment differs"),
    ("nym/nymSignature001.json", ("signer_nym_entropy",), "signature differs"),
    ("nym/nymSignature001.json", ("nym_secrets", 1), "nym secrets differs"),
    ("nym/nymProof001.json", ("pseudonym",), "the challenge is another one"),
    ("nym/nymProof001.json", ("nym_secrets", 0), "pseudonym differs"),
    ("nym/nymProof001.json", ("trace", "OP"), "trace OP differs"),
    ("nym/nymProof001.json", ("trace", "poly_eval_pseudo"), "trace poly_eval_pseudo differs"),
    ("nym/nymProof001.json", ("trace", "pseudonym"), "trace pseudonym differs"),
]


@pytest.mark.parametrize(("file", "path", "said"), CHANGES, ids=lambda value: str(value))
def test_every_changed_value_is_found(
    file: str, path: tuple[Any, ...], said: str, published: dict[str, Any], tmp_path: Path, curve: Curve
) -> None:
    """Accepted twin: the same files as they are (``test_vectors_are_found_in_any_layout``)."""
    files = json.loads(json.dumps(published[NAMES[0]]))
    holder = files[file]
    for part in path[:-1]:
        holder = holder[part]
    before = holder[path[-1]]
    # another point must still be a point, so that the value is compared and not just refused as no point
    spare = files["core/signature001.json"]["signature"][:96]
    if len(before) == 96:
        holder[path[-1]] = spare
    elif len(before) == 192:
        holder[path[-1]] = published[NAMES[1]]["keypair.json"]["keyPair"]["publicKey"]
    else:
        holder[path[-1]] = f"{before[:-1]}{(int(before[-1], 16) + 1) % 10}" if before else "00"
    report = run(write(tmp_path / NAMES[0], files), curve, only=lambda name: "either" not in name)
    assert report.failed >= 1
    reasons = [suite.reason or "" for suite in report.suites if suite.failed]
    assert any(said in reason and file.split("/")[-1] in reason for reason in reasons), reasons


@pytest.mark.parametrize(
    "file", ["core/signature001.json", "core/proof001.json", "blind/proof001.json", "nym/nymProof001.json"]
)
def test_an_accepted_vector_that_says_it_is_invalid_fails(
    file: str, published: dict[str, Any], tmp_path: Path, curve: Curve
) -> None:
    value = {**published[NAMES[0]][file], "result": {"valid": False, "reason": "none"}}
    report = run(write(tmp_path, {f"sha-256/{file}": value}), curve)
    assert (report.failed, report.passed) == (1, 0)
    assert "an invalid vector was accepted" in (report.suites[0].reason or "")


def test_a_refused_vector_that_says_it_is_invalid_passes(published: dict[str, Any], tmp_path: Path, curve: Curve) -> None:
    value = {**published[NAMES[0]]["core/proof001.json"], "presentationHeader": "99", "result": {"valid": False}}
    assert run(write(tmp_path, {"sha-256/proof001.json": value}), curve).passed == 1


def test_traces_are_read_with_patience_and_nothing_else_is(published: dict[str, Any], tmp_path: Path, curve: Curve) -> None:
    value = json.loads(json.dumps(published[NAMES[0]]["core/signature001.json"]))
    value["trace"] = {"b": value["trace"]["B"] + "s", "Domain_": value["trace"]["domain"].lstrip("0"), "Y": "00"}
    report = run(write(tmp_path / "patient", {"sha-256/a.json": value}), curve)
    assert (report.passed, report.failed) == (1, 0)
    assert report.suites[0].reason == "sha-256/a.json: trace value y is not checked"
    value["signature"] += "s"
    report = run(write(tmp_path / "strict", {"sha-256/a.json": value}), curve)
    assert (report.passed, report.failed) == (0, 1)


def test_hidden_messages_are_looked_up(published: dict[str, Any], tmp_path: Path, curve: Curve) -> None:
    files = published[NAMES[1]]
    lone = {"shake/proof/proof001.json": files["blind/proof001.json"]}
    report = run(write(tmp_path / "a", lone), curve)
    assert (report.passed, report.failed) == (1, 0)
    assert "verified, not made again" in (report.suites[0].reason or "")

    listed = {"messages.json": {key: files["blind/signature001.json"][key] for key in ("messages", "committedMessages")}}
    report = run(write(tmp_path / "b", {**lone, **listed}), curve)
    assert (report.passed, report.failed, report.skipped) == (1, 0, 1)
    assert by_name(report)["blind-bbs/shake-256/proof"].reason is None


def test_what_is_not_judged_is_listed(tmp_path: Path, curve: Curve) -> None:
    files = {
        "sigma/a.json": [{"Id": "x", "Function": "SigmaProof", "Ciphersuite": "sigma-proofs_Shake128_P256"}] * 3,
        "codec/b.json": [{"Id": "fiat-shamir/turbo/x", "Function": "DuplexSponge", "Hash": "TurboSHAKE128"}] * 2,
        "codec/c.json": [{"Id": "fiat-shamir/codec/x", "Function": "Unheard"}],
        "icao/c.json": {"mrz": "<<<"},
        "icao/broken.json": "{",
        "icao/readme.txt": "text",
        "messages.json": ["00", "01"],
        "node_modules/d.json": {"skipped": "altogether"},
        ".git/e.json": {"skipped": "altogether"},
        "f.json": 7,
    }
    report = run(write(tmp_path / "vectors", files), curve)
    assert report.failed == report.passed == 0
    skipped = {suite.name: (suite.skipped, suite.reason) for suite in report.suites}
    assert skipped == {
        "sigma-protocols": (3, "of another ciphersuite"),
        "fiat-shamir/turbo": (2, "of another hash"),
        "fiat-shamir/codec": (1, "no reader for this function"),
        "messages": (1, "messages that other vectors use; nothing to check by themselves"),
        "other/icao": (3, "no reader for this kind of file; cannot be read as JSON; not JSON of an accepted size"),
        "other/vectors": (1, "no reader for this kind of file"),
    }


@pytest.mark.parametrize("wrong", [5, None, "zz", {"0": 1}, [1]], ids=str)
@pytest.mark.parametrize("field", ["messages", "signature", "header", "signerKeyPair", "trace"])
def test_nonsense_in_a_vector_fails_it_and_stops_nothing(
    field: str, wrong: Any, published: dict[str, Any], tmp_path: Path, curve: Curve
) -> None:
    files = published[NAMES[0]]
    value = {**files["core/signature001.json"], field: wrong}
    folder = write(tmp_path, {"sha-256/a.json": value, "sha-256/b.json": files["core/signature001.json"]})
    report = run(folder, curve)
    passed = 2 if field == "trace" else 1
    assert (report.passed, report.failed) == (passed, 2 - passed), report.to_json()


@pytest.mark.parametrize("files", [{}, {"readme.md": "text"}, {"a/b.txt": ""}], ids=["empty", "text", "deep text"])
def test_a_run_of_nothing_is_an_error(files: dict[str, str], tmp_path: Path, curve: Curve) -> None:
    """Accepted twin: any folder with one JSON file."""
    with pytest.raises(NoVectors):
        run(write(tmp_path, files), curve)
    with pytest.raises(ServiceError):
        run(tmp_path / "absent", curve)


def test_a_slice_and_a_choice(published: dict[str, Any], tmp_path: Path, curve: Curve) -> None:
    files = published[NAMES[0]]
    folder = write(tmp_path, {f"sha-256/{number}.json": files["core/signature001.json"] for number in range(3)})
    write(tmp_path, {"sha-256/p.json": files["core/proof001.json"]})
    entered: list[str] = []
    report = run(folder, curve, per_suite=2, only=lambda name: name.endswith("signature"), progress=entered.append)
    assert entered == ["bbs/sha-256/signature"]
    assert (report.passed, report.skipped) == (2, 1)
    assert report.suites[0].reason == "a slice: the first 2 of each suite"


def test_log_vectors(tmp_path: Path, curve: Curve) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(5)]
    value = {
        "leafIdx": 2,
        "treeSize": 5,
        "root": base64.b64encode(root(leaves)).decode(),
        "leafHash": base64.b64encode(leaves[2]).decode(),
        "proof": [base64.b64encode(node).decode() for node in inclusion_proof(leaves, 2)],
        "desc": "x",
        "wantErr": False,
    }
    wrong = {**value, "leafIdx": 3}
    files = {
        "a.json": value,
        "b.json": {**wrong, "wantErr": True},
        "c.json": wrong,
        "d.json": {**value, "wantErr": True},
    }
    report = run(write(tmp_path, files), curve)
    assert [(suite.name, suite.passed, suite.failed) for suite in report.suites] == [("tlog/inclusion", 2, 2)]


def test_the_report_s_form(published: dict[str, Any], tmp_path: Path, curve: Curve) -> None:
    folder = write(tmp_path, {"sha-256/a.json": published[NAMES[0]]["core/signature001.json"]})
    assert run(folder, curve).to_json() == {
        "engine": "native",
        "suites": [{"name": "bbs/sha-256/signature", "passed": 1, "failed": 0, "skipped": 0, "reason": None}],
        "failed": 0,
    }


def test_long_lists_of_failures_are_cut() -> None:
    result = SuiteResult("x", failures=[f"failure {number}" for number in range(9)])
    assert (result.reason or "").endswith("failure 4; and 4 more")


@pytest.mark.official
def test_the_shared_vectors(shared: Path, curve: Curve) -> None:
    report = run(shared / "vectors", curve)
    assert report.failed == 0, report.to_json()
    suites = by_name(report)
    for name, least in (("tlog/inclusion", 70), ("tlog/consistency", 67), ("tlog/roots", 9), ("tlog/signed-note", 1)):
        assert suites[name].passed >= least
    assert sum(suites[f"sigma-protocols/{flavour}"].passed for flavour in ("batchable", "compact")) == 46
    assert sum(suites[f"fiat-shamir/{kind}"].passed for kind in ("codec", "shake128")) == 26
    assert all(suite.reason for suite in report.suites if suite.skipped)
