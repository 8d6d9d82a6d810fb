"""``/v1/reputation/reports``: the risk desk's report of a venue's own pseudonyms, as it was made and as a page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from credence.circuits.fields import Fields, Json
from credence.sdk.answers import read_html
from credence.sdk.calls import Call, answer, segment
from credence.sdk.errors import Unsendable
from credence.sdk.messages import HTML, Auth, Request

MAX_REPORTS: Final = 100
"""Reports of a venue that the service keeps."""

_PATH: Final = "/v1/reputation/reports"
_MOST: Final = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class RiskReport:
    """A report that is kept: ``as_of`` is an ISO date of UTC, of which nothing is in it; ``made_at`` unix seconds."""

    report_id: str
    as_of: str
    accounts: int
    made_at: int


def made(as_of: str | None, depth_usd: int | None, insurance_usd: int | None, auth: Auth) -> Call[RiskReport]:
    """Make a report, and wait for it. Raises :class:`Unsendable` for amounts that are none."""
    amounts = {"depth_usd": depth_usd, "insurance_usd": insurance_usd}
    body: dict[str, Any] = {} if as_of is None else {"as_of": as_of}
    for name, amount in amounts.items():
        if amount is not None:
            if not 0 <= amount < _MOST:
                raise Unsendable("An amount is a whole number of USD, 0 or more.")
            body[name] = str(amount)
    return Call(Request("POST", _PATH, body=body, auth=auth), answer(_report))


def listed(auth: Auth) -> Call[tuple[RiskReport, ...]]:
    """The reports that are kept, the newest first."""
    read = answer(lambda members: tuple(Fields(members, "answer").items("reports", _report, maximum=MAX_REPORTS)))
    return Call(Request("GET", _PATH, auth=auth), read)


def document(report_id: str, auth: Auth) -> Call[Json]:
    """A report's JSON. Raises :class:`Unsendable` for an id that is none."""
    read = answer(lambda members: MappingProxyType(dict(members)))
    return Call(Request("GET", f"{_PATH}/{segment(report_id)}", auth=auth), read)


def page(report_id: str, auth: Auth) -> Call[str]:
    """A report as one HTML file. Raises :class:`Unsendable` for an id that is none."""
    return Call(Request("GET", f"{_PATH}/{segment(report_id)}", auth=auth, accept=HTML), read_html)


def _report(members: object) -> RiskReport:
    fields = Fields(members, "report")
    return RiskReport(
        report_id=fields.text("report_id", max_length=64),
        as_of=fields.text("as_of", max_length=16),
        accounts=fields.integer("accounts", minimum=1),
        made_at=fields.integer("made_at"),
    )
