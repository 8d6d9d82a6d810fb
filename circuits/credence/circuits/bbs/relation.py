"""Possession of a signature and a pseudonym, stated as clauses of one sigma proof.

The equations are those of :mod:`possession` and :mod:`nym_proof`, with the names of the drafts; hidden messages are named
by whoever composes the statement, so that two credentials share a holder by sharing names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from credence.circuits.bbs.signature import Signature
from credence.circuits.bbs.suite import Interface
from credence.circuits.curve import G1, ORDER
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.sigma.statement import Clause, Row


@dataclass(frozen=True, slots=True)
class Signed:
    """What a slot's signature is over: the names of its generators and of every position of the signed vector.

    ``generators`` begin with Q1, one more than there are messages; ``disclosed`` has scalars by position, ``hidden`` the
    names of all others. Raises :class:`IllFormed` where the two do not make up the vector.
    """

    slot: str
    base: str
    generators: Sequence[str]
    domain: int
    disclosed: Mapping[int, int]
    hidden: Mapping[int, str]

    def __post_init__(self) -> None:
        positions = sorted([*self.disclosed, *self.hidden])
        if positions != list(range(len(self.generators) - 1)):
            raise IllFormed("each message is either disclosed or hidden", Step.INSTANCE)
        if len(set(self.hidden.values())) != len(self.hidden):
            raise IllFormed("two messages of one credential share a name", Step.INSTANCE)
        if not all(0 <= scalar < ORDER for scalar in (self.domain, *self.disclosed.values())):
            raise IllFormed("a disclosed message is no scalar", Step.INSTANCE)


def possession(signed: Signed) -> Clause:
    """``Bbar = r1·D - e·Abar`` and ``P1 + domain·Q1 + Σ_disclosed m_i·H_i = r3·D - Σ_hidden m_j·H_j``.

    The verifier checks ``e(Abar, W) = e(Bbar, BP2)`` besides, with Abar other than the identity.
    """
    slot, (Q1, *H) = signed.slot, signed.generators
    Abar, Bbar, D = (f"{slot}.{name}" for name in ("Abar", "Bbar", "D"))
    r1, r3, e = (f"{slot}.{name}" for name in ("r1", "r3", "e"))
    shown = [(scalar, H[position]) for position, scalar in sorted(signed.disclosed.items())]
    hidden = [(-1, name, H[position]) for position, name in sorted(signed.hidden.items())]
    return Clause(
        rows=(
            Row(image=[(1, Bbar)], terms=[(1, r1, D), (-1, e, Abar)]),
            Row(image=[(1, signed.base), (signed.domain, Q1), *shown], terms=[(1, r3, D), *hidden]),
        ),
        loose=(r1, r3, e),
    )


@dataclass(frozen=True, slots=True)
class Randomised:
    """A signature made unrecognisable: points to send, and the scalars :func:`possession` names."""

    points: Mapping[str, G1]
    values: Mapping[str, int] = field(repr=False)


def randomise(
    interface: Interface,
    slot: str,
    signature: bytes,
    generators: Sequence[G1],
    domain: int,
    scalars: Sequence[int],
    rng: Rng,
) -> Randomised:
    """``D = r2·B``, ``Abar = r1·r2·A``, ``Bbar = r1·D - e·Abar``, with r1 and r2 uniform, and ``r3 = 1 / r2``.

    ``scalars`` is the whole signed vector. Raises :class:`Malformed` for a signature that encodes none.
    """
    decoded = Signature.decode(interface.curve, signature)
    r1, r2 = random_scalar(rng), random_scalar(rng)
    curve = interface.curve
    D = curve.msm([interface.suite.P1, *generators], [r2, *(r2 * scalar % ORDER for scalar in (domain, *scalars))])
    Abar = decoded.A * (r1 * r2 % ORDER)
    Bbar = curve.msm([D, Abar], [r1, -decoded.e % ORDER])
    return Randomised(
        {f"{slot}.Abar": Abar, f"{slot}.Bbar": Bbar, f"{slot}.D": D},
        {f"{slot}.r1": r1, f"{slot}.r3": pow(r2, -1, ORDER), f"{slot}.e": decoded.e},
    )


def pseudonym(nym: str, point: str, base: str) -> Clause:
    """``Nym = nym_secret·OP`` for a vector of one nym secret, whose ``z^0`` is one."""
    return Clause(rows=(Row(image=[(1, point)], terms=[(1, nym, base)]),))


def commitment(point: str, scalars: Sequence[str], generators: Sequence[str]) -> Clause:
    """``C = blind·Q2 + Σ m_j·J_j``, the commitment of the blind draft, its scalars by name, the blind factor first."""
    return Clause(rows=(Row(image=[(1, point)], terms=[(1, m, J) for m, J in zip(scalars, generators, strict=True)]),))


def committed_point(interface: Interface, blind: int, scalars: Sequence[int]) -> G1:
    """C."""
    return interface.curve.msm(interface.blind_generators(1 + len(scalars)), [blind, *scalars])


def pseudonym_point(interface: Interface, context_id: bytes, nym_secret: int) -> G1:
    """Nym. Raises :class:`Unprovable` where it would be a fixed point, which no honest secret gives."""
    point = interface.pseudonym_base(context_id) * nym_secret
    try:
        check_pseudonym_point(interface, point)
    except IllFormed as error:
        raise Unprovable("the secret gives no pseudonym") from error
    return point


def check_pseudonym_point(interface: Interface, point: G1) -> None:
    """Raises :class:`IllFormed` for the identity and for P1."""
    if point.is_identity or point == interface.suite.P1:
        raise IllFormed("no pseudonym: a fixed point", Step.INSTANCE)
