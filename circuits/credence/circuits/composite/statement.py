"""A plan becomes one statement.

Order (docs/protocol): credentials by name, each with its two BBS equations; then revocation, pseudonym, rate limit,
escrow; selectors and inverses, ranges, inequalities, each by slot and then in the order of the schema; a posterior bound;
last the equation that binds all constraint variables. Elements and scalars are numbered by first use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from credence.circuits.bbs.relation import Signed, commitment, possession, pseudonym
from credence.circuits.composite.plan import HANDLE, NYM, SUBJECT, USE_KEY, Plan, Slot
from credence.circuits.composite.size import check_size
from credence.circuits.credential import HOLDER_SECRETS, Schema
from credence.circuits.curve import G1, G1_LENGTH, Curve
from credence.circuits.errors import IllFormed, Step
from credence.circuits.escrow import escrow_names, handle_base, sealed
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.predicates.inequality import at_least
from credence.circuits.predicates.membership import in_set, not_in_set
from credence.circuits.predicates.posterior import either
from credence.circuits.predicates.range import in_range
from credence.circuits.ratelimit import use_tag
from credence.circuits.revocation import accumulator_names, not_revoked
from credence.circuits.sigma.relation import Equation, Structure
from credence.circuits.sigma.statement import COMMITMENT, Clause, Statement, Template, compile_clauses

BLIND_FACTOR: Final = "blind_factor"
NYM_POINT: Final = "nym.Nym"
NYM_BASE: Final = "nym.OP"
TAG_POINT: Final = "tag.T"
TAG_BASE: Final = "tag.G"
TAG_BITS: Final = "tag.i"
HOLDER_POINT: Final = "holder.C"
HOLDER_BLIND: Final = "holder.blind"
POSTERIOR: Final = "posterior"


@lru_cache(maxsize=32)
def generator_names(api: str, schema: Schema) -> tuple[str, ...]:
    """The names of P1 and of the generators of a schema's vector, Q1 first; the same for all credentials of an api."""
    signer = [f"{api}.Q1", *(f"{api}.H{i}" for i in range(1, len(schema.issuer) + 1))]
    holder = [f"{api}.Q2", *(f"{api}.J{i}" for i in range(1, len(schema.holder) + 1))]
    return (f"{api}.P1", *signer, *holder)


@lru_cache(maxsize=32)
def generator_points(curve: Curve, api: str, schema: Schema) -> Mapping[str, G1]:
    """The points of :func:`generator_names`."""
    interface = issuing_interface(curve, api)
    points = (interface.suite.P1, *credential_generators(interface, schema))
    return dict(zip(generator_names(api, schema), points, strict=True))


def committing_names(api: str) -> tuple[str, ...]:
    """The names of the generators that a commitment to the holder's secrets is made with, Q2 first."""
    return (f"{api}.Q2", *(f"{api}.J{i}" for i in range(1, len(HOLDER_SECRETS) + 1)))


def scalar_names(slot: Slot) -> tuple[str, ...]:
    """A name for each position of the slot's signed vector."""
    issuer = [slot.scalar(attribute.name) for attribute in slot.schema.issuer]
    holder = [slot.scalar(attribute.name) for attribute in slot.schema.holder]
    return (*issuer, f"{slot.label}.{BLIND_FACTOR}", *holder)


def clauses(plan: Plan) -> Iterator[Clause]:
    """Everything the plan shows, in order."""
    for slot in plan.slots:
        base, *generators = generator_names(slot.api, slot.schema)
        disclosed = {slot.schema.index(name): scalar for name, scalar in slot.disclosed}
        hidden = {at: name for at, name in enumerate(scalar_names(slot)) if at not in disclosed}
        yield possession(Signed(slot.label, base, generators, slot.domain, disclosed, hidden))
    for name in plan.not_revoked:
        slot = plan.slot(name)
        yield not_revoked(slot.label, slot.scalar(HANDLE))
    if plan.pseudonym is not None:
        yield pseudonym(plan.slot(plan.pseudonym).scalar(NYM), NYM_POINT, NYM_BASE)
    if plan.limited is not None:
        yield use_tag(plan.slot(plan.limited).scalar(USE_KEY), TAG_POINT, TAG_BASE, TAG_BITS, plan.uses)
    if plan.escrow is not None:
        slot = plan.slot(plan.escrow)
        yield sealed(slot.label, slot.scalar(SUBJECT))
    if plan.committed is not None:
        secrets = [secret.name for secret in HOLDER_SECRETS]
        yield commitment(HOLDER_POINT, [HOLDER_BLIND, *secrets], committing_names(plan.committed))
    for slot in plan.slots:
        for attribute, values in slot.inside:
            yield in_set(slot.scalar(attribute), f"{slot.label}.in.{attribute}", values)
        for attribute, values in slot.outside:
            yield not_in_set(slot.scalar(attribute), f"{slot.label}.out.{attribute}", values)
    for slot in plan.slots:
        for attribute, interval in slot.ranges:
            yield in_range(slot.scalar(attribute), f"{slot.label}.range.{attribute}", interval)
    for number, inequality in enumerate(plan.inequalities):
        yield at_least(f"sum.{number}", inequality)
    if plan.posterior is not None:
        yield either(POSTERIOR, plan.posterior)


