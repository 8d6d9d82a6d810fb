"""Linear relations: the instances of draft-irtf-cfrg-sigma-protocols, by index, as they are serialised and judged.

An equation says ``Σ coefficient·element = Σ coefficient·scalar·element``, image on the left and terms on the right. An
element has a slot of its own even where its point equals another's; equal slots of an equation are merged in evaluation
only. :class:`Structure` is everything but the points, so it may be kept per policy; a :class:`LinearRelation` exists only
if all ten checks of the draft's instance validation hold. Checks 1 to 6 are about the structure, 7 to 10 about the points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from credence.circuits.curve import G1, G1_LENGTH, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Reader, decode_g1, decode_scalar, encode_scalar, u32le
from credence.circuits.errors import IllFormed, Malformed, Step

INDEX_LIMIT: Final = 1 << 32
"""Indexes and counts are below this."""

Combination = dict[int, int]
"""Slot to coefficient; an integer of any size, to be reduced by whoever multiplies."""


def ill_formed(reason: str) -> IllFormed:
    """An instance that may not be proved or judged."""
    return IllFormed(reason, Step.INSTANCE)


def signed(coefficient: int) -> int:
    """The representative next to zero: products with -1 stay short."""
    return coefficient if coefficient <= ORDER >> 1 else coefficient - ORDER


def is_index(value: object) -> bool:
    """Whether ``value`` is an integer that fits an index field."""
    return type(value) is int and 0 <= value < INDEX_LIMIT


def is_coefficient(value: object) -> bool:
    """Whether ``value`` is a canonical scalar."""
    return type(value) is int and 0 <= value < ORDER


@dataclass(frozen=True, eq=False)
class Equation:
    """``image``: (element, coefficient) pairs; ``terms``: (scalar, element, coefficient). Coefficients are canonical.

    Making one raises :class:`IllFormed` by checks 2 and 3, or for a coefficient outside ``[0, ORDER)``. That counts fit
    their fields (check 3 too) is seen where they are written.
    """

    image: tuple[tuple[int, int], ...]
    terms: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        if not self.image or not self.terms:
            raise ill_formed("check 2: an equation with an empty side")
        indexes = [element for element, _ in self.image]
        for scalar, element, _ in self.terms:
            indexes += (scalar, element)
        if not all(map(is_index, indexes)):
            raise ill_formed("check 3: an index out of range")
        coefficients = (*(pair[1] for pair in self.image), *(term[2] for term in self.terms))
        if not all(map(is_coefficient, coefficients)):
            raise ill_formed("a coefficient is not canonical")

    @cached_property
    def serialized(self) -> bytes:
        """This equation's part of ``SerializeLinearRelation``."""
        parts = [u32le(len(self.image))]
        for element, coefficient in self.image:
            parts += (u32le(element), encode_scalar(coefficient))
        parts.append(u32le(len(self.terms)))
        for scalar, element, coefficient in self.terms:
            parts += (u32le(scalar), u32le(element), encode_scalar(coefficient))
        return b"".join(parts)

    @cached_property
    def merged_image(self) -> Combination:
        """The image by slot, repeated slots summed and zeros left out."""
        return _merged((element, signed(coefficient)) for element, coefficient in self.image)

    @cached_property
    def columns(self) -> dict[int, Combination]:
        """The terms by scalar, then by slot, zeros left out: the equation's part of each column of the matrix."""
        pairs: dict[int, list[tuple[int, int]]] = {}
        for scalar, element, coefficient in self.terms:
            pairs.setdefault(scalar, []).append((element, signed(coefficient)))
        return {scalar: _merged(found) for scalar, found in pairs.items()}

    @cached_property
    def _by_slot(self) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
        slots: dict[int, list[tuple[int, int]]] = {element: [] for _, element, _ in self.terms}
        for scalar, column in self.columns.items():
            for element, coefficient in column.items():
                slots[element].append((scalar, coefficient))
        return tuple((element, tuple(found)) for element, found in slots.items() if found)

    def combine(self, scalars: Sequence[int], challenge: int = 0) -> Combination:
        """``map(scalars) - challenge·image`` of this equation, by slot."""
        total = {slot: sum([c * scalars[s] for s, c in found]) for slot, found in self._by_slot}
        if challenge:
            for slot, coefficient in self.merged_image.items():
                total[slot] = total.get(slot, 0) - challenge * coefficient
        return total


def _merged(pairs: Iterable[tuple[int, int]]) -> Combination:
    total: Combination = {}
    for slot, coefficient in pairs:
        total[slot] = total.get(slot, 0) + coefficient
    return {slot: coefficient for slot, coefficient in total.items() if coefficient % ORDER}


