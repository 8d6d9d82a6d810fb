"""A hidden attribute is in a public set, or is in none of its values.

In a set: the set is laid out in a grid of A rows and B columns; two one-hot vectors select a row and a column, with
``A·B >= size``, ``A + B`` least, ties to the smaller A, the last value repeated to fill the grid, row after row. The last
entry of each vector is one minus the others, so a grid costs ``A + B - 2`` scalars.

Not in a set: ``P(m)·y = 1`` for the polynomial P whose roots are the values, in factors of degree d with an inverse each,
over the powers ``m², …, m^d``; d is chosen so that ``d - 1 + ceil(size / d)`` is least, ties to the smaller d
(docs/decisions/0020: an inverse for each value would cost ``size`` scalars).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from credence.circuits.curve import ORDER
from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.predicates.digits import booleans
from credence.circuits.sigma.statement import Clause, Quadratic

MAX_SET: Final = 1024


def check_set(values: Sequence[int], *, least: int) -> None:
    """Raises :class:`IllFormed` unless ``values`` are ``least`` to ``MAX_SET`` scalars, ascending, none twice."""
    if not least <= len(values) <= MAX_SET:
        raise IllFormed("a set has too few or too many values", Step.INSTANCE)
    if not all(0 <= value < ORDER for value in values):
        raise IllFormed("a set has a value that is no scalar", Step.INSTANCE)
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise IllFormed("a set is not ascending, or has a value twice", Step.INSTANCE)


@lru_cache(maxsize=1024)
def grid(size: int) -> tuple[int, int]:
    """(A, B): rows and columns for a set of ``size`` values."""
    shapes = [(rows + -(-size // rows), rows) for rows in range(1, size + 1)]
    _, rows = min(shapes)
    return rows, -(-size // rows)


def selectors(prefix: str, count: int) -> tuple[str, ...]:
    """The free entries of a one-hot vector of ``count``: all but the last."""
    return tuple(f"{prefix}.{position}" for position in range(count - 1))


def selecting_cost(size: int) -> int:
    """Scalars that :func:`in_set` adds."""
    return sum(grid(size)) - 2


def in_set(value: str, prefix: str, values: Sequence[int]) -> Clause:
    """``m = Σ s_ab·f_a·g_b`` with one-hot f, g: booleans, and ``(Σf)·(Σf - 1) = 0`` where a vector has over two entries.

    The names are ``prefix.f.0 …``, ``prefix.g.0 …``. Raises :class:`IllFormed` for fewer than two values, or as
    :func:`check_set`.
    """
    check_set(values, least=2)
    rows, columns = grid(len(values))
    f, g = selectors(f"{prefix}.f", rows), selectors(f"{prefix}.g", columns)
    sums = tuple(_zero_or_one(names) for names in (f, g) if len(names) >= 2)
    cells = [values[min(position, len(values) - 1)] for position in range(rows * columns)]
    return Clause(constraints=(*booleans(f), *booleans(g), *sums, _selection(value, f, g, cells)))


def in_set_values(value: int, prefix: str, values: Sequence[int]) -> dict[str, int]:
    """The selectors that :func:`in_set` names. Raises :class:`Unprovable` for a value outside the set."""
    if value not in values:
        raise Unprovable("a value is not in its set")
    rows, columns = grid(len(values))
    row, column = divmod(list(values).index(value), columns)
    chosen = {name: int(at == row) for at, name in enumerate(selectors(f"{prefix}.f", rows))}
    return chosen | {name: int(at == column) for at, name in enumerate(selectors(f"{prefix}.g", columns))}


def _zero_or_one(names: Sequence[str]) -> Quadratic:
    """``(Σ b)·(Σ b - 1) = 0``, for booleans: at most one is set."""
    return Quadratic(
        products=tuple((1, first, second) for first in names for second in names),
        linear=tuple((-1, name) for name in names),
    )


def _selection(value: str, f: Sequence[str], g: Sequence[str], cells: Sequence[int]) -> Quadratic:
    """``Σ s_ab·f_a·g_b - m = 0`` with ``f_A = 1 - Σf`` and ``g_B = 1 - Σg`` written out."""
    columns = len(g) + 1
    corner = cells[len(f) * columns + len(g)]

    def cell(row: int, column: int) -> int:
        return cells[row * columns + column]

    products, linear = [], [(-1, value)]
    for row, left in enumerate(f):
        linear.append((cell(row, len(g)) - corner, left))
        for column, right in enumerate(g):
            products.append((cell(row, column) - cell(row, len(g)) - cell(len(f), column) + corner, left, right))
    linear += [(cell(len(f), column) - corner, right) for column, right in enumerate(g)]
    return Quadratic(products=tuple(products), linear=tuple(linear), constant=corner)


@lru_cache(maxsize=1024)
def _degree(size: int) -> int:
    """d: the degree of the factors for a set of ``size`` values."""
    return min(range(1, size + 1), key=lambda degree: (degree - 1 - (-size // degree), degree))


def excluding_cost(size: int) -> int:
    """Scalars that :func:`not_in_set` adds."""
    return _degree(size) - 1 - (-size // _degree(size))


def not_in_set(value: str, prefix: str, values: Sequence[int]) -> Clause:
    """``m_j = m_⌊j/2⌋·m_⌈j/2⌉`` for ``2 <= j <= d``, then ``P_k(m)·y_k - 1 = 0`` for each factor of d values, ascending.

    The names are ``prefix.m2 …`` and ``prefix.y.0 …``. Raises :class:`IllFormed` for an empty set, or as :func:`check_set`.
    """
    check_set(values, least=1)
    degree = _degree(len(values))
    powers = [value, *(f"{prefix}.m{exponent}" for exponent in range(2, degree + 1))]
    squares = tuple(
        Quadratic(products=((1, powers[j // 2 - 1], powers[(j + 1) // 2 - 1]),), linear=((-1, powers[j - 1]),))
        for j in range(2, degree + 1)
    )
    return Clause(
        constraints=(
            *squares,
            *(_inverse(f"{prefix}.y.{k}", powers, factor) for k, factor in enumerate(_factors(values, degree))),
        )
    )


def not_in_set_values(value: int, prefix: str, values: Sequence[int]) -> dict[str, int]:
    """The scalars that :func:`not_in_set` names. Raises :class:`Unprovable` for a value of the set."""
    degree = _degree(len(values))
    answers = {f"{prefix}.m{exponent}": pow(value, exponent, ORDER) for exponent in range(2, degree + 1)}
    for k, factor in enumerate(_factors(values, degree)):
        product = 1
        for root in factor:
            product = product * (value - root) % ORDER
        if product == 0:
            raise Unprovable("a value is in the set that excludes it")
        answers[f"{prefix}.y.{k}"] = pow(product, -1, ORDER)
    return answers


def _factors(values: Sequence[int], degree: int) -> list[Sequence[int]]:
    return [values[at : at + degree] for at in range(0, len(values), degree)]


def _inverse(inverse: str, powers: Sequence[str], roots: Sequence[int]) -> Quadratic:
    """``Π (m - root)·y - 1 = 0``, the product multiplied out over the powers of m."""
    coefficients = [1]  # of m^0, m^1, …
    for root in roots:
        shifted = [0, *coefficients]
        coefficients = [(high - root * low) % ORDER for high, low in zip(shifted, [*coefficients, 0], strict=True)]
    constant, *higher = coefficients
    return Quadratic(
        products=tuple((coefficient, power, inverse) for coefficient, power in zip(higher, powers, strict=False)),
        linear=((constant, inverse),),
        constant=-1,
    )
