"""Is a hard flag the end of every standing, from when it is set until it is lifted?"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.circuits.encoding import b64u
from credence.service.cli.opening import opened
from credence.service.reputation import records
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.standing import stand
from tests.service.cli.conftest import VENUE, Run

WHO = b"w" * 48


@pytest.fixture
def reported(run: Run, data: Path) -> None:
    """One day of one pseudonym, without the engine that usually sums it."""
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    with opened(data) as services, services.store("reputation").transaction() as session:
        columns = ReputationDay.__table__.columns  # type: ignore[attr-defined]
        nothing = {column.name: 0 for column in columns if not column.nullable}
        session.add(ReputationDay(**{**nothing, "client_id": VENUE, "pseudonym": WHO, "day": 20_000}))


def test_a_flag_stands_until_it_is_lifted(run: Run, reported: None, data: Path) -> None:
    asked = ("reputation", "flag", b64u(WHO), "--client", VENUE)
    before = stand([], as_of_day=20_000, now=0).tier
    set_ = run(*asked, "--json")
    assert (set_.code, set_.json["tier"], set_.json["flagged"]) == (0, "RX", True)
    assert [raised[:2] for raised in set_.json["raises"]] == [[before, "RX"]]
    with opened(data) as services, services.store("reputation").reading() as session:
        row = records.standing_of(session, VENUE, WHO)
    assert row is not None
    words = run(*asked)
    assert "The venue set a hard flag" in words.out
    with opened(data) as services, services.store("reputation").reading() as session:
        assert getattr(records.standing_of(session, VENUE, WHO), "flagged_at", None) == row.flagged_at
    lifted = run(*asked, "--lift", "--json").json
    assert (lifted["tier"], lifted["flagged"], lifted["raises"]) == (before, False, [])


@pytest.mark.parametrize(("who", "code"), [(b64u(b"x" * 48), 1), ("@", 2)])
def test_whom_nobody_knows(who: str, code: int, run: Run, data: Path) -> None:
    assert run("reputation", "flag", who, "--client", VENUE).code == code
