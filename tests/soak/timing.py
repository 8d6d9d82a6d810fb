"""Does the time of the signer's arithmetic tell of its secret? A Welch t-test over two classes of scalars (dudect).

Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?" (2017): two classes of inputs, in random order, one time
each; the slowest are cut off at several percentiles, because an interruption is slow and says nothing; t over 4.5 for any
cut is a leak. One class are short scalars (32 bits), the other random ones: the curve library's multiplication takes as long
as its scalar is, which the control shows, without blinding. What the signer calls is `sk_to_pk` and `finalize_sign`.

The second pair of classes is of one length: a scalar of few bits that are one, and random ones.

The engine multiplies by blst, whose time says little of the scalar to begin with; `plain` is that without a blind. The
control is arkworks, the other library under the engine, without a blind, and with two shares: in one sum they still tell,
because those of a short scalar are nearly each other's negative, and multiples of one point meet in it.
"""

from __future__ import annotations

import gc
import math
import random
import secrets
import time
from collections.abc import Callable
from typing import Final

from credence.circuits.bbs.signature import finalize_sign, multiply_blinded, sk_to_pk
from credence.circuits.curve import ORDER
from credence.circuits.curve.native import NativeCurve, NativeG1, ark_sum
from tests.soak.figure import Options, Result, Value

TARGET: Final = "|t| < 4.5 for the signer's multiplications under short and sparse keys against random ones, blinded"
LIMIT: Final = 900

BOUND: Final = 4.5
CUTS: Final = (1.0, 0.99, 0.95, 0.9, 0.8, 0.7, 0.5)
"""Which share of the fastest measurements is looked at: of both classes together, by one time."""

SIGNERS: Final = ("public key", "signature", "multiplication")
CONTROL: Final = "arkworks, unblinded"

Call = Callable[[int], object]


def run(options: Options) -> Result:
    """Each call under two pairs of classes, and the controls."""
    curve = NativeCurve()
    many, quick = 10_000, 1_000
    figures: dict[str, dict[str, Value]] = {}
    for name, call in _calls(curve).items():
        count = options.sized(many, quick)
        figures[name] = {"measurements": 2 * count} | {
            f"t_{scalars}": round(_largest(call, draw, count), 2) for scalars, draw in CLASSES.items()
        }
    control = abs(_number(figures[CONTROL]["t_short"]))
    blinded = {
        name: max(abs(_number(found[f"t_{scalars}"])) for scalars in CLASSES)
        for name, found in figures.items()
        if name in SIGNERS
    }
    leaks = [f"{name}: |t| = {found}" for name, found in blinded.items() if found >= BOUND]
    if control < 10 * BOUND:
        leaks.append(f"the control does not see what is there to be seen: |t| = {control}")
    return {"ok": not leaks, "figures": figures, "note": "; ".join(leaks)}


def _short() -> int:
    return secrets.randbits(32) | 1 << 31


def _sparse() -> int:
    """As long as any, with four bits that are one."""
    return 1 << 253 | sum(1 << secrets.randbelow(253) for _ in range(3))


CLASSES: Final = {"short": _short, "sparse": _sparse}


def _calls(curve: NativeCurve) -> dict[str, Call]:
    point, rng = NativeG1((curve.BP1 * (secrets.randbits(250) | 1)).blst), secrets.token_bytes
    e = secrets.randbelow(ORDER)
    return {
        "public key": lambda secret: sk_to_pk(curve, secret, rng),
        "signature": lambda secret: finalize_sign(secret, point, e, rng),
        "multiplication": lambda secret: multiply_blinded(point, secret, rng),
        "plain": lambda secret: point * secret,
        "arkworks, blinded": lambda secret: [ark_sum([point], [share]) for share in _shares(secret)],
        "arkworks, both shares in one sum": lambda secret: ark_sum([point, point], _shares(secret)),
        CONTROL: lambda secret: ark_sum([point], [secret]),
    }


def _shares(secret: int) -> list[int]:
    share = secrets.randbelow(ORDER)
    return [share, (secret - share) % ORDER]


def _largest(call: Call, draw: Callable[[], int], count: int) -> float:
    """The t that is furthest from 0, over all cuts."""
    times = _measured(call, draw, count)
    ordered = sorted(spent for _, spent in times)
    found = []
    for cut in CUTS:
        limit = ordered[max(1, int(cut * len(ordered))) - 1]
        drawn, uniform = ([spent for kind, spent in times if kind is which and spent <= limit] for which in (True, False))
        found.append(welch(drawn, uniform))
    return max(found, key=abs)


def _measured(call: Call, draw: Callable[[], int], count: int) -> list[tuple[bool, int]]:
    """Nanoseconds of calls with drawn scalars (True) and random ones (False), in random order, after some that only warm
    the machine up."""
    order = [True, False] * count
    random.SystemRandom().shuffle(order)
    scalars = [(kind, draw() if kind else secrets.randbelow(ORDER - 1) + 1) for kind in order]
    for _, scalar in scalars[: count // 10]:
        call(scalar)
    times = []
    gc.collect()
    gc.disable()
    try:
        for kind, scalar in scalars:
            began = time.perf_counter_ns()
            call(scalar)
            times.append((kind, time.perf_counter_ns() - began))
    finally:
        gc.enable()
    return times


def welch(one: list[int], other: list[int]) -> float:
    """Welch's t of two samples; 0 where either says nothing."""
    if min(len(one), len(other)) < 2:
        return 0.0
    means, spreads = [], []
    for sample in (one, other):
        mean = sum(sample) / len(sample)
        means.append(mean)
        spreads.append(sum((value - mean) ** 2 for value in sample) / (len(sample) - 1) / len(sample))
    return (means[0] - means[1]) / math.sqrt(sum(spreads)) if sum(spreads) else 0.0


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
