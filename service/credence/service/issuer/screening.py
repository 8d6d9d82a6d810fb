"""Sanctions screening: the entries of every list, by normalised name.

A name is compared in one form, whatever its script, accents, capitals, punctuation and order of words. In this release the
forms must be equal; the date of birth then tells a hit from what a person has to look at. A result carries entry ids and
never the name that was asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal, Self

from anyascii import anyascii

from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import Kind, VerifiedEvidence

EXACT: Final = 100
"""The score of equal normalised names."""

EntryKind = Literal["individual", "entity"]

_SPLIT: Final = re.compile(r"[^a-z0-9]+")
_ALWAYS_SPLIT: Final = re.compile(r"[\s,;/()]+")
_JOINED: Final = re.compile(r"[^a-z0-9\s,;/()]+")

# written before names in lists, and never in documents
_TITLES: Final = frozenset({"dr", "prof", "eng", "mr", "mrs", "ms", "shaykh", "sheikh", "sheik", "haji", "hajji", "mullah"})


class ListRefused(Misconfigured):
    """A list that cannot be read whole. Half a list must never pass for the list."""


class Outcome(StrEnum):
    """What screening says."""

    CLEAR = "clear"
    REVIEW = "review"
    HIT = "hit"


class MatchReason(StrEnum):
    """Why an entry matches."""

    NAME_AND_BIRTH_DATE = "name-and-birth-date"
    NAME_ONLY = "name-only"
    """The entry gives no date of birth."""
    BIRTH_DATE_DIFFERS = "birth-date-differs"
    KIND_DIFFERS = "kind-differs"
    """A person has an organisation's name, or the other way round."""

    @property
    def is_hit(self) -> bool:
        """Whether nothing speaks against the entry being the applicant."""
        return self in (MatchReason.NAME_AND_BIRTH_DATE, MatchReason.NAME_ONLY)


@dataclass(frozen=True, slots=True)
class BirthSpan:
    """The days, both included, on which somebody may have been born."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether ``day`` is one of them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An entry with its name and aliases; ``births`` is empty where the list gives no date."""

    entry_id: str
    kind: EntryKind
    names: tuple[str, ...]
    births: tuple[BirthSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class ListVersion:
    """Which list was searched: its name in the settings, its version, SHA-256 of its file in hex."""

    name: str
    version: str
    digest: str

    def to_json(self) -> dict[str, str]:
        """The accepted form."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class SanctionsList:
    """A list as an adapter read it."""

    version: ListVersion
    entries: tuple[ListEntry, ...]


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """One entry that matches; ``score`` is 0-100, of the names alone."""

    list: str
    entry_id: str
    score: int
    reason: MatchReason

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {"list": self.list, "entry_id": self.entry_id, "score": self.score, "reason": self.reason.value}


@dataclass(frozen=True, slots=True)
class Screening:
    """What was searched, and what was found by list and entry id."""

    lists: tuple[ListVersion, ...]
    matches: tuple[Match, ...]

    @property
    def outcome(self) -> Outcome:
        """A hit outweighs what needs review."""
        if any(match.reason.is_hit for match in self.matches):
            return Outcome.HIT
        return Outcome.REVIEW if self.matches else Outcome.CLEAR

    @property
    def found(self) -> frozenset[tuple[str, str]]:
        """The entries found, as (list, entry id)."""
        return frozenset((match.list, match.entry_id) for match in self.matches)

    def to_json(self) -> dict[str, Any]:
        """The accepted form, which is also what is stored."""
        return {
            "lists": [version.to_json() for version in self.lists],
            "matches": [match.to_json() for match in self.matches],
        }

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Reads what :meth:`to_json` wrote."""
        matches = (
            Match(item["list"], item["entry_id"], item["score"], MatchReason(item["reason"])) for item in stored["matches"]
        )
        return cls(tuple(ListVersion(**item) for item in stored["lists"]), tuple(matches))


class ScreeningIndex:
    """Every entry of every list by the forms of its names. Built once; read by many threads."""

    def __init__(self, lists: Sequence[SanctionsList]) -> None:
        """Raises :class:`ListRefused` for two lists of one name."""
        self.lists: Final = tuple(found.version for found in lists)
        if len({version.name for version in self.lists}) != len(self.lists):
            raise ListRefused("two screening lists have the same name")
        self._by_form: dict[str, list[tuple[str, ListEntry]]] = {}
        for found in lists:
            for entry in found.entries:
                for form in {form for name in entry.names for form in _entry_forms(entry, name)}:
                    self._by_form.setdefault(form, []).append((found.version.name, entry))

    def __len__(self) -> int:
        """How many forms are known."""
        return len(self._by_form)

    def search(self, evidence: VerifiedEvidence) -> Screening:
        """Every entry whose name or alias equals the applicant's name."""
        found = {
            Match(list_name, entry.entry_id, EXACT, _judge(entry, evidence))
            for form in forms(evidence.full_name)
            for list_name, entry in self._by_form.get(form, ())
        }
        return Screening(self.lists, tuple(sorted(found)))


def forms(name: str) -> Iterator[str]:
    """The forms a name is compared in: plain words in order of the alphabet, with punctuation as a gap and as nothing.

    Both, because ``Al-Hakim`` is also written ``Al Hakim`` and ``Alhakim``. A name without letters or digits has none.
    """
    plain = anyascii(unicodedata.normalize("NFKD", name).casefold()).casefold()
    split = [word for word in _SPLIT.split(plain) if word]
    joined = [word for word in _ALWAYS_SPLIT.split(_JOINED.sub("", plain)) if word]
    for words in (split, joined) if split != joined else (split,):
        if words:
            yield " ".join(sorted(words))


def _entry_forms(entry: ListEntry, name: str) -> Iterator[str]:
    for form in forms(name):
        yield form
        words = form.split()
        bare = [word for word in words if word not in _TITLES]
        if entry.kind == "individual" and 1 < len(bare) < len(words):
            yield " ".join(bare)


def _judge(entry: ListEntry, evidence: VerifiedEvidence) -> MatchReason:
    if (entry.kind == "individual") != (evidence.kind is Kind.NATURAL):
        return MatchReason.KIND_DIFFERS
    if not entry.births:
        return MatchReason.NAME_ONLY
    born = any(span.holds(evidence.birth_date) for span in entry.births)
    return MatchReason.NAME_AND_BIRTH_DATE if born else MatchReason.BIRTH_DATE_DIFFERS
