"""What both sides know besides the plan: the points that predicates are about, and the context that is bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from credence.circuits.bbs.suite import Interface, pseudonym_interface, suite_named
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.statement import NYM_BASE, TAG_BASE
from credence.circuits.curve import G1, Curve
from credence.circuits.errors import IllFormed, Step
from credence.circuits.escrow import escrow_names
from credence.circuits.ratelimit import Limit
from credence.circuits.revocation import accumulator_names
from credence.circuits.sigma.transcript import Operation

NYM_SUITE: Final = "bls12-381-sha-256"


@dataclass(frozen=True, slots=True)
class Public:
    """Of one presentation: ``context`` is :meth:`Context.encode`, ``accumulators`` the value V of each slot asked about.

    ``scope`` is the pseudonym's context_id, ``limit`` the rate limit, ``escrow`` Y, ``operation`` what the proof is for.
    """

    context: bytes = field(repr=False)
    accumulators: Mapping[str, G1] = field(default_factory=dict)
    scope: bytes | None = None
    limit: Limit | None = None
    escrow: G1 | None = None
    operation: Operation = Operation.PRESENT

    def points(self, curve: Curve, plan: Plan) -> dict[str, G1]:
        """V, OP, G and Y by name. Raises :class:`IllFormed` where they are not what the plan asks for."""
        if set(self.accumulators) != set(plan.not_revoked) or (self.escrow is None) != (plan.escrow is None):
            raise IllFormed("accumulators or an escrow key other than the plan's", Step.CONTEXT)
        if (self.scope is None) != (plan.pseudonym is None) or plan.uses != (0 if self.limit is None else self.limit.uses):
            raise IllFormed("a scope or a limit other than the plan's", Step.CONTEXT)
        points = {}
        for name, value in self.accumulators.items():
            _, _, V, _ = accumulator_names(plan.slot(name).label)
            points[V] = value
        if self.scope is not None:
            points[NYM_BASE] = nym_interface(curve).pseudonym_base(self.scope)
        if self.limit is not None:
            points[TAG_BASE] = self.limit.base(curve)
        if self.escrow is not None and plan.escrow is not None:
            _, _, Y, _, _ = escrow_names(plan.slot(plan.escrow).label)
            points[Y] = self.escrow
        return points


def nym_interface(curve: Curve) -> Interface:
    """The interface whose hash gives OP: one for all presentations, whichever suite a credential is signed under.

    Were it the credential's, who holds credentials of two suites would have two pseudonyms at one venue
    (docs/decisions/0027).
    """
    return pseudonym_interface(suite_named(NYM_SUITE, curve))
