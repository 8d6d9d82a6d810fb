"""Proofs whose bytes are no points, no scalars, too many, too few, or somebody else's."""

from __future__ import annotations

import itertools

import py_ecc.optimized_bls12_381 as ecc
from py_ecc.bls.point_compression import decompress_G1

from credence.circuits.curve import G1_LENGTH, ORDER, SCALAR_LENGTH
from credence.circuits.encoding import u32le
from credence.circuits.errors import Step
from tests.circuits.encodings import COMPRESSED, G1_ORDER_3, G1_ORDER_11, g1_bytes, g1_cases, with_flags
from tests.service.conformance.malicious.book import Twin, plus

EVERYWHERE = ("infinity", "compression bit missing", "outside the subgroup")
"""Cases of tests/circuits/encodings.py that stand at every point of a message; each other one stands at one in turn."""


def points(twin: Twin, first: int) -> None:
    """At every point the identity, a missing bit, another group; the rest in turn, begun with the ``first``."""
    bad = {case.cause: case.data for case in g1_cases() if len(case.data) == G1_LENGTH}
    rest = [name for name in bad if name not in EVERYWHERE]
    for at, (name, offset) in enumerate(twin.layout.points):
        turns = [rest[(first + 2 * at + more) % len(rest)] for more in range(2)]
        for kind in (*EVERYWHERE, *turns):
            data = (
                with_flags(twin.proof[offset : offset + G1_LENGTH], off=COMPRESSED) if "bit missing" in kind else bad[kind]
            )
            twin.spliced(_point_cause(kind), Step.DECODE, f"{kind} at {name}", offset, G1_LENGTH, data)
        _nearly_right(twin, at, name, offset)


def _point_cause(kind: str) -> str:
    if kind.startswith(("infinity", "all zero")):
        return "IdentityPoint"
    if kind.startswith(("outside", "order", "subgroup point")):
        return "WrongSubgroup"
    return "PointNotOnCurve" if kind == "x not on the curve" else "PointEncoding"


def _nearly_right(twin: Twin, at: int, name: str, offset: int) -> None:
    """The honest point with a point of small order added, or with its sign turned."""
    data = twin.proof[offset : offset + G1_LENGTH]
    small = (G1_ORDER_3, G1_ORDER_11)[at % 2]
    moved = g1_bytes(ecc.add(decompress_G1(int.from_bytes(data, "big")), small))
    order = (3, 11)[at % 2]
    twin.spliced("WrongSubgroup", Step.DECODE, f"a point of order {order} added to {name}", offset, G1_LENGTH, moved)
    turned = bytes([data[0] ^ 0x20])
    twin.spliced("OtherPoint", Step.CHALLENGE, f"{name} negated", offset, 1, turned)


def scalars(twin: Twin, every: int) -> None:
    """Above the order: the same residue, the order itself, all ones. Below it: others than the proof's."""
    for at, (name, offset) in enumerate(twin.layout.scalars):
        if at % every and name not in ("x", "tau"):
            continue
        data = twin.proof[offset : offset + SCALAR_LENGTH]
        number = int.from_bytes(data, "big")
        high = (number + ORDER).to_bytes(32, "big")
        twin.spliced("ScalarNotReduced", Step.DECODE, f"{name} plus the order: the same residue", offset, 32, high)
        other, what = (
            (ORDER.to_bytes(32, "big"), "the order"),
            (b"\xff" * 32, "all ones"),
            (bytes([data[0] | 0x80]) + data[1:], "the highest bit set"),
        )[at % 3]
        twin.spliced("ScalarNotReduced", Step.DECODE, f"{name} is {what}", offset, 32, other)
        instead, what = ((bytes(32), "zero"), (plus(data, 1), "one more"), (plus(bytes(32), -number), "negated"))[at % 3]
        if instead != data:
            twin.spliced("OtherScalar", Step.CHALLENGE, f"{name} is {what}", offset, 32, instead)


def lengths(twin: Twin) -> None:
    """Bytes too many and too few, at either end and in between, and numbers that claim to be lengths."""
    whole, middle = twin.layout.length, twin.layout.scalars[3][1]
    for removed in (1, 2, 31, 32, 33, 47, 48, 96, whole - 1, whole):
        twin.spliced("MissingBytes", Step.SHAPE, f"{removed} bytes cut off the end", whole - removed, removed, b"")
    for removed in (1, 32, 48):
        twin.spliced("MissingBytes", Step.SHAPE, f"{removed} bytes cut off the beginning", 0, removed, b"")
        twin.spliced("MissingBytes", Step.SHAPE, f"{removed} bytes taken from the middle", middle, removed, b"")
    tails = (b"\x00", b"\xff", bytes(32), twin.proof[-32:], twin.proof[:48], u32le(1 << 31), twin.proof)
    for tail in tails:
        twin.spliced("TrailingBytes", Step.SHAPE, f"{len(tail)} bytes after the end", whole, 0, tail)
    for head in (b"\x00", u32le(1 << 31), u32le(whole), twin.proof[:48]):
        twin.spliced("TrailingBytes", Step.SHAPE, f"{len(head)} bytes before the beginning", 0, 0, head)
    for name, offset in dict.fromkeys((twin.layout.points[2], twin.layout.points[-2])):
        data = twin.proof[offset : offset + 48]
        x, y, _ = decompress_G1(int.from_bytes(data, "big"))
        uncompressed = int(x).to_bytes(48, "big") + int(y).to_bytes(48, "big")
        twin.spliced("TrailingBytes", Step.SHAPE, f"{name} uncompressed, 96 bytes", offset, 48, uncompressed)
        twin.spliced("MissingBytes", Step.SHAPE, f"{name} left out", offset, 48, b"")
        twin.spliced("TrailingBytes", Step.SHAPE, f"{name} twice", offset, 0, data)
        twin.spliced("MissingBytes", Step.SHAPE, f"{name} with 47 bytes", offset, 48, data[1:])
        twin.spliced("TrailingBytes", Step.SHAPE, f"{name} with 49 bytes", offset, 48, b"\x00" + data)


