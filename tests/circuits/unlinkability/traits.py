"""What may be computed of two presentations, or of one and of a handle that was revoked later, by anyone who has them.

Numbers for a classifier. Nothing here uses a secret; what is public of a revocation is the handle, the log of values before
and after, and so the very witness that the holder had (one walks the log backwards).
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from credence.circuits.curve import G1, ORDER, SCALAR_LENGTH
from credence.circuits.encoding import decode_g1, encode_scalar
from tests.circuits.unlinkability.holders import Population, Seen

_BITS: Final = bytes(value.bit_count() for value in range(256))
_WINDOWS: Final = (2, 3, 4, 8)
_HANDLE: Final = "c.person.m.revocation_handle"
_MULTIPLES: Final = range(1, 5)


def bits_apart(first: bytes, second: bytes) -> list[int]:
    """The number of different bits at each byte, up to the shorter one's end."""
    length = min(len(first), len(second))
    apart = int.from_bytes(first[:length], "big") ^ int.from_bytes(second[:length], "big")
    return list(apart.to_bytes(length, "big").translate(_BITS))


def of_pair(first: Seen, second: Seen, *, timed: bool = True) -> list[float]:
    """Of two presentations: places, distributions, strings in common, sizes, times, and what their answers give away."""
    one, other = first.proof, second.proof
    found: list[float] = [*bits_apart(one, other), *[abs(a - b) for a, b in zip(one, other, strict=False)]]
    found += _sizes(first, second)
    found += _distributions(one, other)
    found += _answers(first, second)
    points = set(first.points.values()) & set(second.points.values())
    found += [len(points), *[first.points[name] == second.points[name] for name in first.points if name in second.points]]
    if timed:
        for a, b in zip(first.times, second.times, strict=True):
            found += [abs(math.log(a / b)), abs(a - b), a + b]
    return found


def _sizes(first: Seen, second: Seen) -> list[float]:
    one, other = first.form + first.proof, second.form + second.proof
    together = len(zlib.compress(one + other)) - len(zlib.compress(one)) - len(zlib.compress(other))
    found: list[float] = [together, abs(len(first.form) - len(second.form)), abs(len(first.proof) - len(second.proof))]
    found.append(first.form == second.form)
    return [*found, *[len(_strings(first.proof, each) & _strings(second.proof, each)) for each in _WINDOWS]]


def _strings(data: bytes, window: int) -> set[bytes]:
    return {data[at : at + window] for at in range(len(data) - window + 1)}


def _distributions(one: bytes, other: bytes) -> list[float]:
    counts = [[data.count(value) for value in range(256)] for data in (one, other)]
    apart = [abs(a - b) for a, b in zip(*counts, strict=True)]
    nibbles = [sum(apart[16 * high : 16 * high + 16]) for high in range(16)]
    return [*nibbles, *[sum(apart[low::16]) for low in range(16)], sum(apart)]


def _answers(first: Seen, second: Seen) -> list[float]:
    """Two answers with one nonce give the secret away, ``(z - z')/(x - x')``: a small attribute is then seen to be small."""
    inverse = pow(first.challenge - second.challenge, -1, ORDER)
    quotients, differences = [], []
    for name in first.answers.keys() & second.answers.keys():
        difference = (first.answers[name] - second.answers[name]) % ORDER
        quotients.append((difference * inverse % ORDER).bit_length())
        differences.append(min(difference, ORDER - difference).bit_length())
    return [min(quotients), sum(quotients), min(differences), sum(differences)]


@dataclass(frozen=True)
class Revoked:
    """What the log says of a handle: itself, its witness under the first value, and the values before and after."""

    handle: int
    witness: G1
    before: G1
    after: G1


@lru_cache(maxsize=1024)
def _multiples(revoked: Revoked, value: G1) -> tuple[G1, ...]:
    known = (revoked.witness, value, revoked.before, revoked.after)
    return tuple(point * times for point in known for times in _MULTIPLES)


def revoked_later(population: Population) -> tuple[Revoked, ...]:
    """Everybody's revocation, one after another, and each witness under V_0, from the log alone."""
    values, handles = [population.value], [held.revocation_handle for held in population.held]
    for handle in handles:
        values.append(values[-1] * pow(population.alpha + handle, -1, ORDER))
    found = []
    for number, handle in enumerate(handles):
        witness = values[number + 1]  # a handle's last witness is the value once it is revoked
        for step in range(number, 0, -1):
            witness = values[step] + witness * (handles[step - 1] - handle)
        found.append(Revoked(handle, witness, values[number], values[number + 1]))
    return tuple(found)


def of_revoked(population: Population, seen: Seen, revoked: Revoked, *, timed: bool = True) -> list[float]:
    """Of a presentation from before, and of who was revoked afterwards."""
    A, Abar = (decode_g1(population.curve, seen.points[f"c.person.acc.{name}"]) for name in ("A", "Abar"))
    value = population.value
    lifted = Abar + A * revoked.handle  # (alpha + y)·A', which is r·V if y is the presenter's handle, and else is not known
    shown = [A, Abar, lifted, A - revoked.witness, lifted - value]
    found: list[float] = [point == other for point in shown[:3] for other in _multiples(revoked, value)]
    for point in shown:
        for other in (revoked.witness, value):
            found += bits_apart(point.to_bytes(), other.to_bytes())
    nonce = (seen.answers[_HANDLE] - seen.challenge * revoked.handle) % ORDER
    found += [nonce.bit_length(), min(nonce, ORDER - nonce).bit_length(), *encode_scalar(nonce)]
    handle = encode_scalar(revoked.handle)
    for at in range(0, len(seen.proof) - SCALAR_LENGTH, SCALAR_LENGTH // 2):
        found.append(sum(bits_apart(seen.proof[at : at + SCALAR_LENGTH], handle)))
    return [*found, *seen.times] if timed else found
