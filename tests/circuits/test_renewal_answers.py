"""Is a renewal what it was, on both engines, and does what is written beside it lead to it?"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from credence.circuits.composite.size import Size, size_of
from credence.circuits.composite.statement import compile_afresh, compile_plan
from credence.circuits.curve import Curve
from credence.circuits.encoding import Reader
from credence.circuits.renewal.statement import state_renewal
from tests.circuits.make_renewal_answers import FILE, answers
from tests.circuits.renewing import make_office
from tests.conftest import SeededBytes

KNOWN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def test_they_are_the_known_ones(curve: Curve) -> None:
    assert answers(curve) == KNOWN


@pytest.mark.slow
def test_the_reference_engine_makes_the_same(reference_curve: Curve) -> None:
    assert answers(reference_curve) == KNOWN


def items(context: bytes) -> list[bytes]:
    """The context's items, without their lengths."""
    reader, found = Reader(context), []
    while reader.remaining:
        found.append(reader.take(int.from_bytes(reader.take(4), "little")))
    return found


def test_the_context_says_what_the_page_says() -> None:
    found = items(bytes.fromhex(KNOWN["context"]))
    assert found[:4] == [b"CREDENCE-CTX-V01", b"issue", bytes.fromhex(KNOWN["operation_digest"]), b"issuer.example"]
    assert found[5] == b""  # no channel
    assert found[-1] == KNOWN["ask"]["session_id"].encode()
    for encoding, part in (("compact", "CMPT"), ("batchable", "DSFS")):
        digest = hashlib.sha256(bytes.fromhex(KNOWN["context"])).hexdigest()
        tag = f"CREDENCE-V01-ISSUE-{part}-with-sigma-proofs_Shake128_BLS12381:{digest}"
        assert KNOWN["tags"][encoding] == tag


def test_the_points_are_the_messages_first_and_stand_in_the_pages_order() -> None:
    assert [name.rpartition(".")[2] for name in KNOWN["sent"]] == ["Bbar", "D", "Abar", "Abar", "A", "Nym", "C"]
    assert len(KNOWN["scalars"]) == 25


def test_its_size_is_known_before_it_is_made(curve: Curve) -> None:
    office = make_office(curve, SeededBytes("size"))
    ask = office.ask(SeededBytes("ask"))
    plan = state_renewal(curve, ask, office.world.document.keys[0], office.shown(), office.view).plan
    compiled = compile_afresh(plan).template
    assert size_of(plan) == Size(len(compiled.scalars), compiled.structure.num_equations, 0)
    assert compile_plan(plan).sent == tuple(KNOWN["sent"])
