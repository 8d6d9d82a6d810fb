"""Does a rate limit count in one period for good, whoever registers what at the same moment?"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import text

from credence.service.app import tables
from credence.service.store import Store, schema
from credence.service.verifier.policies import read_policy, register
from tests.service.conftest import NOW
from tests.service.databases import Database
from tests.service.verifier.conftest import Opened, policy

HOUR, DAY = ({"name": "open-account", "per": per, "max": 1} for per in ("hour", "day"))


def test_the_name_of_a_limit_keeps_its_period(open_venue: Opened) -> None:
    venue = open_venue()
    assert venue.register(policy(rate_limit=DAY)).status_code == 201
    refused = venue.register(policy(version=2, rate_limit=HOUR))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert "another period" in refused.json()["detail"]
    assert venue.count("verifier_policies") == 1
    # the same period, another number, another name of policy or limit, and another venue: as they like
    assert venue.register(policy(version=2, rate_limit={**DAY, "max": 7})).status_code == 201
    assert venue.register(policy(name="perp-other", rate_limit=DAY)).status_code == 201
    assert venue.register(policy(name="perp-other", version=2, rate_limit=HOUR)).status_code == 409
    assert venue.register(policy(version=3, rate_limit={**HOUR, "name": "by-the-hour"})).status_code == 201
    assert open_venue("venue-b").register(policy(rate_limit=HOUR)).status_code == 201
    assert venue.count("verifier_limit_periods") == 3
    assert venue.open().policy["version"] == 3


def test_of_two_periods_that_come_at_once_one_stays(open_venue: Opened) -> None:
    venue = open_venue()
    documents = [policy(version=number + 1, rate_limit=HOUR if number % 2 else DAY) for number in range(8)]
    together = Barrier(len(documents))

    def work(document: dict[str, Any]) -> str:
        loaded = read_policy(document, venue.desk.tariffs, now=NOW)
        together.wait()
        try:
            venue.desk.store.run(lambda session: register(session, "venue-a", loaded, now=NOW))
        except Exception as error:  # noqa: BLE001 - its type is what is looked at
            return type(error).__name__
        return document["rate_limit"]["per"]  # type: ignore[no-any-return]

    with ThreadPoolExecutor(len(documents)) as pool:
        found = Counter(pool.map(work, documents))
    (kept,) = found.keys() - {"LimitPeriodExists"}
    assert found == {kept: 4, "LimitPeriodExists": 4}
    assert venue.count("verifier_policies") == 4
    assert venue.count("verifier_limit_periods") == 1


def test_the_first_policy_of_an_earlier_release_says_the_period(database: Database) -> None:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0007")
    rows = [
        {"venue": "a", "version": 1, "document": json.dumps(policy(rate_limit=DAY)), "at": 5},
        {"venue": "a", "version": 2, "document": json.dumps(policy(rate_limit=HOUR)), "at": 6},
        {"venue": "a", "version": 3, "document": json.dumps(policy(rate_limit=None)), "at": 7},
        {"venue": "b", "version": 1, "document": json.dumps(policy(rate_limit=HOUR)), "at": 8},
        {"venue": "c", "version": 1, "document": json.dumps(policy()), "at": 9},
    ]
    insert = text(
        "INSERT INTO verifier_policies (venue, name, version, document, policy_hash, registered_at)"
        " VALUES (:venue, 'perp-standard', :version, :document, :hash, :at)"
    )
    with store.transaction() as session:
        for row in rows:
            session.connection().execute(insert, {**row, "hash": bytes(32)})
    try:
        schema.upgrade(store.engine, tables())
        with store.reading() as session:
            found = session.connection().execute(text("SELECT venue, name, per FROM verifier_limit_periods ORDER BY venue"))
            assert [tuple(each) for each in found] == [("a", "open-account", "day"), ("b", "open-account", "hour")]
    finally:
        store.close()
