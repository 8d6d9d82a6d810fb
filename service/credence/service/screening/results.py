"""What screening says: bands, reasons, entries by list and id. Never the name that was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from credence.service.screening.lists import ListVersion

MATCHER: Final = "credence-names-1"
"""The version of the rules by which names are compared and ranked. Whoever changes what is found changes this."""


class Band(StrEnum):
    """What a result asks for."""

    CLEAR = "clear"
    REVIEW = "review"
    HIT = "hit"


class MatchReason(StrEnum):
    """What speaks for or against an entry being the applicant."""

    NAME_EQUAL = "name-equal"
    """The names are the same words, whatever their order and spelling."""
    NAME_SIMILAR = "name-similar"
    WEAK_ALIAS = "weak-alias"
    """The name is one that the list itself calls weak."""
    BIRTH_DATE_AGREES = "birth-date-agrees"
    BIRTH_DATE_NEAR = "birth-date-near"
    """Within two years."""
    BIRTH_DATE_DIFFERS = "birth-date-differs"
    BIRTH_DATE_UNKNOWN = "birth-date-unknown"
    COUNTRY_AGREES = "country-agrees"
    COUNTRY_DIFFERS = "country-differs"
    KIND_DIFFERS = "kind-differs"
    """A person has an organisation's name, or the other way round."""


_EARLIER: Final = {
    "name-and-birth-date": (Band.HIT, (MatchReason.NAME_EQUAL, MatchReason.BIRTH_DATE_AGREES)),
    "name-only": (Band.HIT, (MatchReason.NAME_EQUAL, MatchReason.BIRTH_DATE_UNKNOWN)),
    "birth-date-differs": (Band.REVIEW, (MatchReason.NAME_EQUAL, MatchReason.BIRTH_DATE_DIFFERS)),
    "kind-differs": (Band.REVIEW, (MatchReason.NAME_EQUAL, MatchReason.KIND_DIFFERS)),
}


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that matches; ``score`` is 0-100, of the names alone. ``band`` is review or hit.

    ``digest`` is the entry's, as the list had it; it is stored and not told. Empty for a match of a release that kept none.
    """

    list: str
    entry_id: str
    score: int
    band: Band
    reasons: tuple[MatchReason, ...]
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        reasons = [reason.value for reason in self.reasons]
        return {
            "list": self.list,
            "entry_id": self.entry_id,
            "score": self.score,
            "band": self.band.value,
            "reasons": reasons,
        }

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Reads what :meth:`Screening.stored` wrote, and the one reason that matches had before there were bands."""
        place = stored["list"], stored["entry_id"], stored["score"]
        if "reason" in stored:
            return cls(*place, *_EARLIER[stored["reason"]])
        reasons = tuple(MatchReason(reason) for reason in stored["reasons"])
        return cls(*place, Band(stored["band"]), reasons, stored.get("digest", ""))


@dataclass(frozen=True, slots=True)
class Screening:
    """What was searched, by which rules, and what was found: hits first, the likest names first."""

    lists: tuple[ListVersion, ...]
    matches: tuple[Match, ...]
    matcher: str = MATCHER

    @property
    def band(self) -> Band:
        """A hit outweighs what needs review."""
        if any(match.band is Band.HIT for match in self.matches):
            return Band.HIT
        return Band.REVIEW if self.matches else Band.CLEAR

    def beyond(self, known: Screening) -> tuple[Match, ...]:
        """What was not found before, only as something to review, or in an entry that the list has changed since.

        A match of a release that kept no digest was found in an entry that nobody can compare with.
        """
        before = {(match.list, match.entry_id, match.digest): match.band for match in known.matches if match.digest}
        return tuple(
            match
            for match in self.matches
            if before.get((match.list, match.entry_id, match.digest)) not in (match.band, Band.HIT)
        )

    def stored(self) -> str:
        """The accepted form with every entry's digest, as JSON."""
        matches = [match.to_json() | {"digest": match.digest} for match in self.matches]
        return json.dumps(self.to_json() | {"matches": matches})

    def to_json(self) -> dict[str, Any]:
        """The accepted form, as it is told."""
        return {
            "matcher": self.matcher,
            "lists": [version.to_json() for version in self.lists],
            "matches": [match.to_json() for match in self.matches],
        }

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Reads what :meth:`stored` wrote, and what was stored before results named their matcher."""
        lists = tuple(ListVersion(**item) for item in stored["lists"])
        return cls(lists, tuple(Match.parse(item) for item in stored["matches"]), stored.get("matcher", "credence-equal-1"))
