"""Does a wallet say, for every kind of predicate, which one fails and in words, and then send nothing?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, STANDING_1, day_of, ladder_bits
from credence.circuits.policy import Posterior, Predicate, load_policy
from credence.sdk.errors import CannotSatisfy
from credence.sdk.wallet import Wallet
from tests.sdk.small_service import EXPIRY_EPOCH, ISSUER, NOW, POLICY, TOKEN, VENUE, SmallService

LAST_DAY = EXPIRY_EPOCH * EPOCH_DAYS


@dataclass(frozen=True)
class Kind:
    """What a policy asks, who does not satisfy it and what the wallet says then, and who does."""

    policy: dict[str, Any]
    fails: dict[str, int]
    words: tuple[str, ...]
    holds: dict[str, int]


def at_least(level: int) -> dict[str, Any]:
    return {"all_of": [{"attribute": "kyc_level", "at_least": level}]}


def at_most(tier: str) -> dict[str, Any]:
    return {"all_of": [{"attribute": "risk_tier", "at_most": tier}]}


def shown(attribute: str, **said: Any) -> dict[str, Any]:
    """A predicate about an attribute that is disclosed beside it."""
    return {"all_of": [{"attribute": attribute, **said}], "disclose": [{"attribute": attribute}]}


KINDS = {
    "level 1": Kind(at_least(1), ladder_bits("kyc_level", 0), ("person.kyc_level >= 1",), ladder_bits("kyc_level", 1)),
    "level 2": Kind(at_least(2), ladder_bits("kyc_level", 1), ("person.kyc_level >= 2",), ladder_bits("kyc_level", 2)),
    "level 3": Kind(at_least(3), ladder_bits("kyc_level", 2), ("person.kyc_level >= 3",), ladder_bits("kyc_level", 3)),
    "standard risk": Kind(
        at_most("standard"), ladder_bits("risk_tier", 0), ("person.risk_tier <= standard",), ladder_bits("risk_tier", 1)
    ),
    "low risk": Kind(at_most("low"), ladder_bits("risk_tier", 1), ("person.risk_tier <= low",), ladder_bits("risk_tier", 2)),
    "two at once": Kind(
        {"all_of": [*at_least(3)["all_of"], *at_most("low")["all_of"]]},
        ladder_bits("kyc_level", 2) | ladder_bits("risk_tier", 1),
        ("person.kyc_level >= 3", "person.risk_tier <= low"),
        ladder_bits("kyc_level", 3) | ladder_bits("risk_tier", 2),
    ),
    "one of two": Kind(
        {"all_of": [*at_least(3)["all_of"], *at_most("low")["all_of"]]},
        ladder_bits("kyc_level", 3) | ladder_bits("risk_tier", 1),
        ("person.risk_tier <= low",),
        ladder_bits("kyc_level", 3) | ladder_bits("risk_tier", 2),
    ),
}
KINDS |= {
    "accredited": Kind(
        {"all_of": [{"attribute": "accredited", "at_least": 1}]},
        {"accredited": 0},
        ("person.accredited >= 1",),
        {"accredited": 1},
    ),
    "valid for long": Kind(
        {"all_of": [{"attribute": "expires_on", "at_least": "today+300d"}]},
        {"expires_on": LAST_DAY},
        ("person.expires_on >= today+300d",),
        {"expires_on": LAST_DAY + 2 * EPOCH_DAYS},
    ),
    "of age": Kind(
        shown("birth_date", at_most="today-18y"),
        {"birth_date": day_of(NOW) - 17 * 366},
        ("person.birth_date <= today-18y",),
        {"birth_date": day_of(NOW) - 18 * 366},
    ),
    "issued of late": Kind(
        shown("issued_epoch", at_least=EXPIRY_EPOCH - 10),
        {"issued_epoch": EXPIRY_EPOCH - 11},
        (f"person.issued_epoch >= {EXPIRY_EPOCH - 10}",),
        {"issued_epoch": EXPIRY_EPOCH - 10},
    ),
    "resident there": Kind(
        shown("residence", **{"in": ["DE", "FR"]}), {"residence": 840}, ("person.residence in [DE, FR]",), {"residence": 250}
    ),
    "not from there": Kind(
        shown("nationality", not_in=["KP", "US"]),
        {"nationality": 840},
        ("person.nationality not in [KP, US]",),
        {"nationality": 250},
    ),
}
KINDS |= {
    "of age, unseen": Kind(
        {"all_of": [{"attribute": "birth_date", "at_most": "today-18y"}]},
        {"birth_date": day_of(NOW) - 17 * 366},
        ("person.birth_date <= today-18y",),
        {"birth_date": day_of(NOW) - 18 * 366},
    ),
    "resident there, unseen": Kind(
        {"all_of": [{"attribute": "residence", "in": ["DE", "FR"]}]},
        {"residence": 840},
        ("person.residence in [DE, FR]",),
        {"residence": 250},
    ),
    "not from there, unseen": Kind(
        {"all_of": [{"attribute": "nationality", "not_in": ["KP", "US"]}]},
        {"nationality": 408},
        ("person.nationality not in [KP, US]",),
        {"nationality": 250},
    ),
    "both at once, unseen": Kind(
        {
            "all_of": [
                {"attribute": "residence", "in": ["DE", "FR", "PT"]},
                {"attribute": "residence", "not_in": ["FR"]},
            ]
        },
        {"residence": 250},
        ("person.residence not in [FR]",),
        {"residence": 620},
    ),
    "a sum": Kind(
        {"all_of": [{"sum": [{"attribute": "resets"}, {"attribute": "issued_epoch", "times": -1}], "at_least": -738}]},
        {"resets": 0},
        ("1*person.resets -1*person.issued_epoch >= -738",),
        {"resets": EXPIRY_EPOCH},
    ),
}
UNEXPIRED = {"all_of": [{"attribute": "expires_on", "at_least": "today"}]}


def refuses(service: SmallService, wallet: Wallet, policy: dict[str, Any], words: tuple[str, ...]) -> None:
    """Every way to ask says the same words, and nothing leaves the wallet."""
    request = service.request("s-1", policy=policy)
    service.sent.clear()
    satisfaction = wallet.can_satisfy(request)
    assert not satisfaction
    assert satisfaction.unmet == wallet.understand(request).unmet == words
    with pytest.raises(CannotSatisfy) as caught:
        wallet.present(request, audience=VENUE)
    assert caught.value.predicates == words
    assert str(caught.value) == "cannot show: " + ", ".join(words)
    assert service.sent == []
    with pytest.raises(CannotSatisfy) as caught:
        wallet.answer("s-1", audience=VENUE)
    assert caught.value.predicates == words
    assert service.paths() == ["GET /v1/verifier/sessions/s-1/request"]


def agrees(service: SmallService, wallet: Wallet, policy: dict[str, Any]) -> None:
    request = service.request("s-2", policy=policy)
    assert wallet.can_satisfy(request)
    assert wallet.answer(request.session_id, audience=VENUE).accepted


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_predicate_that_fails_is_named(service: SmallService, empty: Wallet, kind: Kind) -> None:
    service.person |= kind.fails
    empty.receive(service.offer("case-1"), TOKEN)
    refuses(service, empty, kind.policy, kind.words)
    service.person |= kind.holds
    empty.receive(service.offer("case-2"), TOKEN)
    agrees(service, empty, kind.policy)


@pytest.mark.parametrize("policy", [UNEXPIRED, at_least(2), {"all_of": []}], ids=["asked", "not asked", "nothing asked"])
def test_a_credential_that_has_expired_is_named_whatever_is_asked(
    service: SmallService, wallet: Wallet, policy: dict[str, Any]
) -> None:
    service.now = (LAST_DAY + 1) * 86_400
    refuses(service, wallet, policy, ("person.expires_on >= today",))


def test_on_its_last_day_a_credential_holds(service: SmallService, wallet: Wallet) -> None:
    service.now = (LAST_DAY + 1) * 86_400 - 301
    request = service.request(policy=UNEXPIRED)
    assert wallet.can_satisfy(request)
    wallet.present(request, audience=VENUE)


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        ({"schema": STANDING_1.id, "issuers": [ISSUER]}, f"person: a credential of type {STANDING_1.id} issued by {ISSUER}"),
        ({"schema": PERSON_1.id, "issuers": ["a.example", "b.example"]}, "issued by a.example or b.example"),
    ],
    ids=["another kind", "another issuer"],
)
def test_a_credential_that_is_not_there_is_named(
    service: SmallService, wallet: Wallet, slot: dict[str, Any], words: str
) -> None:
    policy = {"credentials": {"person": slot}, "all_of": [], "disclose": []}
    (said,) = wallet.can_satisfy(service.request(policy=policy)).unmet
    assert words in said
    refuses(service, wallet, policy, (said,))


def test_every_kind_of_predicate_is_asked_here() -> None:
    asked = [UNEXPIRED, *(kind.policy for kind in KINDS.values())]
    kinds = {type(predicate) for policy in asked for predicate in load_policy({**POLICY, **policy}).predicates}
    assert kinds == set(get_args(Predicate)) - {Posterior}  # of which is asked in test_standings_of_venues.py
