"""Does who answers three challenges hold what the presentation says? The extractor of docs/proofs-gadgets.md, run.

From three transcripts over the same points it takes every scalar; from these the signatures (A, e) with all attributes,
the accumulator's witness, the pseudonym's secret, the tag's number, the sealed handle, or else the manager's own secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from credence.circuits.bbs.signature import Signature, core_verify, key_gen, signed_point
from credence.circuits.composite.plan import Slot
from credence.circuits.composite.statement import NYM_POINT, TAG_POINT, scalar_names
from credence.circuits.credential import PERSON_1, credential_header
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import Step
from credence.circuits.escrow import handle_base
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.predicates.digits import bit_names, weights
from credence.circuits.ratelimit import use_tag_point
from credence.circuits.revocation import check_witness
from credence.circuits.sigma.proof import Answers
from credence.circuits.sigma.statement import Witness
from tests.circuits.composite.dishonest import Parts, parts, refused
from tests.circuits.composite.subjects import PERSON, SECRETS, STANDING, SUITE, accumulator, full, native, one
from tests.circuits.sigma.subjects import Subject as Engine
from tests.circuits.sigma.test_soundness import Transcript, accepting, extract, rewound
from tests.conftest import SeededBytes


def as_the_engine_has_it(made: Parts) -> Engine:
    """The statement of :mod:`tests.circuits.sigma`, whose provers are rewound."""
    template = made.compiled.template
    named = zip(template.elements, made.statement.relation.elements, strict=True)
    points = {name: point for name, point in named if name in template.points}
    return Engine(made.subject.curve, template, points, dict(made.values))


@cache
def extracted() -> tuple[Parts, Mapping[str, int]]:
    """(the points that were sent, the scalars that three transcripts gave away). Nothing else is looked at below."""
    made = parts(full(native()))
    found = extract(made.statement, *rewound(as_the_engine_has_it(made)))
    assert isinstance(found, Witness)
    return made, dict(zip(made.compiled.template.scalars, found.scalars, strict=True))


def attributes(slot: Slot, scalars: Mapping[str, int]) -> list[int]:
    """The whole signed vector: disclosed, hidden, and what a range replaced by its bits."""
    shown, ranged = dict(slot.disclosed), dict(slot.ranges)
    names = [attribute.name for attribute in slot.schema.issuer]
    names += ["", *(attribute.name for attribute in slot.schema.holder)]
    vector = []
    for attribute, name in zip(names, scalar_names(slot), strict=True):
        if attribute in ranged:
            interval = ranged[attribute]
            bits = [scalars[bit] for bit in bit_names(f"{slot.label}.range.{attribute}", interval.width)]
            steps = sum(w * bit for w, bit in zip(weights(interval.width), bits, strict=True))
            vector.append(interval.minimum + interval.step * steps)
        else:
            vector.append(shown[attribute] if attribute in shown else scalars[name])
    return vector


@pytest.mark.parametrize(("name", "facts"), [("person", PERSON), ("standing", STANDING)])
def test_a_signature_with_all_attributes(name: str, facts: dict[str, int]) -> None:
    """``A = (r3/r1)·Abar`` and e; what comes out is exactly what the issuer signed."""
    made, scalars = extracted()
    curve, subject = made.subject.curve, made.subject
    slot = subject.plan.slot(name)
    vector = attributes(slot, scalars)
    ratio = scalars[f"{slot.label}.r3"] * pow(scalars[f"{slot.label}.r1"], -1, ORDER) % ORDER
    signature = Signature(made.points[f"{slot.label}.Abar"] * ratio, scalars[f"{slot.label}.e"]).encode()
    interface = issuing_interface(curve, SUITE)
    header = credential_header(slot.schema.id, "issuer.example", 749)
    generators = credential_generators(interface, slot.schema)
    core_verify(interface, subject.keys.issuers[name], signature, generators, header, vector)
    assert vector[: len(facts)] == list(facts.values())
    assert vector[-3:] == list(SECRETS.values())
    assert signature == subject.holdings[name].signature


def test_a_witness_of_the_accumulator() -> None:
    """``C = A'/r``, for the signed handle."""
    made, scalars = extracted()
    witness = made.points["c.person.acc.A"] * pow(scalars["c.person.acc.r"], -1, ORDER)
    handle = scalars["c.person.m.revocation_handle"]
    key = made.subject.keys.accumulators["person"]
    check_witness(made.subject.curve, key, made.subject.public.accumulators["person"], witness, handle)
    assert handle == PERSON["revocation_handle"]