@dataclass(frozen=True, eq=False)
class Compiled:
    """A plan's statement without points. ``sent`` are the points a wallet sends, in the order in which it sends them."""

    plan: Plan
    template: Template
    sent: tuple[str, ...]

    @property
    def points_length(self) -> int:
        """Bytes of the points that go before the proof."""
        return len(self.sent) * G1_LENGTH

    def bind(self, curve: Curve, points: Mapping[str, G1]) -> Statement:
        """The statement over ``points``: those that were sent, and V, OP, G and Y under their names."""
        known = dict(points)
        for slot in self.plan.slots:
            known |= generator_points(curve, slot.api, slot.schema)
        if self.plan.committed is not None:
            generators = issuing_interface(curve, self.plan.committed).blind_generators(1 + len(HOLDER_SECRETS))
            known |= dict(zip(committing_names(self.plan.committed), generators, strict=True))
        if self.plan.escrow is not None:
            *_, base, _ = escrow_names(self.plan.slot(self.plan.escrow).label)
            known[base] = handle_base(curve)
        return self.template.bind(curve, known)


FORMS_KEPT: Final = 64
"""Forms of statements, up to 2.5 MiB each at the limits: a policy on a day has one for each choice of suites."""


@lru_cache(maxsize=256)
def compile_plan(plan: Plan) -> Compiled:
    """One statement for the whole plan, kept for the next time. Raises :class:`IllFormed` for a plan that has none.

    What a presenter says openly of its credentials stands in one coefficient each: the rest is compiled once for all.
    """
    form = _compiled_form(plan.form)
    return form if plan == form.plan else _filled(form, plan)


@lru_cache(maxsize=FORMS_KEPT)
def _compiled_form(form: Plan) -> Compiled:
    return compile_afresh(form)


def _filled(form: Compiled, plan: Plan) -> Compiled:
    """The compiled form with the plan's own domains and disclosed values, which stand in the image of a slot's second row
    after P1.
    """
    equations = list(form.template.structure.equations)
    for number, slot in enumerate(plan.slots):
        row = equations[2 * number + 1]
        disclosed = sorted((slot.schema.index(name), value) for name, value in slot.disclosed)
        said = [slot.domain, *(value for _, value in disclosed)]
        base, *rest = row.image
        shown = [(element, value) for (element, _), value in zip(rest, said, strict=False)]
        equations[2 * number + 1] = Equation((base, *shown, *rest[len(said) :]), row.terms)
    return Compiled(plan, replace(form.template, structure=Structure(tuple(equations))), form.sent)


def compile_afresh(plan: Plan) -> Compiled:
    """As :func:`compile_plan`, with nothing kept."""
    check_size(plan)
    template = compile_clauses(clauses(plan))
    own = _sent_names(plan)
    sent = tuple(name for name in template.elements if name in own or name == COMMITMENT)
    if not own <= set(sent):
        raise IllFormed("a point that no equation has", Step.INSTANCE)
    return Compiled(plan, template, sent)


def _sent_names(plan: Plan) -> set[str]:
    names = {f"{slot.label}.{point}" for slot in plan.slots for point in ("Abar", "Bbar", "D")}
    for slot in plan.not_revoked:
        A, Abar, _, _ = accumulator_names(plan.slot(slot).label)
        names |= {A, Abar}
    if plan.pseudonym is not None:
        names.add(NYM_POINT)
    if plan.limited is not None:
        names.add(TAG_POINT)
    if plan.committed is not None:
        names.add(HOLDER_POINT)
    if plan.escrow is not None:
        E1, E2, *_ = escrow_names(plan.slot(plan.escrow).label)
        names |= {E1, E2}
    return names
