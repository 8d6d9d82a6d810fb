"""Requests about reports on risk, each right in everything but, perhaps, who sends it."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Final

from credence.circuits.encoding import b64u
from credence.service.reputation.risk_report.records import ReputationReport, add_report
from tests.service.auth.premises import Make, Premises, Sample
from tests.service.conftest import NOW


def _kept(premises: Premises, owner: str) -> Sample:
    """A report of the owner's; every owner's has an id of its own."""
    name = b64u(hashlib.sha256(owner.encode()).digest()[:16])
    row = ReputationReport(client_id=owner, report_id=name, as_of_day=1, accounts=20, document="{}", made_at=NOW)
    premises.running.services.store("reputation").run(partial(add_report, row=row, most=9))
    return Sample(frozenset({200}), {"report_id": name})


REPORTS: Final[dict[str, Make]] = {
    # nobody here has reported of twenty accounts, which is found out once somebody was let in
    "makeReport": lambda premises, owner: Sample(frozenset({400}), body={}),
    "listReports": lambda premises, owner: Sample(frozenset({200})),
    "readReport": _kept,
}
"""By operation."""
