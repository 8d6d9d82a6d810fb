"""Does a ban that is over keep nothing of a person, and does no reset count as none because a later case went first?"""

from __future__ import annotations

from sqlalchemy import text

from credence.circuits.credential import DAY_SECONDS
from credence.service.app.erasures import erasures
from credence.service.issuer.retention import records
from tests.service.issuer.persons.conftest import Persons

YEARS = 4_000 * DAY_SECONDS


def round_of(persons: Persons) -> dict[str, int]:
    return {chore.name: chore.run() for chore in erasures(persons.world.running.services)}


def banned(persons: Persons, until: int | None) -> None:
    case_id = persons.world.open(persons.world.token()).json()["case_id"]
    assert persons.ban(case_id=case_id, until=until).status_code == 201


def test_a_ban_that_is_over_keeps_nothing(persons: Persons) -> None:
    banned(persons, persons.world.now + DAY_SECONDS)
    persons.world.running.clock.forward(YEARS)
    assert round_of(persons)["erased-cases"] == 1
    assert [persons.world.rows(name) for name in ("issuer_bans", "issuer_person_tags")] == [0, 0]


def test_a_ban_that_outlives_the_case_keeps_the_person_until_it_is_over(persons: Persons) -> None:
    world = persons.world
    banned(persons, world.now + YEARS + DAY_SECONDS)
    world.running.clock.forward(YEARS)
    done = round_of(persons)
    assert (done["erased-cases"], done["forgotten-persons"]) == (1, 0)
    assert world.rows("issuer_person_tags") > 0, "it is in force"
    world.running.clock.forward(DAY_SECONDS)
    assert round_of(persons)["forgotten-persons"] == 1
    assert [world.rows(name) for name in ("issuer_bans", "issuer_person_tags")] == [0, 0]


def test_a_ban_for_good_is_kept_for_good(persons: Persons) -> None:
    banned(persons, None)
    persons.world.running.clock.forward(YEARS)
    assert round_of(persons)["forgotten-persons"] == 0
    assert persons.world.rows("issuer_bans") == 1


def test_a_later_credential_is_not_forgotten_before_an_earlier_one(persons: Persons) -> None:
    """Else the old phrase came back as if nothing had been reset."""
    world = persons.world
    persons.held(world.secrets())
    persons.days(31)
    persons.held(world.secrets())
    now = world.now + YEARS

    def due() -> int:
        with world.desk.store.reading() as session:
            return len(records.due_cases(session, now=now, limit=9))

    first = "SELECT case_id FROM issuer_attestations WHERE serial = 1"
    hold = "UPDATE issuer_cases SET legal_hold = {}, held_by = {}, held_at = {} WHERE id IN (" + first + ")"
    for values, cases in ((("'audit'", "'a'", "1"), 0), (("NULL", "NULL", "NULL"), 2)):
        with world.desk.store.transaction() as session:
            session.connection().execute(text(hold.format(*values)))
        assert due() == cases