def test_what_pseudonym_tag_and_seal_are_made_of() -> None:
    made, scalars = extracted()
    public, curve = made.subject.public, made.subject.curve
    assert public.limit is not None
    assert made.points[NYM_POINT] == made.points["nym.OP"] * scalars["nym_secret"]
    use = sum(w * scalars[bit] for w, bit in zip(weights(15), bit_names("tag.i", 15), strict=True))
    assert use == made.subject.use
    assert made.points[TAG_POINT] == use_tag_point(curve, public.limit, scalars["use_key"], use)
    opened = made.points["c.person.E2"] - made.points["c.person.E1"] * 987_654_321
    assert opened == handle_base(curve) * scalars["c.person.m.subject_handle"]


def issuer_secret() -> int:
    """As :func:`issued` draws it for the person's issuer."""
    return key_gen(issuing_interface(native(), SUITE).suite, SeededBytes(f"issuer of {PERSON_1.id}")(32))


def test_without_a_signature_there_is_the_issuer_s_key(curve: Curve) -> None:
    """r1 = 0 is answered by who knows sk alone: ``Bbar = -e·Abar = sk·Abar``. The extractor then has sk = -e."""
    subject = one(curve, disclosed=(("kyc_ge_3", 0),))
    secret, made = issuer_secret(), parts(subject)
    Abar = curve.BP1 * 5
    slot, interface = subject.plan.slots[0], issuing_interface(curve, SUITE)
    D = signed_point(interface, slot.domain, credential_generators(interface, PERSON_1), subject.holdings["person"].scalars)
    points = {"c.person.Abar": Abar, "c.person.Bbar": Abar * secret, "c.person.D": D}
    forged = made.but(points, {"c.person.r1": 0, "c.person.r3": 1, "c.person.e": -secret % ORDER})
    subject.verify(forged.message())
    guessed = made.but({**points, "c.person.Bbar": Abar * 7}, {"c.person.r1": 0, "c.person.r3": 1, "c.person.e": -7 % ORDER})
    refused(subject, guessed.message(), Step.PAIRING)


def test_without_a_witness_there_is_the_manager_s_key(curve: Curve) -> None:
    """r = 0: ``Abar' = -y·A' = alpha·A'`` holds for y = -alpha alone, which no manager assigns."""
    made, scalars = extracted()
    alpha = accumulator(curve).alpha
    assert scalars["c.person.m.revocation_handle"] != ORDER - alpha
    A = curve.BP1 * 5
    for y in (PERSON["revocation_handle"], ORDER - alpha):
        assert (A * -y == A * alpha) == (y == ORDER - alpha)
    forged = made.but({"c.person.acc.A": A, "c.person.acc.Abar": A * -PERSON["revocation_handle"]}, {"c.person.acc.r": 0})
    refused(made.subject, forged.message(), Step.PAIRING)


class TestUniqueAnswers:
    """Nobody turns an honest holder's proof into another one over the same commitments."""

    def test_no_answer_moves_alone(self) -> None:
        made, _ = extracted()
        run, *_ = rewound(as_the_engine_has_it(made))
        template = made.compiled.template
        for name in ("c.person.r1", "c.person.r3", "c.person.e", "c.person.rho", "c.person.acc.r", "use_key", "tag.i.3"):
            moved = list(run.answers.responses)
            moved[template.scalars.index(name)] = (moved[template.scalars.index(name)] + 1) % ORDER
            other = Transcript(run.x, Answers(tuple(moved), run.answers.tau), run.commitments)
            assert not accepting(made.statement, other, native())

    def test_who_moves_two_knows_the_issuer_s_key(self, curve: Curve) -> None:
        """With D = d·Abar for a known d, (z_r1 + 1, z_e + d) answers as well; and r1·d - e is sk.

        A prover who chose D so is the issuer. An honest holder's D and Abar are independent, and d is a logarithm.
        """
        subject = one(curve)
        secret, made, d, r1 = issuer_secret(), parts(subject), 11, 13
        interface, slot = issuing_interface(curve, SUITE), subject.plan.slots[0]
        vector = signed_point(
            interface, slot.domain, credential_generators(interface, PERSON_1), subject.holdings["person"].scalars
        )
        Abar = vector * pow(d, -1, ORDER)
        points = {"c.person.Abar": Abar, "c.person.Bbar": Abar * secret, "c.person.D": vector}
        values = {"c.person.r1": r1, "c.person.r3": 1, "c.person.e": (r1 * d - secret) % ORDER}
        chosen = made.but(points, values)
        subject.verify(chosen.message())
        run, *_ = rewound(as_the_engine_has_it(chosen))
        answers = dict(zip(chosen.compiled.template.scalars, run.answers.responses, strict=True))
        answers["c.person.r1"] += 1
        answers["c.person.e"] += d
        other = Transcript(run.x, Answers(tuple(z % ORDER for z in answers.values())), run.commitments)
        assert accepting(chosen.statement, other, curve)
        assert (chosen.values["c.person.r1"] * d - chosen.values["c.person.e"]) % ORDER == secret
