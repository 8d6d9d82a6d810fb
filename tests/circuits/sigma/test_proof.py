"""Do honest proofs verify, whatever is proved, in both encodings and in batches? Is every wrong part of one refused?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from credence.circuits import curve as curves
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import IllFormed, Malformed, Refused, Step, Unprovable
from credence.circuits.sigma import proof as engine
from credence.circuits.sigma.proof import (
    check_pending,
    check_witness,
    hedged_nonces,
    nonce_count,
    proof_length,
    prove,
    prove_with_nonces,
    read_batchable,
    verify,
)
from credence.circuits.sigma.statement import GENERATOR, Clause, Quadratic, Row, Witness
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.subjects import (
    BOTH,
    Subject,
    base,
    bits,
    equality,
    everything,
    native,
    seeded,
    split,
    subject,
    tag_of,
)

Make = Callable[[Curve], Subject]
MAKES: list[Make] = [equality, everything]


def accept(made: Subject, proof: bytes, encoding: Encoding) -> None:
    verify(made.statement, proof, tag_of(made.statement, encoding), encoding, seeded("weights"))


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_an_honest_proof_verifies(make: Make, encoding: Encoding) -> None:
    made = native(make)
    proof = made.prove(encoding)
    assert len(proof) == proof_length(made.statement, encoding)
    accept(made, proof, encoding)


@pytest.mark.parametrize("make", MAKES)
def test_both_engines_make_and_accept_the_same_proofs(make: Make, curve: Curve, reference_curve: Curve) -> None:
    """The reference engine's slice of this page."""
    slow, fast = make(reference_curve), make(curve)
    for encoding in BOTH:
        proof = slow.prove(encoding)
        assert proof == fast.prove(encoding)
        accept(slow, proof, encoding)
        accept(fast, proof, encoding)


def test_lengths_are_those_of_the_layout() -> None:
    plain, full = native(equality).statement, native(everything).statement
    assert proof_length(plain, Encoding.BATCHABLE) == 2 * 48 + 1 * 32
    assert proof_length(plain, Encoding.COMPACT) == 32 + 1 * 32
    scalars, equations = 9, 3
    assert full.relation.structure.num_scalars == scalars
    assert proof_length(full, Encoding.BATCHABLE) == (equations + 2) * 48 + scalars * 32 + 32
    assert proof_length(full, Encoding.COMPACT) == 32 + scalars * 32 + 32 + 48
    # what constraints cost beyond a response a variable: B in the statement, its blind, C_1 and τ in the proof
    assert 48 + 32 + 48 + 32 == 160


# --- completeness for random statements ---

small = st.sampled_from([0, 1, 2, ORDER - 1])
scalar = st.one_of(small, st.integers(0, ORDER - 1))
NAMES = ["w0", "w1", "w2", "w3"]
BASES = [GENERATOR, "H0", "H1", "H2"]


@st.composite
def random_subject(draw: st.DrawFn) -> Subject:
    """Rows of any shape whose image is made to fit, and constraints whose constant is; names repeat as they come."""
    curve = curves.load("native")
    values = {name: draw(scalar) for name in NAMES}
    points: dict[str, G1] = {name: base(curve, name) for name in BASES if name != GENERATOR}
    known = {**points, GENERATOR: curve.BP1}
    rows = []
    used: set[str] = set()
    for number in range(draw(st.integers(1, 3))):
        term = st.tuples(scalar, st.sampled_from(NAMES), st.sampled_from(BASES))
        terms = draw(st.lists(term, min_size=1, max_size=5))
        others = draw(st.lists(st.tuples(scalar, st.sampled_from(BASES)), max_size=2))
        image = curve.identity_g1
        for coefficient, name, element in terms:
            image = image + known[element] * (coefficient * values[name])
        for coefficient, element in others:
            image = image - known[element] * coefficient
        points[f"I{number}"] = image
        rows.append(Row([(1, f"I{number}"), *others], terms))
        used |= {element for _, _, element in terms} | {element for _, element in others}
    constraints = []
    for _ in range(draw(st.integers(0, 3))):
        pair = st.tuples(scalar, st.sampled_from(NAMES), st.sampled_from(NAMES))
        products = draw(st.lists(pair, max_size=3))
        linear = draw(st.lists(st.tuples(scalar, st.sampled_from(NAMES)), max_size=3))
        value = sum(c * values[x] * values[y] for c, x, y in products) + sum(c * values[x] for c, x in linear)
        constraints.append(Quadratic(products, linear, -value))
    points = {name: point for name, point in points.items() if name in used or name.startswith("I")}
    try:
        made = subject(curve, [Clause(rows, constraints)], values, points, "random")
        _ = made.statement
    except IllFormed:  # an identity, an empty column, a constraint in which everything cancels
        assume(False)
        raise
    return made


