"""What a run found, suite by suite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

_SHOWN: Final = 5


def _first(sentences: list[str]) -> list[str]:
    more = len(sentences) - _SHOWN
    return [*sentences[:_SHOWN], f"and {more} more"] if more > 0 else sentences


@dataclass
class SuiteResult:
    """One suite: how many vectors passed, failed or were skipped. ``failures`` and ``notes`` are short sentences.

    ``causes`` counts what was refused as it has to be, by why; only suites of malicious inputs have some.
    """

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)

    def note(self, sentence: str) -> None:
        """Remember a sentence, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    @property
    def reason(self) -> str | None:
        """Why something failed or was skipped, and what was left unchecked; None where all there is was checked."""
        return "; ".join([*_first(self.failures), *_first(self.notes)]) or None

    def to_json(self) -> dict[str, Any]:
        """The form that ``credence conformance --json`` prints."""
        return {
            "name": self.name,
            "passed": self.passed,
            "failed": self.failed,
            "skipped": self.skipped,
            "reason": self.reason,
            **({"causes": dict(sorted(self.causes.items()))} if self.causes else {}),
        }


@dataclass(frozen=True)
class Report:
    """A whole run on one curve engine; suites by name."""

    engine: str
    suites: tuple[SuiteResult, ...]

    def plus(self, suite: SuiteResult) -> Report:
        """With one suite more."""
        return Report(self.engine, tuple(sorted((*self.suites, suite), key=lambda each: each.name)))

    @property
    def passed(self) -> int:
        """Vectors that passed."""
        return sum(suite.passed for suite in self.suites)

    @property
    def failed(self) -> int:
        """Vectors that failed; any is a reason not to ship."""
        return sum(suite.failed for suite in self.suites)

    @property
    def skipped(self) -> int:
        """Vectors and files that were not looked into."""
        return sum(suite.skipped for suite in self.suites)

    def to_json(self) -> dict[str, Any]:
        """``{"engine", "suites": [{"name", "passed", "failed", "skipped", "reason"}], "failed"}``.

        A suite of malicious inputs also has ``"causes"``, their number by cause.
        """
        return {
            "engine": self.engine,
            "suites": [suite.to_json() for suite in self.suites],
            "failed": self.failed,
        }
