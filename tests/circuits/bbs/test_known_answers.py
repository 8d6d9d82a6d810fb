"""Are our answers what they were, on both engines, and do they verify? Runs without the official vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.bbs import blind, nym_proof, proof, pseudonym, signature, suite
from credence.circuits.curve import Curve
from tests.circuits.bbs.make_known_answers import (
    COMMITTED,
    CONTEXT,
    ENTROPY,
    FILE,
    HEADER,
    MESSAGES,
    NYMS,
    PRESENTATION_HEADER,
    SUITES,
    answers,
    signed_scalars,
)

KNOWN: dict[str, dict[str, Any]] = {known["suite"]: known for known in json.loads(FILE.read_text(encoding="utf-8"))}


@pytest.fixture(params=SUITES)
def known(request: pytest.FixtureRequest) -> dict[str, Any]:
    return KNOWN[request.param]


def test_both_suites_are_there() -> None:
    assert tuple(KNOWN) == SUITES
    assert FILE.stat().st_size < 32_000


def test_native_answers_are_the_known_ones(known: dict[str, Any], curve: Curve) -> None:
    assert answers(curve, known["suite"]) == known


@pytest.mark.slow
def test_reference_answers_are_the_known_ones(known: dict[str, Any], reference_curve: Curve) -> None:
    assert answers(reference_curve, known["suite"]) == known


def octets(known: dict[str, Any], part: str, *names: str) -> list[bytes]:
    return [bytes.fromhex(known[part][name]) for name in names]


def test_the_core_answer_verifies(known: dict[str, Any], curve: Curve) -> None:
    interface, public_key = (
        suite.core_interface(suite.suite_named(known["suite"], curve)),
        bytes.fromhex(known["public_key"]),
    )
    signed, shown = octets(known, "core", "signature", "proof")
    signature.verify(interface, public_key, signed, HEADER, MESSAGES)
    proof.proof_verify(interface, public_key, shown, HEADER, PRESENTATION_HEADER, [MESSAGES[0], MESSAGES[2]], [0, 2])


def test_the_blind_answer_verifies(known: dict[str, Any], curve: Curve) -> None:
    interface, public_key = (
        suite.blind_interface(suite.suite_named(known["suite"], curve)),
        bytes.fromhex(known["public_key"]),
    )
    made, signed, shown = octets(known, "blind", "commitment_with_proof", "signature", "proof")
    factor = int(known["blind"]["secret_prover_blind"], 16)
    assert blind.core_commit_verify(interface, made).count == len(COMMITTED)
    blind.verify_blind_sign(interface, public_key, signed, HEADER, MESSAGES, COMMITTED, factor)
    blind.blind_proof_verify(
        interface,
        public_key,
        shown,
        HEADER,
        PRESENTATION_HEADER,
        len(MESSAGES),
        [MESSAGES[1]],
        [COMMITTED[0]],
        [1],
        [0],
    )


def test_the_pseudonym_answer_verifies(known: dict[str, Any], curve: Curve) -> None:
    used = suite.suite_named(known["suite"], curve)
    interface, public_key = suite.pseudonym_interface(used), bytes.fromhex(known["public_key"])
    signed, shown, nym = octets(known, "pseudonym", "signature", "proof", "pseudonym")
    factor = int(known["pseudonym"]["secret_prover_blind"], 16)
    secrets = pseudonym.verify_finalize_with_nym(
        interface, public_key, signed, HEADER, MESSAGES, COMMITTED, NYMS, ENTROPY, factor
    )
    assert [f"{secret:064x}" for secret in secrets] == known["pseudonym"]["nym_secrets"]
    assert pseudonym.calculate_pseudonym(interface, CONTEXT, secrets) == nym
    pseudonym.proof_verify_with_nym(
        interface,
        public_key,
        shown,
        HEADER,
        PRESENTATION_HEADER,
        nym,
        CONTEXT,
        len(NYMS),
        len(MESSAGES),
        [MESSAGES[1]],
        [COMMITTED[0]],
        [1],
        [0],
    )


def test_the_credence_answer_verifies(known: dict[str, Any], curve: Curve) -> None:
    used = suite.suite_named(known["suite"], curve)
    interface, public_key = suite.credence_interface(used), bytes.fromhex(known["public_key"])
    signed, shown, with_nym, nym = octets(known, "credence", "signature", "proof", "proof_with_nym", "pseudonym")
    vector = signed_scalars(int(known["credence"]["secret_prover_blind"], 16))
    generators = blind.blind_parameters(interface, 4, 3)
    disclosed, statement = [vector[0], vector[2]], (HEADER, PRESENTATION_HEADER)
    signature.core_verify(interface, public_key, signed, generators, HEADER, vector)
    proof.core_proof_verify(interface, public_key, shown, generators, *statement, disclosed, [0, 2])
    nym_proof.core_proof_verify_with_nym(
        interface, public_key, with_nym, generators, *statement, disclosed, [0, 2], nym, CONTEXT, [6]
    )
    assert nym_proof.calculate_pseudonym(interface, CONTEXT, [vector[6]]) == nym
