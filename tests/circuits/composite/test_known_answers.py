"""Are our presentations what they were, does each verify, and does what is written beside it lead to it?"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import PERSON_1, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Reader
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView, verify_presentation
from credence.circuits.sigma.constraints import parse_constraints
from credence.circuits.sigma.transcript import derive_session_id
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from tests.circuits.composite.make_known_answers import FILE, answers
from tests.circuits.journey import ISSUER, NOW, VENUE
from tests.conftest import SeededBytes

KNOWN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CASES = {case["name"]: case for case in KNOWN["cases"]}
SHOWN = [(name, shown) for name, case in CASES.items() for shown in case["presentations"]]
IDS = [f"{name} {shown['encoding']}" for name, shown in SHOWN]


def test_they_are_the_known_ones(curve: Curve) -> None:
    assert answers(curve) == KNOWN


@pytest.mark.slow
def test_the_reference_engine_makes_the_same(reference_curve: Curve) -> None:
    assert answers(reference_curve) == KNOWN


def verify(curve: Curve, case: dict[str, Any], shown: dict[str, Any]) -> None:
    accumulator = KNOWN["accumulator"]
    view = AccumulatorView(
        bytes.fromhex(accumulator["key"]), bytes.fromhex(accumulator["value"]), accumulator["index"], accumulator["minute"]
    )

    def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        asked = (issuer, schema, index, minute) == (ISSUER, PERSON_1.id, view.index, view.minute)
        return view if asked and max_age_s == 60 else None

    accepted = verify_presentation(
        curve,
        PresentationRequest.parse(case["request"]),
        Presentation.parse(shown["presentation"]),
        [IssuerDocument.parse(KNOWN["issuer_document"])],
        VENUE,
        NOW,
        SeededBytes("weights"),
        accumulators=find,
    )
    assert accepted.pseudonym is not None


@pytest.mark.parametrize(("name", "shown"), SHOWN, ids=IDS)
def test_each_verifies(curve: Curve, name: str, shown: dict[str, Any]) -> None:
    verify(curve, CASES[name], shown)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "shown"), SHOWN, ids=IDS)
def test_each_verifies_on_the_reference_engine(reference_curve: Curve, name: str, shown: dict[str, Any]) -> None:
    verify(reference_curve, CASES[name], shown)


@pytest.mark.parametrize(("name", "shown"), SHOWN, ids=IDS)
def test_what_is_written_beside_it_is_what_the_page_says(name: str, shown: dict[str, Any]) -> None:
    """By the words of docs/protocol.md alone: lengths, tag, session id, and the compact challenge where it stands."""
    case = CASES[name]
    constrained, compact = case["constraints"] is not None, shown["encoding"] == "compact"
    equations = int.from_bytes(bytes.fromhex(case["structure"])[:4], "little")
    points = len(case["sent"]) + (constrained if compact else equations + 2 * constrained)
    assert shown["bytes"] == 48 * points + 32 * (len(case["scalars"]) + constrained + compact)
    digest = hashlib.sha256(bytes.fromhex(case["context"])).hexdigest()
    flavour, mark = ("CMPT" if compact else "DSFS"), ("+Q1" if constrained else "")
    assert shown["tag"] == f"CREDENCE-V01-PRES-{flavour}-with-sigma-proofs_Shake128_BLS12381{mark}:{digest}"
    assert shown["session_id"] == derive_session_id(shown["tag"].encode()).hex()
    proof = Presentation.parse(shown["presentation"]).proof
    assert len(proof) == shown["bytes"]
    if compact:
        at = 48 * len(case["sent"])
        assert shown["challenge"] == proof[at : at + 32].hex()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_names_fit_the_serialised_structure(case: dict[str, Any]) -> None:
    reader = Reader(bytes.fromhex(case["structure"]))
    scalars, elements = set(), {0}
    for _ in range(reader.take_u32()):
        for _ in range(reader.take_u32()):
            elements.add(reader.take_u32())
            reader.take(32)
        for _ in range(reader.take_u32()):
            scalars.add(reader.take_u32())
            elements.add(reader.take_u32())
            reader.take(32)
    reader.done()
    assert scalars == set(range(len(case["scalars"])))
    assert elements == set(range(len(case["elements"])))
    assert case["elements"][0] == "BP1"
    if case["constraints"] is not None:
        system = parse_constraints(bytes.fromhex(case["constraints"]))
        assert [case["scalars"][index] for index in system.variables] == case["bound"]
        assert case["scalars"][-1] == "bind.beta"


def test_one_case_has_no_constraint_and_one_has_everything() -> None:
    assert [case["constraints"] is None for case in CASES.values()] == [True, False, False, False]
    policy = load_policy(CASES["everything"]["request"]["policy"])
    demand = check_policy(policy, day_of(NOW))
    assert all((policy.not_revoked, policy.rate_limit, policy.escrow, policy.pseudonym_slot, demand.sums))
    assert load_policy(CASES["venues"]["request"]["policy"]).predicates[0].words().startswith("posterior(")
    assert all(any(getattr(slot, part) for slot in demand.slots) for part in ("disclosed", "ranges", "inside", "outside"))


def test_the_credentials_are_there_to_be_shown_again() -> None:
    assert {slot: HeldCredential.parse(held).schema.id for slot, held in KNOWN["credentials"].items()} == {
        "person": "credence/person/1",
        **dict.fromkeys(("standing", "east", "west"), "credence/standing/1"),
    }
