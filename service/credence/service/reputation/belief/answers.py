"""Answers: one belief about one pseudonym, with how sure it is, what it rests on, and why it is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REASONS = 3
"""How many reasons an answer gives."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What moved the answer, and by how much: ``effect`` in points of the score, or in the belief's own unit.

    The effect is the answer less the answer without it, so effects do not add up to the answer.
    """

    code: str
    effect: float

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "effect": round(self.effect, 6)}


@dataclass(frozen=True, slots=True)
class Belief:
    """One belief. ``kind`` says of what, ``unit`` in what.

    ``mean`` is the posterior mean and ``low`` … ``high`` the 5-95 % interval; ``evidence`` is what it was held against
    (weighted events expected, days), ``effective_n`` the days it rests on, each counted as far as it is remembered,
    ``as_of`` the day (since 1970-01-01, UTC), ``model`` the version of the numbers. ``score`` and ``hazard_upper`` belong to
    the belief of risk; the score is None where evidence is insufficient.
    """

    kind: str
    unit: str
    mean: float
    low: float
    high: float
    evidence: float
    effective_n: float
    as_of: int
    model: str
    reasons: tuple[Reason, ...]
    score: float | None = None
    hazard_upper: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Numbers with six decimals; the score with one."""
        told = {
            "kind": self.kind,
            "unit": self.unit,
            "mean": round(self.mean, 6),
            "interval": [round(self.low, 6), round(self.high, 6)],
            "evidence": round(self.evidence, 6),
            "effective_n": round(self.effective_n, 6),
            "as_of": self.as_of,
            "model": self.model,
            "reasons": [reason.to_json() for reason in self.reasons],
        }
        if self.hazard_upper is None:
            return told
        score = "insufficient" if self.score is None else round(self.score, 1)
        return told | {"score": score, "hazard_upper": round(self.hazard_upper, 6)}


def largest(effects: Mapping[str, float]) -> tuple[Reason, ...]:
    """The reasons with the largest effects either way, the largest first; equal ones by name, none that has no effect."""
    ordered = sorted(effects.items(), key=lambda item: (-abs(item[1]), item[0]))
    return tuple(Reason(code, float(effect)) for code, effect in ordered[:REASONS] if effect != 0.0)