@settings(max_examples=60, deadline=None)
@given(random_subject(), st.sampled_from(BOTH), st.binary(max_size=8))
def test_whatever_holds_can_be_proved(made: Subject, encoding: Encoding, seed: bytes) -> None:
    statement = made.statement
    tag = tag_of(statement, encoding)
    check_witness(statement, made.witness, seeded("check"))
    accept(made, prove(statement, made.witness, tag, encoding, seeded(seed.hex())), encoding)


@settings(max_examples=30, deadline=None)
@given(random_subject(), st.sampled_from(BOTH), st.data())
def test_whatever_does_not_hold_is_not_proved(made: Subject, encoding: Encoding, data: st.DataObject) -> None:
    """One scalar of the witness is changed: the prover refuses, unless the other value satisfies the statement too."""
    at = data.draw(st.integers(0, len(made.witness.scalars) - 1))
    scalars = list(made.witness.scalars)
    scalars[at] = (scalars[at] + data.draw(st.integers(1, ORDER - 1))) % ORDER
    statement, tag = made.statement, tag_of(made.statement, encoding)
    try:
        proof = prove(statement, Witness(tuple(scalars)), tag, encoding, seeded("wrong"))
    except Unprovable:
        return
    accept(made, proof, encoding)


# --- the prover's refusals ---


def test_a_constraint_that_does_not_hold_is_never_proved(curve: Curve) -> None:
    """Accepted twin: bits 0, 1, 1. Also without the check of the equations, which do hold."""
    statement = bits(curve, [0, 1, 1]).statement
    assert statement.constraints is not None
    wrong = bits(curve, [0, 1, 2])
    for encoding in BOTH:
        with pytest.raises(Unprovable, match="constraint"):
            prove(wrong.statement, wrong.witness, tag_of(statement, encoding), encoding, seeded("x"), check=False)


def test_an_equation_that_does_not_hold_is_not_proved(curve: Curve) -> None:
    made = native(equality)
    with pytest.raises(Unprovable, match="equation"):
        prove(made.statement, Witness((8,)), tag_of(made.statement, BOTH[0]), BOTH[0], seeded("x"))


@pytest.mark.parametrize("scalars", [(), (7, 7)])
def test_a_witness_of_another_length_is_refused(scalars: tuple[int, ...]) -> None:
    """Accepted twin: one scalar."""
    made = native(equality)
    tag = tag_of(made.statement, BOTH[0])
    for check in (True, False):
        with pytest.raises(Unprovable, match="another statement"):
            prove(made.statement, Witness(scalars), tag, BOTH[0], seeded("x"), check=check)


def test_nonces_are_as_many_as_needed_and_give_no_identity() -> None:
    made = native(everything)
    statement, tag = made.statement, tag_of(made.statement, BOTH[0])
    count = nonce_count(statement)
    assert count == 11
    prove_with_nonces(statement, made.witness, tag, BOTH[0], list(range(1, count + 1)))
    for wrong in (count - 1, count + 1):
        with pytest.raises(Unprovable, match="number of nonces"):
            prove_with_nonces(statement, made.witness, tag, BOTH[0], list(range(1, wrong + 1)))
    with pytest.raises(Unprovable, match="identity"):
        prove_with_nonces(statement, made.witness, tag, BOTH[0], [0] * count)


def test_a_prover_too_needs_a_tag_that_separates() -> None:
    made = native(everything)
    for tag in (tag_of(made.statement, BOTH[1]), tag_of(native(equality).statement, BOTH[0])):
        with pytest.raises(IllFormed):
            prove(made.statement, made.witness, tag, BOTH[0], seeded("x"))


