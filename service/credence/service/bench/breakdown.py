"""Where a verification's time goes: the same code, run on an engine that keeps the time of each of its calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, TypeVar

from credence.circuits.bbs.suite import Interface, Suite, core_interface
from credence.circuits.curve import G1, G2, Curve
from credence.circuits.hashing import Expand
from credence.service.bench.report import Breakdown, Part
from credence.service.bench.rows import shown
from credence.service.bench.stopwatch import now

PARTS: Final = ("decode", "hash", "T1", "T2", "pairing")
"""Points decoded and checked; messages, domain and challenge hashed; the two sums; the pairing check. In this order."""

_T1_POINTS: Final = 3  # Bbar, Abar, D

_Answer = TypeVar("_Answer")


class Ledger:
    """Seconds spent in each part since it was last emptied."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(PARTS, 0.0)

    def timed(self, part: str, action: Callable[[], _Answer]) -> _Answer:
        """What ``action`` returns; its time is noted under ``part``."""
        start = now()
        try:
            return action()
        finally:
            self.spent[part] += now() - start

    def taken(self) -> dict[str, float]:
        """What was noted; the next verification starts from nothing."""
        taken, self.spent = self.spent, dict.fromkeys(PARTS, 0.0)
        return taken


class TimedCurve:
    """Implements :class:`credence.circuits.curve.Curve` by asking another engine, and notes the time."""

    def __init__(self, curve: Curve, ledger: Ledger) -> None:
        self._curve, self._ledger = curve, ledger
        self.name: Final = curve.name
        self.BP1, self.BP2 = curve.BP1, curve.BP2
        self.identity_g1, self.identity_g2 = curve.identity_g1, curve.identity_g2

    def decompress_g1(self, data: bytes) -> G1:
        """Noted under ``decode``."""
        return self._ledger.timed("decode", lambda: self._curve.decompress_g1(data))

    def decompress_g2(self, data: bytes) -> G2:
        """Noted under ``decode``; a service has decoded its issuers' keys before."""
        return self._ledger.timed("decode", lambda: self._curve.decompress_g2(data))

    def map_to_g1(self, u: int) -> G1:
        """Noted under ``hash``."""
        return self._ledger.timed("hash", lambda: self._curve.map_to_g1(u))

    def msm(self, points: Sequence[G1], scalars: Sequence[int]) -> G1:
        """Not used by a verifier."""
        return self._curve.msm(points, scalars)

    def msm_public(self, points: Sequence[G1], scalars: Sequence[int]) -> G1:
        """Noted under ``T1`` or ``T2``, which differ in the number of their points."""
        part = "T1" if len(points) == _T1_POINTS else "T2"
        return self._ledger.timed(part, lambda: self._curve.msm_public(points, scalars))

    def precompute(self, points: Sequence[G1]) -> None:
        """Not timed: a service does it at its start."""
        self._curve.precompute(points)

    def pairing_check(self, pairs: Sequence[tuple[G1, G2]]) -> bool:
        """Noted under ``pairing``."""
        return self._ledger.timed("pairing", lambda: self._curve.pairing_check(pairs))


def _timed_expand(expand: Expand, ledger: Ledger) -> Expand:
    return lambda message, dst, length: ledger.timed("hash", lambda: expand(message, dst, length))


def breakdown(suite: Suite, count: int, rounds: int) -> Breakdown:
    """Medians over ``rounds`` verifications of a proof over ``count`` messages; ``remainder`` is everything else."""
    ledger = Ledger()
    timed = Suite(suite.id, TimedCurve(suite.curve, ledger), _timed_expand(suite.expand, ledger), suite.P1)
    verifier = Interface(timed, core_interface(suite).api_id)
    verifier.precompute(count + 1)
    case = shown(suite, count)
    case.check(verifier)
    spent: dict[str, list[float]] = {part: [] for part in (*PARTS, "remainder")}
    for _ in range(rounds):
        ledger.taken()
        start = now()
        case.check(verifier)
        whole = now() - start
        taken = ledger.taken()
        for part, seconds in taken.items():
            spent[part].append(seconds)
        spent["remainder"].append(whole - sum(taken.values()))
    medians = {part: median(seconds) * 1000 for part, seconds in spent.items()}
    total = sum(medians.values())
    parts = tuple(Part(part, ms, ms / total) for part, ms in medians.items())
    return Breakdown(f"bbs{count}", total, parts)
