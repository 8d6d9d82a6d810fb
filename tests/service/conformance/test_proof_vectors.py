"""Does the runner judge vectors of proofs and transcripts value by value? The vectors are made here, in published form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import encode_scalar
from credence.circuits.sigma.proof import nonce_count, prove_with_nonces
from credence.circuits.sigma.statement import Statement, Witness
from credence.circuits.sigma.transcript import CIPHERSUITE, Encoding, Sponge, derive_session_id
from credence.service.conformance import Report, run
from credence.service.conformance.sigma_vectors import seeded_nonces
from credence.service.conformance.transcript_vectors import sumcheck_prove
from tests.circuits.sigma.subjects import equality

SESSION = bytes(range(32))
MERSENNE = 2**31 - 1


def proof_vector(statement: Statement, witness: Witness, encoding: Encoding) -> dict[str, Any]:
    tag = b"here-%b-with-%b" % (encoding.value, CIPHERSUITE)
    nonces = seeded_nonces("here", encoding, nonce_count(statement))
    flavour = encoding.name.lower()
    return {
        "Id": f"sigma-protocols/here/{flavour}",
        "Function": "SigmaProof",
        "Ciphersuite": CIPHERSUITE.decode(),
        "Relation": "here",
        "Flavor": flavour,
        "Tag": tag.decode(),
        "SessionId": derive_session_id(tag).hex(),
        "Instance": statement.serialized.hex(),
        "Witness": b"".join(encode_scalar(value) for value in witness.scalars).hex(),
        "NargString": prove_with_nonces(statement, witness, tag, encoding, nonces).hex(),
        "Expected": "accept",
    }


@pytest.fixture(scope="module")
def proofs(curve: Curve) -> list[dict[str, Any]]:
    made = equality(curve)
    return [proof_vector(made.statement, made.witness, encoding) for encoding in Encoding]


def transcripts() -> list[dict[str, Any]]:
    sponge = Sponge(SESSION)
    sponge.absorb(b"abc")
    tag = b"sumcheck here"
    session = derive_session_id(tag)
    proof, value = sumcheck_prove(session, MERSENNE, [3, 1, 4, 1])
    named = [
        ("SerializeVarLenString", {"Input": "aabb", "Output": "02000000aabb"}),
        ("DeserializeVarLenString", {"Input": "0300", "Expected": "reject"}),
        ("SerializeUint", {"Modulus": "0x101", "Value": "0x100", "Output": "0001"}),
        ("DeserializeUint", {"Modulus": "0x101", "Input": "0101", "Expected": "reject"}),
        ("SerializeField", {"Modulus": "0x101", "ByteOrder": "big-endian", "Value": "0x2", "Output": "0002"}),
        (
            "DeserializeField",
            {"Modulus": "0x101", "ExtensionDegree": 2, "Input": "00010200", "Coordinates": ["0x100", "0x2"]},
        ),
        ("DecodeUint", {"Modulus": "0x101", "Input": "0101" + "00" * 16, "Challenge": "0x00"}),
        (
            "DuplexSponge",
            {
                "Hash": "SHAKE128",
                "SessionId": SESSION.hex(),
                "Operations": [{"type": "absorb", "data": b"abc".hex()}, {"type": "squeeze", "length": 8}],
                "Output": sponge.squeeze(8).hex(),
            },
        ),
        ("DeriveSessionID", {"Hash": "SHAKE128", "Tag": tag.hex(), "Output": session.hex()}),
        (
            "Sumcheck",
            {
                "Modulus": hex(MERSENNE),
                "NumVariables": 2,
                "Tag": tag.hex(),
                "SessionId": session.hex(),
                "Witness": [3, 1, 4, 1],
                "ClaimedSum": "0x9",
                "Narg": proof.hex(),
                "FinalEvaluation": hex(value),
            },
        ),
    ]
    return [{"Id": f"fiat-shamir/here/{name}", "Function": name, **value} for name, value in named]


def judged(folder: Path, vectors: list[dict[str, Any]], curve: Curve) -> Report:
    (folder / "vectors.json").write_text(json.dumps(vectors), encoding="utf-8")
    return run(folder, curve)


def test_the_accepted_twins(proofs: list[dict[str, Any]], tmp_path: Path, curve: Curve) -> None:
    report = judged(tmp_path, proofs, curve)
    assert [(suite.name, suite.passed, suite.failed) for suite in report.suites] == [
        ("sigma-protocols/batchable", 1, 0),
        ("sigma-protocols/compact", 1, 0),
    ]
    report = judged(tmp_path, transcripts(), curve)
    assert [(suite.name, suite.passed, suite.failed) for suite in report.suites] == [("fiat-shamir/here", 10, 0)]


PROOF_CHANGES = {
    "Tag": ("here", "elsewhere"),
    "SessionId": ("", ""),
    "Instance": ("", ""),
    "Witness": ("", ""),
    "NargString": ("", ""),
    "Relation": ("here", "there"),
    "Expected": ("accept", "reject"),
}


@pytest.mark.parametrize("name", PROOF_CHANGES)
@pytest.mark.parametrize("at", [0, 1])
def test_every_changed_value_of_a_proof_is_found(
    name: str, at: int, proofs: list[dict[str, Any]], tmp_path: Path, curve: Curve
) -> None:
    before, after = PROOF_CHANGES[name]
    value = proofs[at][name]
    changed = value.replace(before, after) if before else f"{value[:-1]}{(int(value[-1], 16) + 1) % 16:x}"
    assert changed != value
    report = judged(tmp_path, [{**proofs[at], name: changed}], curve)
    assert (report.failed, report.passed) == (1, 0), report.to_json()


@pytest.mark.parametrize("name", ["Instance", "NargString", "Tag"])
def test_a_refused_proof_that_says_so_passes(name: str, proofs: list[dict[str, Any]], tmp_path: Path, curve: Curve) -> None:
    vector = {**proofs[0], name: proofs[0][name][:-2], "Expected": "reject"}
    assert judged(tmp_path, [vector], curve).passed == 1


@pytest.mark.parametrize("vector", transcripts(), ids=lambda vector: vector["Function"])
def test_every_changed_value_of_a_transcript_is_found(vector: dict[str, Any], tmp_path: Path, curve: Curve) -> None:
    """Each stated value in turn; a vector that must be refused is one that must not be accepted instead."""
    kept = {"Id", "Function", "Hash", "Witness", "Operations", "ByteOrder", "ExtensionDegree", "NumVariables", "Coordinates"}
    if vector.get("Expected") == "reject":
        del vector["Expected"]
        assert judged(tmp_path, [vector], curve).failed == 1
        return
    for name in vector.keys() - kept - {"Modulus"}:
        value = vector[name]
        changed = {**vector, name: f"{value[:-1]}{(int(value[-1], 16) + 1) % 16:x}"}
        assert judged(tmp_path, [changed], curve).failed == 1, name
        refusing = {**vector, "Expected": "reject"}
        assert judged(tmp_path, [refusing], curve).failed == 1, name


def test_lists_of_other_things_are_left_to_others(tmp_path: Path, curve: Curve) -> None:
    for value in ([], [1], [{"Id": "fiat-shamir/a"}, {"Id": "b"}], [{"Function": "SigmaProof"}, {}]):
        (tmp_path / "vectors.json").write_text(json.dumps(value), encoding="utf-8")
        report = run(tmp_path, curve)
        assert (report.passed, report.failed, report.skipped) == (0, 0, 1)
