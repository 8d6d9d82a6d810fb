"""A venue's history as arrays: accounts × calendar days, with margin events, exposure, and what groups of fairness need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from credence.service.reputation import records
from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.model import SEVERITIES, BeliefModel
from credence.service.reputation.desk import Desk
from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.market import SERIES
from credence.service.reputation.market import records as market_records
from credence.service.reputation.models import model_of
from credence.service.reputation.statistics import DayFacts, history

MOST_ACCOUNTS: Final = 5_000
"""Pseudonyms that a fit reads, the first in their order, which says nothing about them."""

MOST_DAYS: Final = 730

TENURES: Final = (60.0, 180.0)
SIZES: Final = (1_000.0, 10_000.0, 100_000.0)
"""Where the bands of fairness begin: days since the first exposed one, and mean collateral in USD."""

KINDS: Final = SEVERITIES
Counts: TypeAlias = NDArray[np.uint16]
_MOST_HOURS: Final = int(np.iinfo(np.uint16).max)


@dataclass(frozen=True)
class VenueHistory:
    """Accounts × days from ``first_day`` (unix day) on. ``events``: hours with a margin event, ``weighted``: the same by the
    model's weights, ``exposure``: E of the day by the model. ``size`` is an account's mean collateral in USD, 0 where it is
    not known, and ``began`` the place of its first exposed day. ``accounts`` are whose rows these are. ``kinds``: hours by
    the worst in them, one array for each of :data:`KINDS`; empty where only all of them together are known."""

    first_day: int
    events: Floats
    weighted: Floats
    exposure: Floats
    size: Floats
    began: Floats
    accounts: tuple[bytes, ...] = ()
    kinds: Mapping[str, Counts] = field(default_factory=dict)


def read_history(desk: Desk, client_id: str) -> tuple[VenueHistory, BeliefModel]:
    """What a venue reported of its pseudonyms up to yesterday, and the model that counts for it.

    Raises :class:`TableRefused` where nothing was at risk.
    """
    with desk.store.reading() as session:
        model, hazards = model_of(session, client_id), market_records.hazards(session, SERIES)
    found: dict[bytes, tuple[DayFacts, ...]] = {}
    after, today = b"", desk.services.clock() // 86_400
    while len(found) < MOST_ACCOUNTS:
        with desk.store.reading() as session:
            page = records.pseudonyms_of(session, client_id, after=after)
            for pseudonym in page[: MOST_ACCOUNTS - len(found)]:
                days = records.days_of(session, client_id, pseudonym, since=today - MOST_DAYS)
                exposed = [day for day in history(days, hazards, model.event_rate) if day.day < today and day.expected > 0]
                if exposed:
                    found[pseudonym] = tuple(exposed)
        if not page:
            break
        after = page[-1]
    if not found:
        raise TableRefused("nothing was at risk: there is nothing to fit")
    return replace(_arrays(list(found.values()), model), accounts=tuple(found)), model


def from_day(found: VenueHistory, day: int) -> VenueHistory:
    """The same from a unix day on, of those accounts that are exposed then. Nothing that happened before is remembered."""
    shift = max(0, day - found.first_day)
    there: NDArray[np.bool_] = np.any(found.exposure[:, shift:] > 0, axis=1)
    if not there.any():
        raise TableRefused("nothing was at risk since")
    events, weighted, exposure = (each[there, shift:] for each in (found.events, found.weighted, found.exposure))
    accounts = tuple(account for account, is_there in zip(found.accounts, there, strict=False) if is_there)
    size, began = found.size[there], found.began[there] - shift
    kinds = {name: each[there, shift:] for name, each in found.kinds.items()}
    return VenueHistory(found.first_day + shift, events, weighted, exposure, size, began, accounts, kinds)


def _arrays(found: Sequence[Sequence[DayFacts]], model: BeliefModel) -> VenueHistory:
    first = min(days[0].day for days in found)
    shape = (len(found), max(days[-1].day for days in found) - first + 1)
    events, weighted, exposure = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    weights = [model.severity[name] for name in KINDS]
    kinds = {name: np.zeros(shape, dtype=np.uint16) for name in KINDS}
    size, began = np.zeros(shape[0]), np.zeros(shape[0])
    for row, days in enumerate(found):
        began[row] = days[0].day - first
        held = [day.collateral for day in days if day.collateral is not None]
        size[row] = np.mean(held) if held else 0.0
        for day in days:
            counts = (day.margin.near_miss, day.margin.call, day.margin.liquidation, day.margin.bad_debt)
            place = day.day - first
            events[row, place] = sum(counts)
            weighted[row, place] = sum(count * weight for count, weight in zip(counts, weights, strict=True))
            exposure[row, place] = day.expected
            for name, count in zip(KINDS, counts, strict=True):
                kinds[name][row, place] = min(count, _MOST_HOURS)
    return VenueHistory(first, events, weighted, exposure, size, began, kinds=kinds)
