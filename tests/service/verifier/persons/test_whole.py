"""Do caps and brackets hold for the person, over wallets, accounts and sessions, and not for each of them?"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from httpx2 import Response

from credence.circuits.encoding import b64u_decode
from credence.service.forgetting import Kind
from credence.service.verifier.admission import judge
from credence.service.verifier.persons import Exposure, Overtaken, keep, person_of
from credence.service.verifier.persons import whole as persons
from credence.service.verifier.persons.whole import COUNTED, MAX_ACCOUNTS, Person, TooManyAccounts
from tests.circuits.journey import VENUE
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, issue, policy

WHO = b"p" * 48


def held(usd: int, name: str = "btc_eth") -> list[dict[str, str]]:
    return [{"instrument_class": name, "notional_usd": str(usd)}]


def sealing(venue: Venue, pseudonym: bytes) -> dict[str, Any]:
    """The key that what is stated of a pseudonym is sealed under, and when."""
    keys = venue.desk.services.keeping.keys
    return {"key": keys.obtain(Kind.PSEUDONYM, VENUE.encode(), pseudonym, now=NOW), "now": NOW}


def exposure(found: dict[str, Any]) -> tuple[str, str]:
    effect = next(reason for reason in found["reasons"] if reason["factor"] == "exposure")
    return effect["value"], effect["effect"]["accounts"]


def test_two_accounts_of_one_person_share_one_cap_and_another_person_has_its_own(venue: Venue) -> None:
    first = venue.admitted(account="one", positions=held(15_000_000))
    assert first["terms"]["reduce_only"] is False
    second = venue.admitted(account="two", positions=held(15_000_000))
    assert second["pseudonym"] == first["pseudonym"]  # one person's, whichever session and account it is
    found = second["terms"]
    assert (found["reduce_only"], exposure(found)) == (True, ("30000000", "2"))
    (whole,) = found["open_positions"]
    assert whole["notional_usd"] == "30000000"  # margined in the brackets of thirty million, not twice in those of fifteen

    other = issue(venue.world, secrets.token_bytes)
    request = venue.open(account="two", positions=held(15_000_000))
    found = venue.answer(request.session_id, venue.prove(request, other)).json()["terms"]
    assert (found["reduce_only"], exposure(found)) == (False, ("15000000", "1"))


def test_another_venue_adds_nothing(open_venue: Opened) -> None:
    here, there = open_venue(), open_venue("venue-b.example")
    assert here.register().status_code == there.register().status_code == 201
    here.admitted(account="one", positions=held(15_000_000))
    assert exposure(there.admitted(account="two", positions=held(15_000_000))["terms"])[1] == "1"


def test_the_newest_statement_of_an_account_counts(venue: Venue) -> None:
    venue.admitted(account="one", positions=held(15_000_000))
    assert exposure(venue.admitted(account="one", positions=held(1_000_000))["terms"]) == ("1000000", "1")
    assert exposure(venue.admitted()["terms"]) == ("1000000", "2")  # a session that states nothing hides nothing
    assert exposure(venue.admitted(account="one")["terms"]) == ("1000000", "1")
    figures = {"open_interest_share": "0.01", "insurance_share_usd": "1000000"}
    assert venue.admitted(account="one", **figures)["terms"]["relief"]["granted"] is True
    assert venue.admitted(account="one")["terms"]["relief"]["granted"] is True
    grown = venue.admitted(account="one", positions=held(2_000_000))["terms"]
    assert grown["relief"]["granted"] is False  # a share of positions that are not those any more
    assert venue.admitted(account="one", positions=[])["terms"]["open_positions"] == []


def test_a_statement_counts_for_thirty_days(venue: Venue) -> None:
    venue.admitted(account="one", positions=held(1_000_000))
    venue.clock.forward(COUNTED)
    assert exposure(venue.admitted()["terms"]) == ("1000000", "2")
    venue.clock.forward(1)
    assert venue.admitted()["terms"]["open_positions"] == []
    with venue.desk.store.transaction() as session:
        assert persons.purge(session, now=venue.clock(), limit=10) == 1
    assert venue.count("verifier_persons") == 0


def test_without_a_pseudonym_nothing_joins_two_sessions(venue: Venue) -> None:
    unnamed = {name: value for name, value in policy(name="unnamed").items() if name != "pseudonym"}
    assert venue.register(unnamed).status_code == 201
    for account in ("one", "two"):
        found = venue.admitted(name="unnamed", account=account, positions=held(15_000_000))
        assert (found["pseudonym"], exposure(found["terms"])) == (None, ("15000000", "1"))
    assert venue.count("verifier_persons") == 0


def test_what_is_stated_of_two_accounts_at_once_is_counted_once_for_both(venue: Venue) -> None:
    """Whoever is second is priced again, beside the first: never does each see only itself."""
    requests = [venue.open(account=name, positions=held(15_000_000)) for name in ("one", "two")]
    proven = [(request.session_id, venue.prove(request)) for request in requests]

    def answered(each: Any) -> Response:
        return venue.answer(*each)

    with ThreadPoolExecutor(2) as pool:
        answers = [answer.json()["terms"] for answer in pool.map(answered, proven)]
    assert sorted(exposure(found) for found in answers) == [("15000000", "1"), ("30000000", "2")]


def test_a_statement_in_between_is_priced_again(venue: Venue) -> None:
    request = venue.open(account="one", positions=held(15_000_000))
    wrong = {**venue.prove(venue.open()).to_json(), "session_id": request.session_id}
    assert venue.answer(request.session_id, wrong).json()["decision"] == "denied"
    assert venue.count("verifier_persons") == 0  # what was refused states nothing
    presentation, desk, tries = venue.prove(request), venue.desk, []
    pseudonym = b64u_decode(venue.admitted()["pseudonym"])
    of = sealing(venue, pseudonym)

    def run(work: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            with desk.store.transaction() as session:
                stated = Exposure.read("two", positions=[("btc_eth", "15000000")])
                keep(session, VENUE, pseudonym, person_of(session, VENUE, pseudonym, stated, **of), **of)
        return desk.store.run(work)

    found = judge(desk, request.session_id, presentation, run)
    assert len(tries) == 2
    assert '"30000000"' in found.answer
    assert venue.count("verifier_decisions") == 3  # one denied, two accepted


def test_only_the_newest_revision_is_built_upon_and_too_many_accounts_are_refused(venue: Venue) -> None:
    of = sealing(venue, WHO)
    with venue.desk.store.transaction() as session:
        one, two = (person_of(session, VENUE, WHO, Exposure(name), **of) for name in ("one", "two"))
        keep(session, VENUE, WHO, one, **of)
        with pytest.raises(Overtaken):
            keep(session, VENUE, WHO, two, **of)
        again = person_of(session, VENUE, WHO, Exposure("two"), **of)
        keep(session, VENUE, WHO, again, **of)
        assert again.accounts == 2
        stale = Person(again.own, again.others, again.kept, again.revision, stated=True)
        with pytest.raises(Overtaken):
            keep(session, VENUE, WHO, stale, **of)
        for number in range(MAX_ACCOUNTS - 2):
            keep(session, VENUE, WHO, person_of(session, VENUE, WHO, Exposure(f"a{number}"), **of), **of)
        assert person_of(session, VENUE, WHO, Exposure("one"), **of).accounts == MAX_ACCOUNTS
        with pytest.raises(TooManyAccounts):
            person_of(session, VENUE, WHO, Exposure("more"), **of)


def test_what_is_stated_is_sealed_and_goes_with_the_key(venue: Venue) -> None:
    pseudonym = b64u_decode(venue.admitted(account="one", positions=held(31_337_000))["pseudonym"])
    kept = []
    with venue.desk.store.reading() as session:
        for table in ("verifier_persons", "verifier_sessions", "verifier_decisions"):
            kept += session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
    assert not [value for row in kept for value in row if isinstance(value, str) and "31337000" in value]
    key = sealing(venue, pseudonym)["key"]
    venue.desk.services.keeping.keys.destroy([key.key_id])
    found = venue.admitted(account="two", positions=held(1_000))["terms"]
    assert exposure(found) == ("1000", "1")


@pytest.mark.parametrize(
    ("shares", "expected"),
    [(("0.01", "0.015"), "0.025"), (("0.6", "0.6"), "1"), (("0.01", None), None), ((None, None), None)],
)
def test_shares_add_up_and_a_missing_one_is_missing(shares: tuple[str | None, ...], expected: str | None) -> None:
    one, two = (Exposure.read(f"a{n}", open_interest_share=s, positions=[("btc_eth", "1")]) for n, s in enumerate(shares))
    assert one is not None
    assert two is not None
    found = Person(one, (two,)).facts()["open_interest_share"]
    assert found == (None if expected is None else Decimal(expected))


def test_an_account_without_positions_needs_no_share() -> None:
    idle = Exposure("idle", positions=())
    busy = Exposure("busy", open_interest_share=Decimal("0.01"), positions=(("btc_eth", Decimal(1)),))
    found = Person(busy, (idle,)).facts()
    assert (found["open_interest_share"], found["accounts"]) == (Decimal("0.01"), 2)


def test_shortfalls_add_up_and_the_least_insurance_counts() -> None:
    one = Exposure("one", expected_shortfall_usd=Decimal(5), insurance_share_usd=Decimal(7))
    two = Exposure("two", expected_shortfall_usd=Decimal(10**18), insurance_share_usd=Decimal(3))
    found = Person(one, (two,)).facts()
    assert (found["expected_shortfall_usd"], found["insurance_share_usd"]) == (Decimal(10**18), Decimal(3))
