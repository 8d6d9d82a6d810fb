"""A disk that is full: does a request get 503, leave nothing, and succeed as it was once there is room?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection as SqliteConnection

import pytest
from sqlalchemy import Connection, event

from tests.service.conftest import NOW
from tests.service.reputation.conftest import Venue
from tests.service.reputation.saying import line

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

_MOST = 2**30
_LINES = 200
"""More than there is room for in pages that are there already."""


@dataclass
class Disk:
    """As many pages as a database has, while it is ``full``."""

    full: bool = False

    def limit(self, connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, SqliteConnection)
        driver.execute(f"PRAGMA max_page_count = {1 if self.full else _MOST}")  # no less than there are


@pytest.fixture
def disk(venue: Venue) -> Iterator[Disk]:
    disk, engine = Disk(), venue.running.services.store("reputation").engine
    event.listen(engine, "begin", disk.limit)
    yield disk
    event.remove(engine, "begin", disk.limit)


def test_a_full_disk_is_503_and_leaves_nothing(venue: Venue, disk: Disk) -> None:
    lines = [line("deposit", number, at=NOW - number * 86_400, amount="1") for number in range(_LINES)]
    store = venue.running.services.store("reputation")

    def ask() -> tuple[int, str | None]:
        body = {"events": lines}
        answer = venue.running.client.post("/v1/reputation/events", json=body, headers=venue.headers)
        return answer.status_code, answer.headers.get("retry-after")

    def kept() -> int:
        with store.reading() as session:
            return int(session.connection().exec_driver_sql("SELECT count(*) FROM reputation_events").scalar_one())

    disk.full = True
    status, after = ask()
    assert status == 503
    assert after is not None
    assert int(after) >= 1
    assert kept() == 0
    disk.full = False
    assert ask() == (200, None)
    assert kept() == _LINES
