"""A policy on a day, and the credentials chosen for it, become a plan: the same on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.statement import compile_plan
from credence.circuits.errors import IllFormed
from credence.circuits.issuance import DEFAULT_SUITE
from credence.circuits.policy import Demand, Policy, PolicyError, WeightedSum, resolve
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.posterior import Either


@dataclass(frozen=True, slots=True)
class Choice:
    """What is public of the credential in a slot: its suite, the domain of key and header, and what it discloses."""

    api: str
    domain: int
    disclosed: Mapping[str, int]


def assemble(policy: Policy, demand: Demand, choices: Mapping[str, Choice]) -> Plan:
    """The plan of ``demand``, which is the policy's. Raises :class:`IllFormed` where it has no statement."""
    slots = {
        asked.name: Slot(
            name=asked.name,
            schema=asked.schema,
            api=choices[asked.name].api,
            domain=choices[asked.name].domain,
            disclosed=tuple((name, choices[asked.name].disclosed[name]) for name in asked.disclosed),
            ranges=asked.ranges,
            inside=asked.inside,
            outside=asked.outside,
        )
        for asked in demand.slots
    }
    limit, escrow = policy.rate_limit, policy.escrow
    return Plan(
        slots=tuple(slots.values()),
        not_revoked=tuple(asked.slot for asked in policy.not_revoked),
        pseudonym=policy.pseudonym_slot,
        limited=None if limit is None else limit.slot,
        uses=0 if limit is None else limit.uses,
        escrow=None if escrow is None else escrow.slot,
        inequalities=tuple(_inequality(slots, total) for total in demand.sums),
        posterior=None
        if demand.posterior is None
        else Either(*(_inequality(slots, each) for each in demand.posterior.lines)),
    )


def _inequality(slots: Mapping[str, Slot], total: WeightedSum) -> Inequality:
    summands = []
    for times, slot, name in total.summands:
        attribute = slots[slot].schema.attributes[name]
        summands.append(Summand(times, slots[slot].scalar(name), attribute.minimum, attribute.maximum))
    return Inequality(tuple(summands), total.at_least)


def check_policy(policy: Policy, today: int) -> Demand:
    """What the policy demands on that day, if a presentation can show it.

    Raises :class:`PolicyError` for a policy that nobody can satisfy, that says nothing, or that is over the limits.
    """
    demand = resolve(policy, today)
    anyone = {asked.name: Choice(DEFAULT_SUITE, 1, dict.fromkeys(asked.disclosed, 1)) for asked in demand.slots}
    try:
        compile_plan(assemble(policy, demand, anyone))
    except IllFormed as error:
        raise PolicyError(error.reason) from error
    return demand
