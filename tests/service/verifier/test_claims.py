"""Does an audit miss an acceptance whose receipt the log never had?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from sqlmodel import select

from credence.service.ledger import Fault, LedgerDamaged
from credence.service.verifier.records import VerifierDecision
from credence.service.verifier.sealing import DECISIONS, answer_of
from tests.service.verifier.conftest import Venue

CHANGES: Final[dict[str, Callable[[str], str]]] = {
    "later": lambda said: said.replace('"decided_at": 1', '"decided_at": 2'),
    "empty": lambda _: "{}",
    "no JSON": lambda _: "no JSON",
}


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize(
    "change",
    [lambda said: said.replace('"decided_at": 1', '"decided_at": 2'), lambda _: "{}", lambda _: "no JSON"],
    ids=["later", "empty", "none"],
)
def test_an_acceptance_that_says_something_else_is_missed(
    venue: Venue, change: Callable[[str], str], is_sealed: bool
) -> None:
    venue.admitted()
    keeping = venue.running.services.keeping
    ledger = venue.running.services.ledger
    ledger.sequence()
    entries = ledger.verify().entries
    with venue.desk.store.transaction() as session:
        row = session.exec(select(VerifierDecision)).one()
        said = answer_of(keeping, row)
        assert change(said) != said
        assert row.subject_key is not None
        key = keeping.keys.find(row.subject_key)
        assert key is not None
        row.answer = (
            key.seal_text(DECISIONS, "answer", f"{row.session_id}/{row.attempt}", change(said))
            if is_sealed
            else change(said)
        )
    with pytest.raises(LedgerDamaged) as damaged:
        ledger.verify()
    assert [(finding.fault, finding.index) for finding in damaged.value.findings] == [(Fault.UNLOGGED, entries)]
