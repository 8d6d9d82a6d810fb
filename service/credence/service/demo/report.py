"""What a demo run did: its steps, the decisions that parties took, the terms that followed. Filled step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from credence.circuits.encoding import b64u
from credence.circuits.fields import Json
from credence.service.verifier.tariff.amounts import plain


class StepFailed(Exception):
    """A step saw something else than the protocol promises. ``reason`` says what, in a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step and how long it took, in milliseconds."""

    name: str
    ok: bool
    ms: float

    def to_json(self) -> dict[str, Any]:
        """The reported form."""
        return {"name": self.name, "ok": self.ok, "ms": self.ms}


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: ``by`` is ``issuer``, ``verifier`` or ``auth``, ``who`` an invented person, ``reason`` the public one.

    ``decision`` is ``approved``, ``declined``, ``accepted``, ``denied`` or ``refused``; a refused request has the problem's
    slug as its reason and its ``status``. ``entry`` names the sanctions list and the entry's id.
    """

    step: str
    by: str
    who: str
    decision: str
    reason: str
    venue: str | None = None
    pseudonym: bytes | None = None
    status: int | None = None
    entry: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The reported form; absent members are null."""
        return {
            "step": self.step,
            "by": self.by,
            "who": self.who,
            "venue": self.venue,
            "decision": self.decision,
            "reason": self.reason,
            "status": self.status,
            "pseudonym": None if self.pseudonym is None else b64u(self.pseudonym),
            "entry": self.entry,
        }


@dataclass(frozen=True, slots=True)
class Priced:
    """The terms that a venue got, as they came over the wire.

    ``account`` is set where the volume is a real account's; ``saved_usd`` is then what it pays less than at no volume, were
    all of that volume taken.
    """

    who: str
    venue: str
    volume_30d_usd: Decimal
    terms: Json = field(repr=False)
    account: str | None = None
    saved_usd: Decimal | None = None

    def to_json(self) -> dict[str, Any]:
        """The reported form; absent members are null."""
        return {
            "who": self.who,
            "venue": self.venue,
            "account": self.account,
            "volume_30d_usd": plain(self.volume_30d_usd),
            "saved_usd": None if self.saved_usd is None else plain(self.saved_usd),
            "terms": _unfrozen(self.terms),
        }


@dataclass(frozen=True, slots=True)
class DemoReport:
    """A finished run. ``failure`` names the step that failed and why; None where all went well."""

    ok: bool
    engine: str
    steps: tuple[StepReport, ...]
    decisions: tuple[Decided, ...]
    terms: tuple[Priced, ...]
    failure: str | None = None

    @property
    def seconds(self) -> float:
        """The demo's own clock: the sum of its steps."""
        return sum(step.ms for step in self.steps) / 1000

    def to_json(self) -> dict[str, Any]:
        """What ``credence demo --json`` prints, and nothing besides."""
        return {
            "ok": self.ok,
            "engine": self.engine,
            "steps": [step.to_json() for step in self.steps],
            "decisions": [decided.to_json() for decided in self.decisions],
            "terms": [priced.to_json() for priced in self.terms],
        }


class Journal:
    """Where steps write down what happened. ``lines`` are the present step's, for the reader at the terminal."""

    def __init__(self) -> None:
        self.step = ""
        self.lines: list[str] = []
        self.decisions: list[Decided] = []
        self.terms: list[Priced] = []

    def begin(self, step: str) -> None:
        """A new step, which has said nothing yet."""
        self.step, self.lines = step, []

    def say(self, *lines: str) -> None:
        """Lines for people."""
        self.lines.extend(lines)

    def decided(self, by: str, who: str, decision: str, reason: str, **more: Any) -> None:
        """Keeps a decision of the present step; see :class:`Decided`."""
        self.decisions.append(Decided(self.step, by, who, decision, reason, **more))

    def priced(self, priced: Priced) -> None:
        """Keeps terms."""
        self.terms.append(priced)


def _unfrozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _unfrozen(inner) for name, inner in value.items()}
    return [_unfrozen(inner) for inner in value] if isinstance(value, (list, tuple)) else value
