"""Whether a venue's accounts are still what they were, and a refit in shadow where they are not.

A row is an account, since its days hang on each other. Two windows of one length are compared, because shares and rates of
fewer days scatter more. The refit is of the newer window alone, and counts for nobody: :mod:`..promotion` is the one door.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from credence.circuits.days import write_day
from credence.service.reputation.belief.arrays import BeliefRefused, Floats
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.desk import Desk
from credence.service.reputation.drift.judging import DriftRefused, DriftReport, judge_drift
from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.fitting.candidate import Candidate, fit_candidate, judge_candidate
from credence.service.reputation.fitting.histories import VenueHistory, from_day, read_history
from credence.service.reputation.models import document_of, records
from credence.service.reputation.models.records import ReputationCandidate

WINDOW: Final = 60
LEAST_WINDOW: Final = 9
MOST_WINDOW: Final = 365
LEAST_EXPOSED: Final = 0.25
"""The share of a window's days that an account was exposed on, to be a row of it: of less, a rate says little."""

FITTED: Final = 2 / 3
"""The share of the newer window that a refit is fitted on; the rest tries it."""


@dataclass(frozen=True)
class Shadow:
    """What was found of two windows, and the candidate of a refit where one was started. ``is_new``: it was just now;
    else it was on the unix day ``fitted_on``.

    ``why_not``: a refit was asked for, and nothing can be fitted to what there is.
    """

    drift: DriftReport
    candidate: Candidate | None = None
    is_new: bool = False
    why_not: str | None = None
    fitted_on: int | None = None

    def to_json(self) -> dict[str, Any]:
        refit = None if self.candidate is None else self.candidate.to_json()
        fitted_on = None if self.fitted_on is None else write_day(self.fitted_on)
        found = {"refit": refit, "is_new": self.is_new, "fitted_on": fitted_on, "why_not": self.why_not}
        return {**self.drift.to_json(), **found}


def features_of(found: VenueHistory, start: int, end: int) -> dict[str, Floats]:
    """Of each account that was exposed in the days from ``start`` to ``end`` (unix days): hours with a margin event over
    those expected, the expected ones of an exposed day, and the share of days exposed."""
    first, last = max(0, start - found.first_day), max(0, end - found.first_day)
    events, exposure = found.events[:, first:last], found.exposure[:, first:last]
    days = (exposure > 0).sum(axis=1)
    there = days >= max(1.0, LEAST_EXPOSED * (end - start))
    expected = exposure[there].sum(axis=1)
    return {
        "margin_events": events[there].sum(axis=1) / expected,
        "hazard": expected / days[there],
        "exposed_days": days[there] / (end - start),
    }


def judge_venue(found: VenueHistory, today: int, window: int = WINDOW) -> DriftReport:
    """The ``window`` days before ``today`` against those before them. Raises :class:`DriftRefused`."""
    if not LEAST_WINDOW <= window <= MOST_WINDOW:
        raise DriftRefused(f"a window has {LEAST_WINDOW} to {MOST_WINDOW} days")
    middle = today - window
    return judge_drift(features_of(found, middle - window, middle), features_of(found, middle, today))


def refit_in_shadow(desk: Desk, client_id: str, window: int = WINDOW) -> Shadow:
    """Judges a venue's two newest windows, and where a feature has drifted fits and keeps a candidate, one a day.

    None is fitted while the last one waits for its first window of 30 days: of daily ones none would ever be judged. Nobody
    is priced by it. Raises :class:`DriftRefused`, ``TableRefused``.
    """
    now = desk.services.clock()
    today = now // 86_400
    found, model = read_history(desk, client_id)
    report = judge_venue(found, today, window)
    if not report.refit:
        return Shadow(report)
    since = today - window
    split = since + int(np.ceil(window * FITTED))
    with desk.store.reading() as session:
        document, last = document_of(session, client_id), records.newest_candidate(session, client_id)
    try:
        if last is not None and last.version > json.loads(document)["version"]:
            waiting = _judged(found, model, last)
            if waiting.judged_from is not None and today < waiting.judged_from:
                return Shadow(report, waiting, fitted_on=last.day)
        candidate = fit_candidate(from_day(found, since), model, document, split)
    except (TableRefused, BeliefRefused) as refusal:
        return Shadow(report, why_not=refusal.reason)
    row = ReputationCandidate(
        client_id=client_id,
        day=today,
        since_day=since,
        split_day=split,
        version=json.loads(candidate.document)["version"],
        document=candidate.document,
        trial=json.dumps(candidate.to_json(), sort_keys=True),
        drift=json.dumps(report.to_json(), sort_keys=True),
        made_at=now,
    )
    return Shadow(report, candidate, desk.store.run(partial(records.add_candidate, row=row)), fitted_on=today)


def shadowed(desk: Desk, client_id: str) -> tuple[ReputationCandidate, Candidate] | None:
    """The newest candidate in shadow, and what it shows on all days since its split, with those that came after it was
    fitted; None where there is none. Raises ``TableRefused``."""
    with desk.store.reading() as session:
        row = records.newest_candidate(session, client_id)
    if row is None:
        return None
    found, model = read_history(desk, client_id)
    return row, _judged(found, model, row)


def _judged(found: VenueHistory, model: BeliefModel, row: ReputationCandidate) -> Candidate:
    return judge_candidate(from_day(found, row.since_day), model, row.document, row.split_day)
