"""Does whatever holds verify, on both engines and in both encodings, and is the statement the same each time?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.bbs.pseudonym import calculate_pseudonym
from credence.circuits.bbs.suite import pseudonym_interface, sha256_suite
from credence.circuits.composite.checking import check_readings, find_wrong
from credence.circuits.composite.message import message_length
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.public import Public
from credence.circuits.composite.statement import compile_afresh, compile_plan
from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.errors import IllFormed, Refused
from credence.circuits.ratelimit import use_tag_point
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.subjects import BOTH, SECRETS, Subject, full
from tests.conftest import SeededBytes


def bare(curve: Curve) -> Subject:
    """One credential, nothing but possession: no constraints at all."""
    subject = full(curve)
    slot = replace(subject.plan.slot("person"), ranges=(), inside=(), outside=())
    public = Public(context=subject.public.context)
    return replace(subject, plan=Plan((slot,)), public=public)


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", [full, bare])
def test_what_holds_verifies(curve: Curve, make: type[Subject], encoding: Encoding) -> None:
    subject: Subject = make(curve)  # type: ignore[assignment, call-arg, arg-type]
    message = subject.prove(encoding)
    assert len(message) == message_length(compile_plan(subject.plan), encoding)
    subject.verify(message, encoding)


def test_the_full_policy_is_as_small_as_it_should_be(curve: Curve) -> None:
    compiled = compile_plan(full(curve).plan)
    assert message_length(compiled, Encoding.BATCHABLE) == 4_496
    assert message_length(compiled, Encoding.COMPACT) == 4_000


def test_what_is_shown_is_what_the_standard_gives(curve: Curve) -> None:
    subject = full(curve)
    shown = subject.verify(subject.prove()).shown
    assert shown.pseudonym is not None
    assert subject.public.scope is not None
    assert subject.public.limit is not None
    interface = pseudonym_interface(sha256_suite(curve))
    assert shown.pseudonym.to_bytes() == calculate_pseudonym(interface, subject.public.scope, [SECRETS["nym_secret"]])
    assert shown.use_tag == use_tag_point(curve, subject.public.limit, SECRETS["use_key"], subject.use)


def test_plans_compile_to_the_same_statement_each_time(curve: Curve) -> None:
    plan = full(curve).plan
    first, again = compile_plan(plan), compile_afresh(plan)
    assert first is not again
    assert (first.sent, first.template.scalars, first.template.elements) == (
        again.sent,
        again.template.scalars,
        again.template.elements,
    )
    assert first.template.structure.serialized == again.template.structure.serialized
    assert first.template.constraints is not None
    assert again.template.constraints is not None
    assert first.template.constraints.serialized == again.template.constraints.serialized


def test_what_is_said_openly_costs_no_second_compilation(curve: Curve) -> None:
    """Who shows credentials of other epochs, or discloses other values, shares all that is large with everybody else."""
    compile_plan.cache_clear()  # of plans that other tests compiled, the form may be forgotten since
    subject = full(curve)
    person, standing = subject.plan.slots
    assert person.disclosed
    other = replace(person, domain=person.domain + 1, disclosed=tuple((name, 1 - value) for name, value in person.disclosed))
    first, second = compile_plan(subject.plan), compile_plan(replace(subject.plan, slots=(other, standing)))
    assert second.template.constraints is first.template.constraints
    pairs = zip(first.template.structure.equations, second.template.structure.equations, strict=True)
    assert [number for number, (one, two) in enumerate(pairs) if one is not two] == [1, 3]
    afresh = compile_afresh(second.plan)
    assert second.template.structure.serialized == afresh.template.structure.serialized
    assert second.template.structure.serialized != first.template.structure.serialized


def test_two_proofs_share_nothing_but_what_they_show(curve: Curve) -> None:
    """No 16 bytes in a row stand in both, but for the pseudonym, which is the venue's to recognise."""
    subject = full(curve)
    first, second = subject.prove(seed="one"), replace(subject, use=4).prove(seed="two")
    shown = subject.verify(first).shown.pseudonym
    assert shown is not None
    blocks = {first[at : at + 16] for at in range(len(first) - 15)}
    common = {at for at in range(len(second) - 15) if second[at : at + 16] in blocks}
    place = second.index(shown.to_bytes())
    assert common == set(range(place, place + 33))


def test_the_slow_engine_agrees(curve: Curve, reference_curve: Curve) -> None:
    message = bare(curve).prove()
    bare(reference_curve).verify(message)
    bare(curve).verify(bare(reference_curve).prove())


@pytest.mark.slow
def test_the_slow_engine_agrees_on_the_full_policy(curve: Curve, reference_curve: Curve) -> None:
    full(reference_curve).verify(full(curve).prove())
    full(curve).verify(full(reference_curve).prove(Encoding.COMPACT), Encoding.COMPACT)


class TestBatch:
    """Many messages at once."""

    @pytest.mark.parametrize("wrong", [None, 0, 2, 4])
    def test_one_wrong_message_is_found_wherever_it_stands(self, curve: Curve, wrong: int | None) -> None:
        subject = full(curve)
        messages = [subject.prove(seed=str(number)) for number in range(5)]
        readings = [subject.read(message) for message in messages]
        if wrong is None:
            check_readings(readings, SeededBytes("weights"))
            assert find_wrong(readings, SeededBytes("weights")) == {}
            return
        last = messages[wrong]
        readings[wrong] = subject.read(last[:-1] + bytes([last[-1] ^ 1]))
        with pytest.raises(Refused):
            check_readings(readings, SeededBytes("weights"))
        assert list(find_wrong(readings, SeededBytes("weights"))) == [wrong]

    def test_nothing_is_no_batch(self, curve: Curve) -> None:
        subject = full(curve)
        check_readings([subject.read(subject.prove())], SeededBytes("weights"))
        with pytest.raises(IllFormed, match="nothing"):
            check_readings([], SeededBytes("weights"))

    def test_both_encodings_go_together(self, curve: Curve) -> None:
        subject = full(curve)
        readings = [subject.read(subject.prove(encoding), encoding) for encoding in BOTH]
        check_readings(readings, SeededBytes("weights"))


def test_the_schema_of_a_plan_is_one_with_the_holder_s_secrets() -> None:
    assert {attribute.name for attribute in PERSON_1.holder} == set(SECRETS)