def confused(twin: Twin) -> None:
    """The right length with its parts at other places: what reads by offset alone would not see it."""
    layout, proof = twin.layout, twin.proof
    order = layout.scalars[0][1]
    rolled = proof[:order] + proof[order + 32 :] + proof[order : order + 32]
    tail = Step.CHALLENGE if layout.scalars[-1][1] + SCALAR_LENGTH == layout.length else Step.DECODE  # a point is the tail
    twin.forged("LengthConfusion", tail, "scalars rolled by one", rolled)
    first, second = layout.points[0][1], layout.points[1][1]
    twin.spliced(
        "LengthConfusion", Step.DECODE, "one byte moved from the end to the front", 0, len(proof), b"\x00" + proof[:-1]
    )
    block = proof[first:second] + proof[second : second + 48]
    twin.spliced("LengthConfusion", Step.DECODE, "two points moved by one byte", first, 96, block[1:] + block[:1])
    for name, offset in layout.scalars[1:6]:
        data = proof[offset : offset + 32]
        twin.spliced("ByteOrder", Step.CHALLENGE if int.from_bytes(data, "little") < ORDER else Step.DECODE,
                     f"{name} in the other byte order", offset, 32, data[::-1])  # fmt: skip


def neighbours(twin: Twin, every: int) -> None:
    """Each point in the place of the next, and scalars likewise; both stay what they were."""
    proof, points = twin.proof, twin.layout.points
    for (name, at), (other, then) in itertools.pairwise(points):
        if then - at == G1_LENGTH:
            twice = proof[then : then + 48] + proof[at:then]
            twin.spliced("SwappedFields", Step.CHALLENGE, f"{name} and {other} exchanged", at, 96, twice)
    scalars = twin.layout.scalars
    for (name, at), (other, then) in list(itertools.pairwise(scalars))[::every]:
        if proof[at:then] != proof[then : then + 32]:
            twice = proof[then : then + 32] + proof[at:then]
            twin.spliced("SwappedFields", Step.CHALLENGE, f"{name} and {other} exchanged", at, 64, twice)


def two_proofs(twin: Twin, every: int) -> None:
    """A second proof of the same statement in the same session, and parts of it in the first."""
    other = twin.scene.prove(twin.encoding, "second")
    twin.group.accept_as("the same, proved again", twin.scene.wrap(other, twin.encoding), twin.encoding)
    proof, layout = twin.proof, twin.layout
    for size, places in ((48, layout.points), (32, layout.scalars[::every])):
        for name, at in places:
            if proof[at : at + size] != other[at : at + size]:
                part = other[at : at + size]
                twin.spliced("MixedProofs", Step.CHALLENGE, f"{name} of another proof of the same", at, size, part)
    sent = next(at for name, at in (*layout.points, *layout.scalars) if name in ("T_1", "x"))
    whole = layout.length
    twin.spliced("MixedProofs", Step.CHALLENGE, "all points of another proof of the same", 0, sent, other[:sent])
    last = layout.scalars[-1][1]
    answers = layout.scalars[0 if layout.scalars[0][0] != "x" else 1][1]
    twin.spliced(
        "MixedProofs",
        Step.CHALLENGE,
        "all answers of another proof",
        answers,
        last + 32 - answers,
        other[answers : last + 32],
    )
    half = (whole // 2) // 16 * 16
    while half not in {at for _, at in (*layout.points, *layout.scalars)}:
        half += 16
    twin.spliced("MixedProofs", Step.CHALLENGE, "the second half of another proof", half, whole - half, other[half:])


def write(batchable: Twin, compact: Twin) -> None:
    """Everything of this page for one scene in both encodings."""
    points(batchable, 0)
    points(compact, 5)
    scalars(batchable, 5)
    scalars(compact, 2)
    for twin in (batchable, compact):
        lengths(twin)
        confused(twin)
    neighbours(batchable, 6)
    neighbours(compact, 6)
    two_proofs(batchable, 6)
    two_proofs(compact, 6)


def plain(compact: Twin) -> None:
    """A proof without constraints: a few of each, where no C_1 follows the scalars."""
    lengths(compact)
    confused(compact)
    neighbours(compact, 5)
