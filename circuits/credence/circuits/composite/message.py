"""What goes over the wire: the wallet's points, then the proof, and nothing about structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credence.circuits.composite.statement import Compiled
from credence.circuits.curve import G1, G1_LENGTH, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Reader, decode_g1
from credence.circuits.errors import Malformed, Step
from credence.circuits.sigma.transcript import Encoding


def message_length(compiled: Compiled, encoding: Encoding) -> int:
    """The exact number of bytes of a presentation's proof, known before it is read."""
    template = compiled.template
    constrained = template.constraints is not None
    scalars = len(template.scalars) + constrained + (encoding is Encoding.COMPACT)
    points = len(compiled.sent) + constrained
    if encoding is Encoding.BATCHABLE:
        points += template.structure.num_equations + constrained
    return points * G1_LENGTH + scalars * SCALAR_LENGTH


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message: the points by name, and the bytes of the proof."""

    points: Mapping[str, G1]
    proof: bytes


def encode(compiled: Compiled, points: Mapping[str, G1], proof: bytes) -> bytes:
    """The points in order, 48 bytes each, then the proof."""
    return b"".join([points[name].to_bytes() for name in compiled.sent]) + proof


def decode(curve: Curve, compiled: Compiled, encoding: Encoding, data: bytes) -> Message:
    """Read strictly. Raises :class:`Malformed` (SHAPE) for another length, (DECODE) for bytes that are no point."""
    if not isinstance(data, bytes) or len(data) != message_length(compiled, encoding):
        raise Malformed("a proof of this policy has another length", Step.SHAPE)
    reader = Reader(data)
    points = {name: decode_g1(curve, reader.take(G1_LENGTH)) for name in compiled.sent}
    return Message(points, reader.take(reader.remaining))