# --- nonces ---


def test_nonces_depend_on_everything() -> None:
    """With a source that repeats itself, nonces still differ for another witness, tag or statement."""
    made, other = native(everything), native(equality)
    statement, tag = made.statement, tag_of(made.statement, BOTH[0])
    again = everything(made.curve, 104)
    drawn = [
        hedged_nonces(statement, made.witness, tag, bytes),
        hedged_nonces(statement, made.witness, tag, lambda count: b"\x01" * count),
        hedged_nonces(statement, again.witness, tag, bytes),
        hedged_nonces(again.statement, made.witness, tag, bytes),
        hedged_nonces(statement, made.witness, tag_of(statement, BOTH[1]), bytes),
        hedged_nonces(other.statement, other.witness, tag, bytes),
    ]
    flat = [nonce for nonces in drawn for nonce in nonces]
    assert len(set(flat)) == len(flat)
    assert drawn[0] == hedged_nonces(statement, made.witness, tag, bytes)


def test_two_proofs_of_one_statement_share_no_block() -> None:
    made = native(everything)
    for encoding in BOTH:
        one, two = (made.prove(encoding, seed) for seed in ("one", "two"))
        blocks = {one[at : at + 16] for at in range(len(one) - 15)}
        assert blocks.isdisjoint(two[at : at + 16] for at in range(len(two) - 15))


# --- the verifier's refusals ---


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_another_length_is_no_proof(make: Make, encoding: Encoding) -> None:
    made = native(make)
    proof = made.prove(encoding)
    for wrong in (b"", proof[:-1], proof + b"\x00", proof[:-32], proof + proof[:32], proof[:-48], bytearray(proof)):
        with pytest.raises(Malformed) as refused:
            accept(made, wrong, encoding)  # type: ignore[arg-type]
        assert refused.value.step is Step.SHAPE


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_scalars_are_canonical(make: Make, encoding: Encoding) -> None:
    made = native(make)
    proof = made.prove(encoding)
    constrained = made.statement.constraints is not None
    points = made.statement.relation.structure.num_equations + 2 * constrained if encoding is Encoding.BATCHABLE else 0
    end = len(proof) - 48 * constrained * (encoding is Encoding.COMPACT)
    for at in range(48 * points, end, 32):
        value = int.from_bytes(proof[at : at + 32], "big")
        for wrong in (ORDER, value + ORDER, (1 << 256) - 1):
            with pytest.raises(Malformed) as refused:
                accept(made, proof[:at] + (wrong % (1 << 256)).to_bytes(32, "big") + proof[at + 32 :], encoding)
            assert refused.value.step is Step.DECODE


IDENTITIES = [b"\xc0" + bytes(47), b"\xe0" + bytes(47), b"\xc0" + bytes(46) + b"\x01", bytes(48)]


@pytest.mark.parametrize("encoding", BOTH)
def test_points_are_no_identity_however_written(encoding: Encoding) -> None:
    made = native(everything)
    proof = made.prove(encoding)
    offsets = range(0, 5 * 48, 48) if encoding is Encoding.BATCHABLE else [len(proof) - 48]
    for at in offsets:
        for wrong in IDENTITIES:
            with pytest.raises(Malformed) as refused:
                accept(made, proof[:at] + wrong + proof[at + 48 :], encoding)
            assert refused.value.step is Step.DECODE


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_another_context_or_operation_is_refused(make: Make, encoding: Encoding) -> None:
    made = native(make)
    proof, statement = made.prove(encoding), made.statement
    tag = tag_of(statement, encoding)
    for wrong in (tag_of(statement, encoding, bytes(32)), tag.replace(b"PRES", b"OPEN"), tag + b"0", tag[:-1], b"x" + tag):
        with pytest.raises(Refused) as refused:
            verify(statement, proof, wrong, encoding, seeded("weights"))
        assert refused.value.step is Step.CHALLENGE


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_a_verifier_too_needs_a_tag_that_separates(make: Make, encoding: Encoding) -> None:
    """Accepted twin: the statement's own tag. A proof made under the other tag does not come so far as its equations."""
    made = native(make)
    statement, proof = made.statement, made.prove(encoding)
    other_encoding = tag_of(statement, next(each for each in Encoding if each is not encoding))
    other_kind = tag_of(native(next(each for each in MAKES if each is not make)).statement, encoding)
    for tag in (other_encoding, other_kind, b""):
        with pytest.raises(IllFormed) as refused:
            verify(statement, proof, tag, encoding, seeded("weights"))
        assert refused.value.step is Step.CONTEXT


