"""Does a wallet promise nothing to stay hidden that a policy as good as shows, and tell its own words from a venue's?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.credential import STANDING_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.sdk.wallet import TrustedTrustees, Wallet
from tests.sdk.conftest import Make
from tests.sdk.held_standings import hold_standing
from tests.sdk.small_service import ISSUER, POLICY, TOKEN, SmallService

ELSEWHERE = "whether you were elsewhere"
BOTH = {
    "person": {"schema": "credence/person/1", "issuers": [ISSUER]},
    "standing": {"schema": STANDING_1.id, "issuers": [ISSUER]},
}


def people(*countries: str) -> dict[str, Any]:
    return {"attribute": "residence", "in": list(countries)}


TOLD: dict[str, tuple[str, list[dict[str, Any]], list[dict[str, Any]], int]] = {
    # what of, a policy that as good as shows it and one that does not, how many values are left
    "a narrow range": (
        "birth date",
        [{"attribute": "birth_date", "at_least": "1989-02-01"}, {"attribute": "birth_date", "at_most": "1989-04-01"}],
        [{"attribute": "birth_date", "at_least": "1988-02-01"}, {"attribute": "birth_date", "at_most": "1990-04-01"}],
        60,
    ),
    "a small set": ("residence", [people("DE", "FR")], [people("DE", "FR", "ES", "IT", "PT")], 2),
    "a set with nobody else": (
        "residence",
        [people("DE", "FR", "ES", "IT", "BV")],
        [people("DE", "FR", "ES", "IT", "PT")],
        5,
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_what_is_as_good_as_shown_is_not_said_to_stay_hidden(service: SmallService, wallet: Wallet, what: str) -> None:
    name, narrow, wide, count = TOLD[what]
    told = wallet.understand(service.request(policy={"all_of": narrow}))
    assert told.unmet == ()
    assert f"so much of your {name} that only {count} values are left of it" in told.reveals
    assert not [line for line in told.hides if name in line]
    assert ELSEWHERE not in told.hides
    twin = wallet.understand(service.request(policy={"all_of": wide}))
    assert not [line for line in twin.reveals if "values are left" in line]
    assert {f"your exact {name}", ELSEWHERE} <= set(twin.hides)


def total(birth_date: int, at_least: int) -> dict[str, Any]:
    summands = [
        {"of": "person", "attribute": "birth_date", "times": birth_date},
        {"of": "standing", "attribute": "score"},
    ]
    return {"credentials": BOTH, "all_of": [{"sum": summands, "at_least": at_least}]}


def test_what_a_sum_leaves_of_a_day_is_said_as_a_day(service: SmallService, make: Make) -> None:
    """Sums count days from 1970. One that leaves a hundred of them has as good as said which it is."""
    service.person |= {"birth_date": 65_500}
    service.standing |= {"score": 850}
    wallet = make()
    wallet.receive(service.offer("p"), TOKEN)
    hold_standing(service, wallet, "s")
    told = wallet.understand(service.request(policy=total(1, 65_535 - 99 + 850)))
    assert told.unmet == ()
    for line in (
        "that 1*person.birth_date +1*standing.score >= 66286",
        "that your person birth date is on or after 2149-02-27",
        "so much of your birth date that only 100 values are left of it",
    ):
        assert line in told.reveals
    assert not [line for line in told.hides if "birth date" in line or line == ELSEWHERE]
    twin = wallet.understand(service.request(policy=total(1, 60_000 + 850)))
    assert "that your person birth date is on or after 2134-04-11" in twin.reveals
    assert not [line for line in twin.reveals if "values are left" in line and "birth date" in line]
    assert "your exact birth date" in twin.hides


def test_a_day_that_a_sum_bounds_from_above(service: SmallService, make: Make) -> None:
    service.person |= {"birth_date": 50}
    wallet = make()
    wallet.receive(service.offer("p"), TOKEN)
    hold_standing(service, wallet, "s")
    told = wallet.understand(service.request(policy=total(-1, 450)))
    assert "that your person birth date is on or before 1971-02-05" in told.reveals


def test_a_venues_words_are_told_from_the_wallets(service: SmallService, make: Make, curve: Curve) -> None:
    key = (curve.BP1 * 77).to_bytes()
    wallet = make(trustees=[TrustedTrustees("good.example", key, 64, 64)])
    wallet.receive(service.offer(), TOKEN)

    def said(purpose: str) -> str:
        sealed = {"trustees": "good.example", "key": b64u(key), "threshold": 64, "members": 64, "purpose": purpose}
        (line,) = (
            line
            for line in wallet.understand(service.request(policy={**POLICY, "escrow": sealed})).reveals
            if line.startswith("who you are, sealed")
        )
        return line.partition("for what the venue calls ")[2]

    assert said("a warrant") == '"a warrant"'
    assert said('a warrant", and never without your "consent') == "\"a warrant', and never without your 'consent\""
    assert said("\u201cx\u201d") == "\"'x'\""
    assert said("y" * 256) == f'"{"y" * 100}…"'
    assert said("y" * 100) == f'"{"y" * 100}"'