@dataclass(frozen=True, eq=False)
class Structure:
    """All equations of a relation, without its points. Raises :class:`IllFormed` by checks 1, 5 and 6."""

    equations: tuple[Equation, ...]
    num_elements: int = field(init=False)
    """How many points an instance has, the generator included."""
    num_scalars: int = field(init=False)
    """How many scalars a witness has."""

    def __post_init__(self) -> None:
        if not self.equations:
            raise ill_formed("check 1: no equation")
        elements = {element for eq in self.equations for element, _ in eq.image}
        elements |= {element for eq in self.equations for _, element, _ in eq.terms}
        if len(elements | {0}) != max(elements) + 1:
            raise ill_formed("check 5: an element that no equation uses")
        scalars = {scalar for eq in self.equations for scalar, _, _ in eq.terms}
        if len(scalars) != max(scalars) + 1:
            raise ill_formed("check 6: a scalar that no equation uses")
        object.__setattr__(self, "num_elements", max(elements) + 1)
        object.__setattr__(self, "num_scalars", len(scalars))

    @property
    def num_equations(self) -> int:
        """How many commitments a proof has."""
        return len(self.equations)

    @cached_property
    def serialized(self) -> bytes:
        """``SerializeLinearRelation`` up to the points."""
        return u32le(len(self.equations)) + b"".join([eq.serialized for eq in self.equations])

    @cached_property
    def open_images(self) -> tuple[Combination, ...]:
        """The images that only their points can decide for check 9; one slot with a coefficient is no identity."""
        return tuple(eq.merged_image for eq in self.equations if len(eq.merged_image) != 1)

    @cached_property
    def open_columns(self) -> tuple[tuple[Combination, ...], ...]:
        """The columns that only their points can decide for check 10, each as its entries in all equations."""
        columns: dict[int, list[Combination]] = {scalar: [] for scalar in range(self.num_scalars)}
        for eq in self.equations:
            for scalar, column in eq.columns.items():
                columns[scalar].append(column)
        return tuple(tuple(found) for found in columns.values() if all(len(entry) != 1 for entry in found))


@dataclass(frozen=True, eq=False)
class LinearRelation:
    """A structure with its points; ``elements[0]`` is BP1. Raises :class:`IllFormed` by checks 4, 5 and 7 to 10."""

    curve: Curve
    structure: Structure
    elements: tuple[G1, ...]

    def __post_init__(self) -> None:
        validate_elements(self)

    @property
    def serialized(self) -> bytes:
        """``SerializeLinearRelation``: equations with their coefficients, then all points but the generator."""
        return self.structure.serialized + b"".join([point.to_bytes() for point in self.elements[1:]])

    def public_sum(self, combination: Combination) -> G1:
        """The point of a combination of slots whose coefficients are **public**."""
        return self.curve.msm_public([self.elements[slot] for slot in combination], list(combination.values()))

    def secret_sum(self, combination: Combination) -> G1:
        """As :meth:`public_sum`, for coefficients that nobody may learn."""
        return self.curve.msm([self.elements[slot] for slot in combination], list(combination.values()))


def validate_elements(relation: LinearRelation) -> None:
    """Checks 4, 5 and 7 to 10. Raises :class:`IllFormed`, each reason naming its check."""
    structure, elements = relation.structure, relation.elements
    if len(elements) < structure.num_elements:
        raise ill_formed("check 4: an index without an element")
    if len(elements) > structure.num_elements:
        raise ill_formed("check 5: an element that no equation uses")
    if elements[0] != relation.curve.BP1:
        raise ill_formed("check 7: element 0 is not the generator")
    if any(point.is_identity for point in elements):
        raise ill_formed("check 8: an element is the identity")
    if any(relation.public_sum(image).is_identity for image in structure.open_images):
        raise ill_formed("check 9: an image is the identity")
    for column in structure.open_columns:
        if all(relation.public_sum(entry).is_identity for entry in column):
            raise ill_formed("check 10: a scalar that nothing depends on")


def parse_relation(curve: Curve, data: bytes) -> LinearRelation:
    """The inverse of ``SerializeLinearRelation``, for vectors: the parties themselves build their own instance.

    Raises :class:`Malformed` for bytes that encode none, :class:`IllFormed` for an instance that fails a check.
    """
    reader = Reader(data)

    def coefficient() -> int:
        return decode_scalar(reader.take(SCALAR_LENGTH))

    equations = []
    for _ in range(_count(reader, G1_LENGTH)):
        image = tuple((reader.take_u32(), coefficient()) for _ in range(_count(reader, 4 + SCALAR_LENGTH)))
        terms = tuple(
            (reader.take_u32(), reader.take_u32(), coefficient()) for _ in range(_count(reader, 8 + SCALAR_LENGTH))
        )
        equations.append(Equation(image, terms))
    structure = Structure(tuple(equations))
    if reader.remaining != (structure.num_elements - 1) * G1_LENGTH:
        raise Malformed("another number of elements than the equations use", Step.SHAPE)
    points = [decode_g1(curve, reader.take(G1_LENGTH)) for _ in range(structure.num_elements - 1)]
    return LinearRelation(curve, structure, (curve.BP1, *points))


def _count(reader: Reader, least: int) -> int:
    """A count of items of at least so many bytes each: one that the input cannot hold is refused before it is believed."""
    count = reader.take_u32()
    if count > reader.remaining // least:
        raise Malformed("a count beyond the end", Step.SHAPE)
    return count
