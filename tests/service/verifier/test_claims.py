"""Does an audit miss an acceptance whose receipt the log never had?"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from credence.service.ledger import Fault, LedgerDamaged
from tests.service.verifier.conftest import Venue


@pytest.mark.parametrize(
    "change",
    [
        "answer = replace(answer, '\"decided_at\": 1', '\"decided_at\": 2')",
        "answer = '{}'",
        "answer = 'no JSON'",
    ],
)
def test_an_acceptance_that_says_something_else_is_missed(venue: Venue, change: str) -> None:
    venue.admitted()
    ledger = venue.running.services.ledger
    ledger.sequence()
    entries = ledger.verify().entries
    with venue.desk.store.transaction() as session:
        assert session.connection().execute(text(f"UPDATE verifier_decisions SET {change}")).rowcount == 1
    with pytest.raises(LedgerDamaged) as damaged:
        ledger.verify()
    assert [(finding.fault, finding.index) for finding in damaged.value.findings] == [(Fault.UNLOGGED, entries)]
