"""nomenklatura's LogicV2 as a second matcher, where it is installed (extra ``logic``): the same lists, the same results.

Candidates are found by :class:`~credence.service.screening.searching.ScreeningIndex`, more of them than it would name;
LogicV2 says how alike each is, with dates of birth and countries. Who reaches its usual threshold is for a person to look
at: its score does not say what speaks against an entry, so nothing here is a hit.

LogicV2 remembers names by the ids of entities alone, for as long as the process lives. So every question has an id of its
own, an entry has one that names the version of its list, and the service does not use it: tables on the command line do.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import count
from typing import Any, Final

from credence.service.errors import Misconfigured
from credence.service.screening.births import BirthSpan, compare_births
from credence.service.screening.countries import compare_countries
from credence.service.screening.evaluation import LabelledPair
from credence.service.screening.lists import ListEntry
from credence.service.screening.names import EntryKind
from credence.service.screening.ranking import EQUAL, Subject, reasons
from credence.service.screening.results import Band, Match, Screening
from credence.service.screening.searching import MAX_MATCHES, ScreeningIndex

THRESHOLD: Final = 0.7
"""The score from which LogicV2 is usually taken to have found somebody."""

CANDIDATES: Final = 0.6
"""The likeness of names, by our own rules, from which an entry is shown to it."""

_SCHEMAS: Final[dict[EntryKind, str]] = {"individual": "Person", "entity": "Organization"}
_QUESTIONS: Final = count()
"""Of the whole process, as is what LogicV2 remembers."""

_YEARS: Final = 10
"""Years of the longest span of births that is written out."""


class LogicV2:
    """The matcher itself. Raises :class:`Misconfigured` where it is not installed."""

    def __init__(self) -> None:
        try:
            self._algorithm: Final[Any] = import_module("nomenklatura.matching").LogicV2
            self._proxy: Final[Any] = import_module("followthemoney").EntityProxy
            release = import_module("nomenklatura").__version__
        except ImportError as error:
            raise Misconfigured("nomenklatura is not installed: it comes with the extra logic") from error
        self.name: Final = f"nomenklatura-logic-v2-{release}"
        self._config: Final = self._algorithm.default_config()

    def entity(self, entity_id: str, kind: str, properties: dict[str, list[str]]) -> Any:
        """An entity in its form. Two with one id are the same to it, whatever their properties."""
        return self._proxy.from_dict({"id": entity_id, "schema": kind, "properties": properties})

    def question(self, kind: str, properties: dict[str, list[str]]) -> Any:
        """An entity that was never asked about before."""
        return self.entity(f"question-{next(_QUESTIONS)}", kind, properties)

    def score(self, question: Any, entity: Any) -> float:
        """How alike they are, 0 to 1."""
        return float(self._algorithm.compare(question, entity, self._config).score)

    def is_same(self, pair: LabelledPair) -> bool:
        """Whether two names alone would be looked at."""
        one, other = (self.question(pair.schema, {"name": [name]}) for name in (pair.left, pair.right))
        return self.score(one, other) >= THRESHOLD


class LogicV2Index:
    """Every entry of every list, by LogicV2. For one thread at a time."""

    def __init__(self, index: ScreeningIndex) -> None:
        """Raises :class:`Misconfigured` where LogicV2 is not installed."""
        self.lists: Final = index.lists
        self.matcher: Final = LogicV2()
        self._index: Final = index
        self._digests: Final = {version.name: version.digest for version in index.lists}
        self._entities: Final[dict[tuple[str, str], Any]] = {}

    def search(self, subject: Subject) -> Screening:
        """Every entry that LogicV2 would find among those whose names are at all like this one."""
        question = self.matcher.question(_SCHEMAS[subject.kind], _properties(subject))
        found = sorted(self._matches(subject, question), key=lambda match: (-match.score, match.list, match.entry_id))
        return Screening(self.lists, tuple(found[:MAX_MATCHES]), self.matcher.name)

    def _matches(self, subject: Subject, question: Any) -> Iterator[Match]:
        seen: set[tuple[str, str]] = set()
        for bearer in self._index.candidates(subject, CANDIDATES):
            name, entry = bearer.list, bearer.entry
            if (name, entry.entry_id) in seen:
                continue
            seen.add((name, entry.entry_id))
            score = self.matcher.score(question, self._entity(name, entry))
            if score >= THRESHOLD:
                births = compare_births(subject.birth, entry.births)
                ties = compare_countries(subject.countries, entry.countries)
                points = int(score * 100)
                said = reasons(min(points, EQUAL - 1), births, ties)
                yield Match(name, entry.entry_id, points, Band.REVIEW, said, entry.digest)

    def _entity(self, name: str, entry: ListEntry) -> Any:
        place = name, entry.entry_id
        if place not in self._entities:
            properties = {
                "name": list(entry.names),
                "weakAlias": list(entry.weak_names),
                "country": [code.lower() for code in entry.countries],
            }
            if entry.kind == "individual":
                properties["birthDate"] = [text for span in entry.births for text in _written(span)]
            entity_id = f"{name}-{self._digests[name]}-{entry.entry_id}"
            self._entities[place] = self.matcher.entity(entity_id, _SCHEMAS[entry.kind], properties)
        return self._entities[place]


def _properties(subject: Subject) -> dict[str, list[str]]:
    properties = {"name": [subject.name], "country": [code.lower() for code in subject.countries]}
    if subject.kind == "individual" and subject.birth is not None:
        properties["birthDate"] = _written(subject.birth)
    return properties


def _written(span: BirthSpan) -> list[str]:
    """A span of days as LogicV2 reads dates: a day, or each of a few years."""
    if span.first == span.last:
        return [span.first.isoformat()]
    years = range(span.first.year, span.last.year + 1)
    return [str(year) for year in years] if len(years) <= _YEARS else []
