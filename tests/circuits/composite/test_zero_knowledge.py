"""Can a whole presentation be made without credentials, witnesses, secrets?

The simulator gets what everyone has: the plan, the public points, and for each key W one pair (P, sk·P), such as any
other holder's signature gives and the log of an accumulator does. Its messages are accepted, pairings and all, by a
verifier whose oracle answers as it was programmed. docs/proofs-gadgets.md says under which assumption each point is like
an honest one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import pytest

from credence.circuits.bbs.relation import randomise
from credence.circuits.bbs.signature import Signature, signed_point
from credence.circuits.composite.message import encode, message_length
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.proving import presentation_tag
from credence.circuits.composite.public import Public
from credence.circuits.composite.statement import compile_plan, generator_points
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import encode_scalar, random_scalar
from credence.circuits.errors import Refused, Step
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.predicates.range import Interval
from credence.circuits.revocation import Revocation, divide
from credence.circuits.sigma import proof
from credence.circuits.sigma.proof import Answers, commitments_of
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import parts, refused
from tests.circuits.composite.subjects import (
    BOTH,
    PERSON,
    SUITE,
    Subject,
    accumulator,
    full,
    issued,
    one,
)
from tests.circuits.composite.test_weakened_posterior import over
from tests.conftest import SeededBytes

Pairs = Mapping[str, tuple[G1, G1]]


@cache
def known_pairs(curve: Curve) -> dict[str, tuple[G1, G1]]:
    """(P, sk·P) of each key: from a stranger's two signatures, and from one event of the accumulator's log."""
    interface, found = issuing_interface(curve, SUITE), {}
    for slot, schema in (("person", PERSON_1), ("standing", STANDING_1)):
        stranger = issued(curve, schema, (5, 6, 7))
        signature = Signature.decode(curve, stranger.holding.signature)
        vector = signed_point(interface, stranger.domain, credential_generators(interface, schema), stranger.holding.scalars)
        found[slot] = signature.A, vector - signature.A * signature.e
    found |= dict.fromkeys(("east", "west"), found["standing"])
    event, before = last_event(curve)
    found["revocation"] = event.value, before - event.value * event.handle
    return found


def last_event(curve: Curve) -> tuple[Revocation, G1]:
    """An event of the log, and the value before it: another handle was revoked, and V is what came of it."""
    manager = accumulator(curve)
    before = curve.BP1 * 31_337
    return Revocation(555, divide(before, manager.alpha, 555, SeededBytes("event"))), before


def simulate(curve: Curve, plan: Plan, public: Public, pairs: Pairs, encoding: Encoding, seed: str) -> tuple[bytes, int]:
    """(message, the challenge its oracle must answer with). No credential goes in."""
    rng, compiled = SeededBytes(seed), compile_plan(plan)

    def anywhere() -> G1:
        return curve.BP1 * random_scalar(rng)

    def scaled(pair: tuple[G1, G1]) -> tuple[G1, G1]:
        factor = random_scalar(rng)
        return pair[0] * factor, pair[1] * factor

    sent: dict[str, G1] = {}
    for slot in plan.slots:
        Abar, Bbar = scaled(pairs[slot.name])
        sent |= {f"{slot.label}.Abar": Abar, f"{slot.label}.Bbar": Bbar, f"{slot.label}.D": anywhere()}
    for name in plan.not_revoked:
        A, Abar = scaled(pairs["revocation"])
        sent |= {f"{plan.slot(name).label}.acc.A": A, f"{plan.slot(name).label}.acc.Abar": Abar}
    sent |= {name: anywhere() for name in compiled.sent if name not in sent}  # Nym, T, E1, E2, B
    statement = compiled.bind(curve, {**public.points(curve, plan), **sent})
    x, constrained = random_scalar(rng), statement.constraints is not None
    responses = tuple(random_scalar(rng) for _ in range(statement.relation.structure.num_scalars))
    answers = Answers(responses, random_scalar(rng) if constrained else 0)
    points = commitments_of(statement, x, answers, anywhere() if constrained else None)
    octets = b"".join(point.to_bytes() for point in points)
    body = answers.encode(constrained=constrained)
    if encoding is Encoding.BATCHABLE:
        return encode(compiled, sent, octets + body), x
    return encode(compiled, sent, encode_scalar(x) + body + (octets[-96:-48] if constrained else b"")), x


def impossible(curve: Curve) -> Subject:
    """What nobody can show: a rung that is set below one that is not, born after the day on which it is asked."""
    return one(curve, disclosed=(("kyc_ge_1", 0), ("kyc_ge_3", 1)), ranges=(("birth_date", Interval(60_000, 65_000)),))


def below_both(curve: Curve) -> Subject:
    """A bound over two venues of which neither line holds: what both choices look like is simulated at once."""
    return over(curve, 0, 50_000)


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", [full, one, impossible, below_both])
def test_a_simulated_presentation_is_accepted_by_its_oracle_alone(
    make: Callable[[Curve], Subject], encoding: Encoding, curve: Curve, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = make(curve)
    made, x = simulate(curve, subject.plan, subject.public, known_pairs(curve), encoding, "simulated")
    assert len(made) == message_length(compile_plan(subject.plan), encoding)
    refused(subject, made, Step.CHALLENGE, encoding)
    monkeypatch.setattr(proof, "derive_challenge", lambda statement, tag, commitments: x)
    subject.verify(made, encoding)


def test_without_a_pair_the_pairing_is_what_is_left(curve: Curve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The equations alone are simulated with any Bbar; that it is sk·Abar only a signature of that key can bring."""
    subject, pairs = full(curve), known_pairs(curve)
    wrong = {**pairs, "person": (pairs["person"][0], curve.BP1 * 3)}
    made, x = simulate(curve, subject.plan, subject.public, wrong, Encoding.BATCHABLE, "wrong pair")
    monkeypatch.setattr(proof, "derive_challenge", lambda statement, tag, commitments: x)
    refused(subject, made, Step.PAIRING)


