"""The desk: what reputation has at hand once it has started. Its engines are loaded when somebody first needs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from sqlmodel import Session

from credence.service.errors import NotFound, Unavailable
from credence.service.forgetting import RowKind
from credence.service.reputation import records
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.events import Event
from credence.service.reputation.market import SERIES
from credence.service.reputation.market import records as market_records
from credence.service.reputation.models import model_of
from credence.service.reputation.records import ReputationDay, ReputationStanding
from credence.service.reputation.reporting import (
    Line,
    Outcome,
    Overtaken,
    Reduced,
    Report,
    read,
    reduce_events,
    take,
)
from credence.service.reputation.retention.records import keep
from credence.service.reputation.statistics import DayFacts, history
from credence.service.runtime import Services
from credence.service.store import Store

if TYPE_CHECKING:
    from credence.service.reputation.features.engine import Engine
    from credence.service.reputation.standing import State

PARTY: Final = "reputation"

_ATTEMPTS: Final = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Conduct:
    """What is known of a venue's pseudonym: its days, oldest first, the market's hazard on each, and the venue's model."""

    client_id: str
    pseudonym: bytes
    days: Sequence[ReputationDay]
    hazards: Mapping[int, int]
    model: BeliefModel
    stored: ReputationStanding | None

    @property
    def history(self) -> tuple[DayFacts, ...]:
        """The days as beliefs read them."""
        return history(self.days, self.hazards, self.model.event_rate)


@dataclass(frozen=True)
class Desk:
    """The services of the process. Made by :func:`open_desk`; safe for many threads."""

    services: Services
    _engines: list[Engine] = field(default_factory=list, repr=False, compare=False)
    _loading: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def store(self) -> Store:
        """The party's own database."""
        return self.services.store(PARTY)

    @property
    def engine(self) -> Engine:
        """DuckDB in memory. Loading it takes a second or two."""
        with self._loading:
            if not self._engines:
                from credence.service.reputation.features.engine import Engine

                self._engines.append(Engine())
            return self._engines[0]

    def warm(self) -> None:
        """Loads what the first report and the first standing need, so that neither waits for it."""
        from credence.service.reputation.standing import stand

        self.engine.over(())
        stand((), as_of_day=0, now=0)

    def report(self, client_id: str, lines: Sequence[object]) -> tuple[Line, ...]:
        """Takes a venue's lines, and says what became of each."""
        return self.take(read(client_id, lines, now=self.services.clock()), lambda _session, found: found)

    def take(self, report: Report, then: Callable[[Session, tuple[Line, ...]], T]) -> T:
        """Takes a report and does what comes ``then``, in one transaction. The engine is never asked inside of it.

        Raises :class:`Unavailable` where others report of the same events all the time.
        """
        new = frozenset(report.events)
        for _ in range(_ATTEMPTS):
            reduced = reduce_events(report, new, self.engine)
            try:
                return self.store.run(partial(self._taken, report=report, reduced=reduced, then=then))
            except Overtaken as overtaken:
                new = overtaken.new
        raise Unavailable("Others report of the same events all the time.")

    def _taken(
        self, session: Session, *, report: Report, reduced: Reduced, then: Callable[[Session, tuple[Line, ...]], T]
    ) -> T:
        return then(session, self._take(session, report, reduced))

    def _take(self, session: Session, report: Report, reduced: Reduced) -> tuple[Line, ...]:
        """Takes a report, and says until when what was new in it is kept."""
        found = take(session, report, reduced)
        both = zip(report.lines, found, strict=True)
        named = {event.pseudonym for event, line in both if isinstance(event, Event) and line.outcome is Outcome.ACCEPTED}
        keep(session, report.client_id, named, self.services.keeping.until(RowKind.CONDUCT, report.now))
        return found

    def conduct(self, client_id: str, pseudonym: bytes) -> Conduct:
        """What is known of a venue's pseudonym. Raises :class:`NotFound` where the venue never reported of it."""
        with self.store.reading() as session:
            days = records.days_of(session, client_id, pseudonym)
            if not days:
                raise NotFound
            stored = records.standing_of(session, client_id, pseudonym)
            hazards, model = market_records.hazards(session, SERIES), model_of(session, client_id)
            return Conduct(client_id, pseudonym, days, hazards, model, stored)

    def model(self, client_id: str) -> BeliefModel:
        """The venue's model."""
        with self.store.reading() as session:
            return model_of(session, client_id)

    def stand(self, conduct: Conduct) -> State:
        """Where a pseudonym stands now, from all its days; kept where it is not what was told last.

        A fall is told by being answered, and the raise of margin that it brings is phased in from then. Where somebody else
        told of something meanwhile, all is read and evaluated again: what was told first stands. Raises
        :class:`Unavailable` where that never ends.
        """
        for _ in range(_ATTEMPTS):
            state = self._stand(conduct)
            if state is not None:
                return state
            conduct = self.conduct(conduct.client_id, conduct.pseudonym)
        raise Unavailable("The standing changes all the time.")

    def _stand(self, conduct: Conduct) -> State | None:
        """None where what was told last is not what ``conduct`` says any more."""
        from credence.service.reputation.standing import stand, told_before

        now, stored = self.services.clock(), conduct.stored
        previous = None if stored is None else told_before(stored.state)
        state = stand(
            conduct.history,
            as_of_day=now // 86_400,
            now=now,
            previous=previous,
            unique=self._is_unique(conduct),
            flagged_at=None if stored is None else stored.flagged_at,
            model=conduct.model,
        )
        if previous is None or previous.to_json() != state.to_json():
            row = ReputationStanding(
                client_id=conduct.client_id,
                pseudonym=conduct.pseudonym,
                tier=state.tier,
                since_day=state.since_day,
                evaluated_day=state.evaluated_day,
                state=json.dumps(state.to_json(), sort_keys=True, separators=(",", ":")),
                updated_at=now,
            )
            read = None if stored is None else stored.state
            return state if self.store.run(partial(records.put_standing, row=row, read=read)) else None
        return state

    def flag(self, client_id: str, pseudonym: bytes, *, lifted: bool = False) -> State:
        """Sets a venue's hard flag on its pseudonym, or lifts it, and where it stands then.

        A flag that stands keeps its time; one that was lifted was never there. Raises :class:`NotFound` as :meth:`conduct`.
        """
        conduct = self.conduct(client_id, pseudonym)
        self.stand(conduct)  # what was told before, so that a fall begins now
        with self.store.reading() as session:
            row = records.standing_of(session, client_id, pseudonym)
        if row is None:
            raise NotFound
        since = self.services.clock() if row.flagged_at is None else row.flagged_at
        row = ReputationStanding(**{**row.model_dump(), "flagged_at": None if lifted else since})
        self.store.run(partial(records.mark, row=row))
        return self.stand(self.conduct(client_id, pseudonym))

    def _is_unique(self, conduct: Conduct) -> bool:
        """Whether one person was proven behind a pseudonym, because a verifier here accepted it."""
        return self.services.accepted(conduct.client_id, conduct.pseudonym)


def open_desk(services: Services) -> Desk:
    """The desk of a process."""
    return Desk(services)
