"""What a demo run did: its steps, the decisions that parties took, the terms that followed. Filled step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from credence.circuits.encoding import b64u
from credence.circuits.fields import Json
from credence.sdk.calls.issuer import Match
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
class ListRead:
    """A sanctions list as it was imported: ``digest`` is SHA-256 of what was published, ``published`` the day it names."""

    name: str
    format: str
    version: str
    published: str | None
    entries: int
    digest: str

    def to_json(self) -> dict[str, Any]:
        """The reported form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Searched:
    """One search of all lists: for whom, how the case came out, and what was found. ``who`` is nobody's name but an invented
    person's; an entry is told by its list and id."""

    who: str
    evidence: str
    decision: str
    matcher: str
    matches: tuple[Match, ...]

    @property
    def band(self) -> str:
        """A hit outweighs what needs review; ``clear`` where nothing was found."""
        bands = {match.band for match in self.matches}
        return next((band for band in ("hit", "review") if band in bands), "clear")

    def to_json(self) -> dict[str, Any]:
        """The reported form."""
        matches = [
            {
                "list": match.list,
                "entry_id": match.entry_id,
                "score": plain(match.score),
                "band": match.band,
                "reasons": list(match.reasons),
            }
            for match in self.matches
        ]
        return {
            "who": self.who,
            "evidence": self.evidence,
            "decision": self.decision,
            "band": self.band,
            "matcher": self.matcher,
            "matches": matches,
        }


@dataclass(frozen=True, slots=True)
class Moved:
    """A standing that moved: an invented person's, on so many ``days`` of a real ``account``; terms before and after.

    ``simulated`` names what of it is not real.
    """

    who: str
    venue: str
    account: str
    days: int
    simulated: tuple[str, ...]
    before: Json = field(repr=False)
    after: Json = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The reported form."""
        return {
            "who": self.who,
            "venue": self.venue,
            "account": self.account,
            "days": self.days,
            "simulated": list(self.simulated),
            "before": _unfrozen(self.before),
            "after": _unfrozen(self.after),
        }


@dataclass(frozen=True, slots=True)
class DemoReport:
    """A finished run. ``failure`` names the step that failed and why; None where all went well."""

    ok: bool
    engine: str
    steps: tuple[StepReport, ...]
    decisions: tuple[Decided, ...]
    terms: tuple[Priced, ...]
    lists: tuple[ListRead, ...] = ()
    searches: tuple[Searched, ...] = ()
    standings: tuple[Moved, ...] = ()
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
            "screening": {
                "lists": [found.to_json() for found in self.lists],
                "searches": [searched.to_json() for searched in self.searches],
            },
            "standings": [moved.to_json() for moved in self.standings],
        }


class Journal:
    """Where steps write down what happened. ``lines`` are the present step's, for the reader at the terminal."""

    def __init__(self) -> None:
        self.step = ""
        self.lines: list[str] = []
        self.decisions: list[Decided] = []
        self.terms: list[Priced] = []
        self.lists: list[ListRead] = []
        self.searches: list[Searched] = []
        self.standings: list[Moved] = []

    def begin(self, step: str) -> None:
        """A new step, which has said nothing yet."""
        self.step, self.lines = step, []

    def say(self, *lines: str) -> None:
        """Lines for people."""
        self.lines.extend(lines)

    def decided(self, by: str, who: str, decision: str, reason: str, **more: Any) -> None:
        """Keeps a decision of the present step; see :class:`Decided`."""
        self.decisions.append(Decided(self.step, by, who, decision, reason, **more))

    def imported(self, found: ListRead) -> None:
        """Keeps a list that was imported."""
        self.lists.append(found)

    def searched(self, searched: Searched) -> None:
        """Keeps what came of a search."""
        self.searches.append(searched)

    def priced(self, priced: Priced) -> None:
        """Keeps terms."""
        self.terms.append(priced)

    def moved(self, moved: Moved) -> None:
        """Keeps a standing that moved."""
        self.standings.append(moved)


def _unfrozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _unfrozen(inner) for name, inner in value.items()}
    return [_unfrozen(inner) for inner in value] if isinstance(value, (list, tuple)) else value