def test_an_honest_message_is_a_function_of_what_the_simulator_draws(curve: Curve) -> None:
    """Everything else in a message follows from the points, x, z, τ and C_1."""
    subject = full(curve)
    made, message = parts(subject), subject.prove(seed="parts")
    assert message.startswith(b"".join(made.points[name].to_bytes() for name in made.compiled.sent))
    count = len(made.compiled.template.scalars) + 1
    numbers = [int.from_bytes(message[at : at + 32], "big") for at in range(len(message) - 32 * count, len(message), 32)]
    octets = message[48 * len(made.compiled.sent) : -32 * count]
    x = proof.derive_challenge(
        made.statement, presentation_tag(subject.public, Encoding.BATCHABLE, constrained=True), octets
    )
    C_1 = curve.decompress_g1(octets[-96:-48])
    again = commitments_of(made.statement, x, Answers(tuple(numbers[:-1]), numbers[-1]), C_1)
    assert b"".join(point.to_bytes() for point in again) == octets


def test_randomised_signatures_are_one_to_one_with_what_is_simulated(curve: Curve) -> None:
    """For each (s·A, s·sk·A, d·B) there is one (r1, r2) from which the holder makes it: r2 = d, r1 = s/d."""
    holding, interface = issued(curve, PERSON_1).holding, issuing_interface(curve, SUITE)
    _, *generators = generator_points(curve, SUITE, PERSON_1).values()
    domain, signature = issued(curve, PERSON_1).domain, Signature.decode(curve, holding.signature)
    vector = signed_point(interface, domain, generators, holding.scalars)
    for s, d in ((2, 3), (ORDER - 1, 1), (77, ORDER - 2)):
        drawn = iter([s * pow(d, -1, ORDER) % ORDER, d])
        made = randomise(
            interface,
            "c",
            holding.signature,
            generators,
            domain,
            holding.scalars,
            lambda count: next(drawn).to_bytes(count, "big"),  # noqa: B023 - drawn at once
        )
        simulated = {"c.Abar": signature.A * s, "c.Bbar": (vector - signature.A * signature.e) * s, "c.D": vector * d}
        assert made.points == simulated


class TestMarks:
    """What a manager could do to a wallet that does not check what it is given (docs/proofs-gadgets.md, section 8)."""

    def test_a_witness_that_nobody_checked_is_a_mark(self, curve: Curve) -> None:
        """``C = c·V`` for a c of one's own: ``A' = c·r·V``, ``Abar' + y·A' = r·V``. Who knows c and y knows whose it is.

        The presentation is refused, but it was sent. A wallet runs ``check_witness`` first.
        """
        subject, handle = full(curve), PERSON["revocation_handle"]
        value, mark = subject.public.accumulators["person"], 123_456
        honest = subject.holdings["person"]
        marked = replace(subject, holdings={**subject.holdings, "person": replace(honest, witness=value * mark)})

        def recognised(made: Subject) -> bool:
            points = parts(made).points
            A, Abar = points["c.person.acc.A"], points["c.person.acc.Abar"]
            return (Abar + A * handle) * mark == A

        assert recognised(marked)
        assert not recognised(subject)
        with pytest.raises(Refused) as caught:
            marked.verify(marked.prove())
        assert caught.value.step is Step.PAIRING

    def test_a_witness_that_holds_carries_no_mark(self, curve: Curve) -> None:
        """Whatever handle is tried, the pair of an honest holder is (A', alpha·A'): the same function for all of them."""
        manager = accumulator(curve)
        points = parts(full(curve)).points
        A, Abar = points["c.person.acc.A"], points["c.person.acc.Abar"]
        assert Abar == A * manager.alpha
