"""What evidence has to carry in a mode, whatever the risk."""

from __future__ import annotations

from dataclasses import dataclass

from credence.service.issuer.evidence import Assurance, Refusal, VerifiedEvidence

_LEVELS = tuple(Assurance)


@dataclass(frozen=True, slots=True)
class Demands:
    """The demands of a mode. ``stated`` are factors that the desk has to state; ``record_years`` is for how many years after
    the relationship somebody named has to keep the documents, 0 where nobody need be named.
    """

    minimum_assurance: Assurance
    stated: tuple[str, ...]
    record_years: int

    def unmet(self, evidence: VerifiedEvidence) -> Refusal | None:
        """The first demand that evidence does not meet; None where it meets all."""
        if _LEVELS.index(evidence.assurance) < _LEVELS.index(self.minimum_assurance):
            return Refusal.LOW_ASSURANCE
        if any(getattr(evidence, factor.replace("-", "_")) is None for factor in self.stated):
            return Refusal.NOT_STATED
        if self.record_years and (evidence.record is None or evidence.record.years < self.record_years):
            return Refusal.NO_RECORD
        return None

    def covers(self, other: Demands) -> bool:
        """Whether whatever meets these meets the other ones."""
        assured = _LEVELS.index(self.minimum_assurance) >= _LEVELS.index(other.minimum_assurance)
        return assured and set(self.stated) >= set(other.stated) and self.record_years >= other.record_years
