"""Does a venue erase its own pseudonym, when it may, and does what is due go by itself?"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from credence.circuits.encoding import b64u, b64u_decode
from credence.service.app.erasures import erasures
from credence.service.auth import Scope
from credence.service.errors import Unavailable
from credence.service.verifier.retention import erasing, records
from credence.service.verifier.sealing import KEYS
from tests.service.databases import Database
from tests.service.verifier.conftest import Opened, Venue

YEAR = 365 * 86_400


def erase(venue: Venue, pseudonym: str, key: str | None = None) -> Any:
    """Asked with a key that lives today."""
    name = f"/v1/verifier/pseudonyms/{pseudonym}/erasure"
    bearer = venue.keys["both"] if key is None else key
    return venue.running.client.post(name, json={}, headers={"authorization": f"Bearer {bearer}"})


def later(venue: Venue, seconds: int, name: str = "later") -> str:
    """The same venue's key after so many seconds."""
    from credence.service.auth import issue_key

    venue.clock.forward(seconds)
    services = venue.running.services
    with services.store("auth").transaction() as session:
        scopes, now = [Scope.VERIFIER_SESSIONS], venue.clock()
        return issue_key(
            session, services.keyring, venue.client_id, scopes, now=now, rng=venue.running.rng, lifetime=600
        ).key


def test_a_pseudonym_goes_with_all_that_was_decided(venue: Venue) -> None:
    decisions = [venue.admitted(), venue.admitted()]
    pseudonym, keys = decisions[0]["pseudonym"], venue.running.services.keeping.keys
    assert keys.count() == 1
    early = erase(venue, pseudonym)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/retained")
    assert "the contract with the person" in early.json()["detail"]
    key = later(venue, YEAR)
    assert erase(venue, pseudonym, key).json() == {"decisions": 2}
    assert erase(venue, pseudonym, key).status_code == 404
    assert (keys.count(), venue.count("verifier_decisions"), venue.count("verifier_sessions")) == (0, 0, 0)
    assert venue.count("verifier_spent_nonces") == 2, "what was spent stays spent"
    assert venue.running.services.ledger.verify().entries > 0


def test_nobody_erases_anothers(venue: Venue, open_venue: Opened) -> None:
    pseudonym = venue.admitted()["pseudonym"]
    other = open_venue("other.example")
    venue.clock.forward(YEAR)
    assert erase(other, pseudonym, later(other, 0)).status_code == 404
    assert erase(venue, "not-base64!", later(venue, 0)).status_code == 404
    assert erase(venue, pseudonym, later(venue, 0, "own")).status_code == 200


def test_a_decision_is_told_as_it_was_answered_and_kept_sealed(venue: Venue, database: Database) -> None:
    decision = venue.admitted()
    assert venue.state(decision["session_id"])["result"] == decision
    kept = b"".join(database.rows(venue.running.services.settings.data_dir).values())
    receipt = decision["receipt"]["receipt"]
    assert receipt["salt"].encode() not in kept
    assert b64u_decode(receipt["salt"]) not in kept
    assert b64u_decode(decision["pseudonym"]) in kept, "the search finds what is there"


def test_a_decision_whose_key_is_gone_is_told_as_erased(venue: Venue) -> None:
    """As it is after an older backup of the database was restored."""
    decision = venue.admitted()
    keys, store = venue.running.services.keeping.keys, venue.desk.store
    with store.reading() as session:
        query = "SELECT subject_key FROM verifier_decisions"
        key = bytes(session.connection().exec_driver_sql(query).scalar_one())
    keys.destroy({key})
    answer = venue.ask("GET", f"/sessions/{decision['session_id']}")
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/erased")
    assert venue.running.services.ledger.verify().entries > 0


def test_what_is_due_goes_by_itself_and_what_is_held_stays(venue: Venue) -> None:
    services, pseudonym = venue.running.services, b64u_decode(venue.admitted()["pseudonym"])
    _hold(venue, "'complaint'")
    key = later(venue, YEAR)
    refused = erase(venue, b64u(pseudonym), key)
    assert "legal hold (complaint)" in refused.json()["detail"]

    def gone() -> int:
        return {chore.name: chore.run() for chore in erasures(services)}["erased-decisions"]

    assert gone() == 0
    _hold(venue, "NULL")
    assert (gone(), gone(), services.keeping.keys.count()) == (1, 0, 0)


def _hold(venue: Venue, reason: str) -> None:
    """As a database's owner may, who is told by a court."""
    by, at = ("NULL", "NULL") if reason == "NULL" else ("'first'", "1")
    with venue.desk.store.transaction() as session:
        values = f"legal_hold = {reason}, held_by = {by}, held_at = {at}"
        session.connection().execute(text(f"UPDATE verifier_decisions SET {values}"))


def test_who_comes_back_before_the_key_is_destroyed_gets_another(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that erased is stopped before the key's end; the same pseudonym is shown again, and stays readable."""
    first, services = venue.admitted(), venue.running.services
    before = services.keeping.keys.count()
    venue.clock.forward(YEAR)
    monkeypatch.setattr(erasing, "finish", lambda *_: 0)
    assert erasing.purge(venue.desk.store, services.keeping, now=venue.clock(), limit=10) == 1
    monkeypatch.undo()
    assert services.keeping.keys.count() == before == 1, "stopped in time"
    venue.clock.forward(-YEAR)
    second = venue.admitted()
    assert second["pseudonym"] == first["pseudonym"]
    erasing.finish(venue.desk.store, services.keeping)
    assert venue.state(second["session_id"])["result"] == second
    assert services.keeping.keys.count() == 1


def test_a_key_that_was_noted_since_is_refused(venue: Venue) -> None:
    """What was sealed under it is not written: nobody could open it."""
    session_id = venue.admitted()["session_id"]
    with venue.desk.store.transaction() as session:
        keys = records.keys_of(session, [session_id])
        (key,) = keys
        assert KEYS.note(session, keys, 1) == set(), "a row names it"
        KEYS.claim(session, key)
        records.erase_sessions(session, [session_id])
        assert KEYS.note(session, keys, 1) == keys
        with pytest.raises(Unavailable):
            KEYS.claim(session, key)


def test_a_key_that_was_noted_too_soon_is_noted_no_more(venue: Venue) -> None:
    """As an earlier release could: finishing finds the row, and leaves it its key."""
    decision, store, keeping = venue.admitted(), venue.desk.store, venue.running.services.keeping
    with store.transaction() as session:
        noted = "INSERT INTO verifier_destroyed_keys SELECT subject_key, 1 FROM verifier_decisions"
        session.connection().execute(text(noted))
    assert erasing.finish(store, keeping) == 0
    assert venue.state(decision["session_id"])["result"] == decision
    assert venue.count("verifier_destroyed_keys") == 0


def test_a_denied_decision_is_about_nobody_and_goes_too(venue: Venue) -> None:
    request = venue.open()
    shown = venue.prove(request).to_json()
    denied = venue.answer(request.session_id, {**shown, "proof": shown["proof"][:-8] + "AAAAAAAA"}).json()
    assert denied["decision"] == "denied"
    with venue.desk.store.reading() as session:
        row = session.connection().execute(text("SELECT subject_key, answer FROM verifier_decisions")).one()
    assert row.subject_key is None
    assert denied["session_id"] in row.answer
    venue.clock.forward(YEAR)
    done = {chore.name: chore.run() for chore in erasures(venue.running.services)}
    assert done["erased-decisions"] == 1
