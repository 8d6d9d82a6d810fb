"""Does one round of housekeeping by hand delete what has expired, and say how much?"""

from __future__ import annotations

from pathlib import Path

from credence.service.idempotency import records
from credence.service.store import Store
from tests.service.cli.conftest import Run

NOTHING = {
    "idempotency-answers": 0,
    "challenges": 0,
    "renewals": 0,
    "standings": 0,
    "spent-ids": 0,
    "settled-deliveries": 0,
    "statements": 0,
    "use-tags": 0,
    "unanswered-sessions": 0,
    "erased-cases": 0,
    "erased-vendor-results": 0,
    "persons-keys": 0,
    "forgotten-persons": 0,
    "erased-decisions": 0,
    "pseudonyms-keys": 0,
    "erased-conduct": 0,
    "opening-shares": 0,
}


def keep(data: Path, *expiries: int) -> None:
    store = Store(f"sqlite:///{data / 'credence.sqlite3'}", checkpoints=False)
    with store.transaction() as session:
        for number, expires_at in enumerate(expiries):
            assert records.claim(session, bytes([number]) * 32, bytes(32), until=expires_at)
    store.close()


def test_what_has_expired_is_counted_once(run: Run, data: Path) -> None:
    assert run("db", "purge", "--json").json == {"deleted": NOTHING}
    keep(data, 1, 2, 1 << 40)
    outcome = run("db", "purge", "--json")
    assert outcome.code == 0
    assert outcome.json == {"deleted": {**NOTHING, "idempotency-answers": 2}}
    again = run("db", "purge")
    assert "idempotency-answers: 0 deleted" in again.out


def test_without_an_installation_there_is_nothing_to_purge(run: Run, room: Path) -> None:
    outcome = run("db", "purge", "--json")
    assert outcome.code == 3
    assert "credence init" in outcome.complaint