def test_commitments_of_a_constrained_statement_need_the_middle_one() -> None:
    """Accepted twin: with C_1, in test_zero_knowledge.py."""
    statement = native(everything).statement
    with pytest.raises(IllFormed, match="needs C_1"):
        engine.commitments_of(statement, 1, engine.Answers((1,) * 9, 1), None)


def test_an_answer_with_identities_alone_is_refused() -> None:
    """All responses and the challenge zero: every recomputed commitment is the identity."""
    made = native(equality)
    with pytest.raises(Refused, match="identity"):
        accept(made, bytes(64), Encoding.COMPACT)


# --- batches ---


def pending(made: Subject, proof: bytes) -> engine.Pending:
    return read_batchable(made.statement, proof, tag_of(made.statement, Encoding.BATCHABLE))


def spoiled(made: Subject, proof: bytes) -> bytes:
    """Another last scalar: the last response, or τ."""
    value = (int.from_bytes(proof[-32:], "big") + 1) % ORDER
    return proof[:-32] + value.to_bytes(32, "big")


def test_a_batch_of_different_statements_is_checked_at_once() -> None:
    batch = [pending(native(make), native(make).prove(Encoding.BATCHABLE, str(n))) for n in range(3) for make in MAKES]
    check_pending(batch, seeded("weights"))


@pytest.mark.parametrize("at", range(4))
def test_one_bad_proof_spoils_the_batch_at_any_place(at: int) -> None:
    made = [native(make) for make in MAKES] * 2
    proofs = [each.prove(Encoding.BATCHABLE, str(number)) for number, each in enumerate(made)]
    check_pending([pending(*pair) for pair in zip(made, proofs, strict=True)], seeded("weights"))
    proofs[at] = spoiled(made[at], proofs[at])
    with pytest.raises(Refused):
        check_pending([pending(*pair) for pair in zip(made, proofs, strict=True)], seeded("weights"))


def test_a_source_of_zeros_still_gives_weights() -> None:
    """Weights are hashed from the proofs too, so that a broken source does not make them zero or equal."""
    made = native(everything)
    good, bad = made.prove(Encoding.BATCHABLE), spoiled(made, made.prove(Encoding.BATCHABLE))
    check_pending([pending(made, good)], bytes)
    for batch in ([bad], [good, bad], [bad, bad]):
        with pytest.raises(Refused):
            check_pending([pending(made, proof) for proof in batch], bytes)


def test_randomness_is_asked_for_once_and_in_full() -> None:
    asked: list[int] = []

    def counting(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    made = native(everything)
    tag = tag_of(made.statement, Encoding.BATCHABLE)
    proof = prove(made.statement, made.witness, tag, Encoding.BATCHABLE, counting, check=False)
    assert asked == [64]
    check_pending([pending(made, proof)] * 3, counting)
    assert asked == [64, 32]
    verify(made.statement, made.prove(Encoding.COMPACT), tag_of(made.statement, BOTH[1]), BOTH[1], counting)
    assert asked == [64, 32]


def test_no_batch_is_no_proof() -> None:
    """Accepted twin: a batch of one."""
    with pytest.raises(IllFormed):
        check_pending([], seeded("weights"))


def test_parts_are_where_the_layout_says() -> None:
    made = native(everything)
    points, responses, tau, _ = split(made.statement, made.prove(Encoding.BATCHABLE), Encoding.BATCHABLE)
    assert (len(points), len(responses)) == (5, 9)
    assert 0 < tau < ORDER
    _, responses, _, tail = split(made.statement, made.prove(Encoding.COMPACT), Encoding.COMPACT)
    assert (len(responses), len(tail)) == (9, 80)
