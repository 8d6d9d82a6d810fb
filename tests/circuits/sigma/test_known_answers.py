"""Are our answers what they were, on both engines, and do they verify from their bytes alone? Needs no official vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import Refused
from credence.circuits.sigma.constraints import parse_constraints
from credence.circuits.sigma.proof import prove_with_nonces, verify
from credence.circuits.sigma.relation import parse_relation
from credence.circuits.sigma.statement import Statement, Witness
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.make_known_answers import FILE, answers
from tests.circuits.sigma.subjects import seeded

KNOWN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PROOFS = pytest.mark.parametrize("known", KNOWN["proofs"], ids=lambda known: f"{known['statement']}-{known['encoding']}")


def test_native_answers_are_the_known_ones(curve: Curve) -> None:
    assert answers(curve) == KNOWN


def test_reference_answers_are_the_known_ones(reference_curve: Curve) -> None:
    assert answers(reference_curve) == KNOWN


def parsed(known: dict[str, Any], curve: Curve) -> Statement:
    system = parse_constraints(bytes.fromhex(known["constraints"])) if known["constraints"] else None
    return Statement(parse_relation(curve, bytes.fromhex(known["relation"])), system)


@PROOFS
def test_a_known_proof_verifies_from_its_bytes(known: dict[str, Any], curve: Curve) -> None:
    statement, encoding, tag = parsed(known, curve), Encoding[known["encoding"].upper()], known["tag"].encode()
    given = bytes.fromhex(known["proof"])
    verify(statement, given, tag, encoding, seeded("weights"))
    with pytest.raises(Refused):
        verify(statement, given, tag + b"0", encoding, seeded("weights"))


@PROOFS
def test_a_known_proof_is_made_from_its_nonces(known: dict[str, Any], curve: Curve) -> None:
    witness = Witness(tuple(int(value, 16) for value in known["witness"]))
    nonces = [int(value, 16) for value in known["nonces"]]
    encoding, tag = Encoding[known["encoding"].upper()], known["tag"].encode()
    assert prove_with_nonces(parsed(known, curve), witness, tag, encoding, nonces).hex() == known["proof"]


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size < 48_000
    assert len(KNOWN["proofs"]) == 4
