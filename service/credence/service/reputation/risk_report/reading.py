"""A report's accounts: those that a venue reported of, or those of a table, which is kept nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from credence.circuits.encoding import b64u_decode
from credence.service.reputation import records
from credence.service.reputation.belief.model import BeliefModel, shipped_model
from credence.service.reputation.desk import Desk
from credence.service.reputation.events import Event
from credence.service.reputation.features.engine import Engine
from credence.service.reputation.ingesting.mapping import EventMapping
from credence.service.reputation.ingesting.reading import RowReader, rows_of
from credence.service.reputation.market import SERIES
from credence.service.reputation.market import records as market_records
from credence.service.reputation.merging import COLUMNS, merged
from credence.service.reputation.models import model_of
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.risk_report import records as report_records
from credence.service.reputation.risk_report.population import Gathering, Population, Source
from credence.service.reputation.risk_report.refusals import ReportRefused
from credence.service.reputation.simulator import SIMULATED

MOST: Final = 10_000
"""Accounts of one report, the first in the order of their pseudonyms, which says nothing about them."""

MOST_DAYS: Final = 10_000_000
"""Account-days of one report."""

_DAY: Final = 86_400
_PIECE: Final = 5_000
_LABEL: Final = "label"


def read_reported(desk: Desk, client_id: str, as_of: int, *, most: int = MOST, most_days: int = MOST_DAYS) -> Population:
    """The accounts that a venue reported of before the unix day ``as_of``. Raises :class:`ReportRefused`.

    Up to ``most`` of them, and none more from ``most_days`` account-days on.
    """
    with desk.store.reading() as session:
        model, hazards = model_of(session, client_id), market_records.hazards(session, SERIES)
        simulated = report_records.simulated(session, client_id, SIMULATED)
        known = report_records.reported_before(session, client_id, as_of)
    found, taken, after = Gathering(as_of, model, hazards), 0, b""
    labelled = 0
    page: Sequence[bytes] = (after,)
    while page and taken < most and found.account_days < most_days:
        with desk.store.reading() as session:
            page = records.pseudonyms_of(session, client_id, after=after)
            for pseudonym in page:
                after = pseudonym
                if taken >= most or found.account_days >= most_days:
                    break
                days = records.days_of(session, client_id, pseudonym)
                stored = records.standing_of(session, client_id, pseudonym)
                flagged = None if stored is None else stored.flagged_at
                unique = desk.services.accepted(client_id, pseudonym)
                flagged = None if flagged is None or flagged // _DAY >= as_of else flagged
                if found.add(days, unique=unique, flagged_at=flagged):
                    taken += 1
                    labelled += pseudonym in simulated
    found.left_out = max(0, known - taken)
    return found.whole(Source("what the venue reported of its own pseudonyms", labelled))


def read_accounts(
    path: Path, mapping: EventMapping, as_of: int | None, *, now: int, model: BeliefModel | None = None, most: int = MOST
) -> Population:
    """The accounts of a table, by a mapping of ``credence reputation ingest``; ``as_of``: by default the day after its last.

    ``now`` (unix seconds): rows after it are no events yet. Nobody proved anything of the accounts: each counts as one
    person's. Raises :class:`ReportRefused`, ``FileRefused``, and :class:`OSError` for a file that cannot be read.
    """
    days, simulated, rejected = _days(path, mapping, now)
    if not days:
        raise ReportRefused("the table has no row that is an event")
    last = max(day for _, day in days) + 1
    found = Gathering(last if as_of is None else as_of, model or shipped_model(), {})
    by_account: dict[bytes, list[ReputationDay]] = {}
    for (who, _), row in sorted(days.items()):
        by_account.setdefault(who, []).append(row)
    taken = labelled = 0
    for who, rows in by_account.items():
        if taken >= most:
            found.left_out += 1
        elif found.add(rows, unique=True, flagged_at=None):
            taken += 1
            labelled += who in simulated
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    words = f"a table of {len(days):,} account-days by the mapping {mapping.name}, SHA-256 {digest[:16]}…"
    return found.whole(Source(words + (f"; {rejected} of its rows are no events" if rejected else ""), labelled))


def _days(path: Path, mapping: EventMapping, now: int) -> tuple[dict[tuple[bytes, int], ReputationDay], set[bytes], int]:
    """Each account's days, those that are labelled as simulated, and how many rows are no events, or one once more."""
    engine, simulated, known, rejected = Engine(), set[bytes](), set[str](), 0
    days: dict[tuple[bytes, int], dict[str, Any]] = {}
    cells: dict[tuple[bytes, int, str, int], list[int]] = {}
    reader = RowReader(mapping, path.name, now=now)
    rows = (cells for _, cells in rows_of(path, mapping))
    try:
        while piece := list(islice(rows, _PIECE)):
            events: list[Event] = []
            for row in piece:
                event = reader.read(row)
                if not isinstance(event, Event) or event.event_id in known:
                    rejected += 1
                    continue
                known.add(event.event_id)
                events.append(event)
                if row is not None and row.get(_LABEL) == SIMULATED:
                    simulated.add(event.pseudonym)
            found, traded = engine.over(events)
            for each in found:
                key = b64u_decode(each["pseudonym"]), each["day"]
                before = days.get(key)
                days[key] = {
                    name: each[name] if before is None else merged(before[name], each[name], way)
                    for name, way in COLUMNS.items()
                    if name != "round_trips"
                }
            for cell in traded:
                place = b64u_decode(cell["pseudonym"]), cell["minute"], cell["instrument"], cell["price"]
                held = cells.setdefault(place, [0, 0])
                held[0] += cell["bought"]
                held[1] += cell["sold"]
    finally:
        engine.close()
    return dict(_rows(days, cells)), simulated, rejected


def _rows(
    days: dict[tuple[bytes, int], dict[str, Any]], cells: dict[tuple[bytes, int, str, int], list[int]]
) -> Iterator[tuple[tuple[bytes, int], ReputationDay]]:
    trips: dict[tuple[bytes, int], int] = {}
    for (who, minute, _, _), (bought, sold) in cells.items():
        place = who, minute // _DAY
        trips[place] = trips.get(place, 0) + 2 * min(bought, sold)
    for (who, day), values in days.items():
        trip = trips.get((who, day), 0)
        # the columns of a row without the machinery of one, which costs a millisecond each
        yield (who, day), cast(ReputationDay, SimpleNamespace(day=day, round_trips=trip, **values))
