"""A venue's reports over HTTP: made of what it reported, kept as they were made, read by nobody else."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlmodel import Session

from credence.circuits.days import read_day
from credence.service.errors import NotFound, Unavailable
from credence.service.reputation.desk import Desk
from credence.service.reputation.risk_report import records
from credence.service.reputation.risk_report.records import ReputationReport
from credence.service.reputation.risk_report.refusals import ReportRefused
from credence.service.settings import Limit
from credence.service.store import Run

if TYPE_CHECKING:
    from credence.service.reputation.risk_report.forms import ReportForm

MOST_KEPT: Final = 100
"""Reports of a venue that are kept, the newest."""

MOST_ACCOUNTS: Final = 1_000
MOST_DAYS: Final = 100_000
"""Accounts and account-days of a report over HTTP: somebody waits for it, 0.1 ms for each day. The command reads more."""

RETRY_SECONDS: Final = 15
_TURN: Final = Lock()
"""One report at a time in a process: whoever comes meanwhile is sent away at once, and holds no place that others need."""

_FIRST: Final = 14_245  # 2009-01-01, before which no event is
_DAY: Final = 86_400


def make(desk: Desk, client_id: str, form: ReportForm, run: Run[ReputationReport] | None = None) -> ReputationReport:
    """Makes a venue's report and keeps it; ``run`` runs the transaction, by default the party's store.

    Raises :class:`ReportRefused` for a day that has not begun or that is none, and for too few accounts;
    :class:`Unavailable` while another report is made; :class:`~credence.service.errors.RateLimited`.
    """
    if not _TURN.acquire(blocking=False):
        raise Unavailable("Another report is being made.", retry_after=RETRY_SECONDS)
    try:
        desk.services.limit(Limit.REPORTS, client_id)  # once it has its turn: who was sent away is not counted
        return _made(desk, client_id, form, run or desk.store.run)
    finally:
        _TURN.release()


def document_of(desk: Desk, client_id: str, report_id: str) -> str:
    """The JSON of a report as it was made. Raises :class:`NotFound` for what is not the venue's."""
    with desk.store.reading() as session:
        row = records.find_report(session, client_id, report_id)
    if row is None:
        raise NotFound
    return row.document


def _made(desk: Desk, client_id: str, form: ReportForm, run: Run[ReputationReport]) -> ReputationReport:
    from credence.service.reputation.risk_report.making import Beside, make_report, report_id, written
    from credence.service.reputation.risk_report.reading import read_reported

    now = desk.services.clock()
    day = _day(form.as_of, now // _DAY)
    depth, insurance = float(form.depth_usd), float(form.insurance_usd)
    if depth <= 0:
        raise ReportRefused("depth_usd is above 0")
    found = read_reported(desk, client_id, day, most=MOST_ACCOUNTS, most_days=MOST_DAYS)
    document = make_report(found, client_id, Beside(desk.services.attacked(), depth=depth, insurance=insurance))
    row = ReputationReport(
        client_id=client_id,
        report_id=report_id(document),
        as_of_day=day,
        accounts=found.n,
        document=written(document),
        made_at=now,
    )
    return run(partial(_kept, row=row))


def _day(text: str | None, today: int) -> int:
    try:
        day = today if text is None else read_day(text)
    except ValueError as error:
        raise ReportRefused("as_of is a date, YYYY-MM-DD") from error
    if not _FIRST <= day <= today:
        raise ReportRefused("as_of is a day from 2009 to today")
    return day


def _kept(session: Session, row: ReputationReport) -> ReputationReport:
    if records.add_report(session, row, most=MOST_KEPT):
        return row
    return records.find_report(session, row.client_id, row.report_id) or row
