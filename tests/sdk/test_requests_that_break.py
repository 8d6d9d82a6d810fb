"""Is whatever a request does wrong the SDK's own error, raised before anything else, and does midnight cost nobody a use?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, day_of
from credence.circuits.wire import LAST_SECOND, PresentationRequest
from credence.sdk.errors import CannotSatisfy, RequestExpired, RequestInvalid
from credence.sdk.uses import Uses
from credence.sdk.wallet import Wallet
from tests.sdk.small_service import EXPIRY_EPOCH, NOW, PERSON, POLICY, VENUE, SmallService

DAY = 86_400
TODAY = day_of(NOW)
MIDNIGHT = (TODAY + 1) * DAY
BORN = PERSON["birth_date"]
LIMITED = {"rate_limit": {"name": "open", "per": "day", "max": 2}}


def born(**said: str) -> dict[str, Any]:
    return {"attribute": "birth_date", **said}


def day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def asks(*all_of: dict[str, Any]) -> dict[str, Any]:
    return {"all_of": list(all_of)}


def faces(wallet: Wallet, request: PresentationRequest) -> list[Callable[[], object]]:
    return [
        lambda: wallet.understand(request),
        lambda: wallet.can_satisfy(request),
        lambda: wallet.present(request, audience=VENUE),
        lambda: wallet.catch_up(request),
    ]


UNBORN = {**POLICY, **asks(born(at_least="today+1d"), born(at_most="2000-01-01"))}
WRONG: dict[str, dict[str, Any]] = {
    "after the calendar": {"requested_at": LAST_SECOND + 1, "expires_at": LAST_SECOND + 300},
    "after all years": {"requested_at": 253_402_300_800, "expires_at": 253_402_301_100},
    "after all numbers": {"requested_at": (1 << 53) - 2, "expires_at": (1 << 53) - 1},
    "before the calendar": {"requested_at": -1},
    "over before it begins": {"requested_at": NOW, "expires_at": NOW},
    "open for too long": {"requested_at": NOW, "expires_at": NOW + 3_601},
    "a policy that is none": {"policy": {}},
    "a policy that is impossible": {"policy": UNBORN},
}


@pytest.mark.parametrize("cause", WRONG)
def test_what_is_wrong_with_a_request_is_said_before_anything_else(
    service: SmallService, wallet: Wallet, cause: str
) -> None:
    good = service.request(policy={**asks(born(at_most="today-18y")), **LIMITED})
    sealed = wallet.flows.contents
    for call in faces(wallet, replace(good, **WRONG[cause])):
        with pytest.raises(RequestInvalid):
            call()
    assert wallet.flows.contents is sealed
    assert service.sent == []
    for call in faces(wallet, good):
        call()


def test_a_request_outside_its_time_is_not_looked_into(service: SmallService, wallet: Wallet) -> None:
    request = service.request()
    for at in (NOW - 301, NOW + 61):
        for policy in (POLICY, UNBORN):
            with pytest.raises(RequestExpired):
                wallet.present(replace(request, policy=policy, requested_at=at, expires_at=at + 300), audience=VENUE)
    for at in (NOW - 299, NOW + 60):
        late = replace(request, requested_at=at, expires_at=at + 300)
        service.now = max(NOW, at)
        assert service.seen(late, wallet.present(late, audience=VENUE)).kyc_level == 2


def test_a_clock_beyond_the_calendar_is_the_wallets_own_trouble(service: SmallService, wallet: Wallet) -> None:
    request = service.request()
    service.now = LAST_SECOND + DAY
    assert wallet.can_satisfy(request).unmet == ("person.expires_on >= today",)
    with pytest.raises(RequestExpired):
        wallet.present(request, audience=VENUE)
    service.now = NOW
    assert wallet.can_satisfy(request)


# --- midnight ---


def at_midnight(service: SmallService, **policy: Any) -> PresentationRequest:
    """A request of the last seconds of a day."""
    return service.request(policy=policy, requested_at=MIDNIGHT - 5, expires_at=MIDNIGHT + 295)


def test_what_a_policy_asks_is_asked_of_the_requests_day(service: SmallService, wallet: Wallet) -> None:
    """Of one that holds today and not tomorrow, and of one that holds tomorrow and not today."""
    request = at_midnight(service, **asks(born(at_least=f"today-{TODAY - BORN}d")), **LIMITED)
    early = at_midnight(service, **asks(born(at_most=f"today-{TODAY - BORN + 1}d")), **LIMITED)
    for now in (MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 200):
        service.now = now
        assert wallet.can_satisfy(early).unmet == (f"person.birth_date <= today-{TODAY - BORN + 1}d",)
        with pytest.raises(CannotSatisfy):
            wallet.present(early, audience=VENUE)
        assert wallet.can_satisfy(request)
    assert wallet.flows.contents.uses == Uses()
    service.seen(request, wallet.present(request, audience=VENUE))
    tomorrow = replace(early, requested_at=MIDNIGHT + 200, expires_at=MIDNIGHT + 300)
    service.seen(tomorrow, wallet.present(tomorrow, audience=VENUE))


def test_a_policy_of_one_day_is_a_policy_on_the_next(service: SmallService, wallet: Wallet) -> None:
    """The day after, nobody could be born so: that is of no concern to a request of the day before."""
    policy = asks(born(at_least=f"today-{TODAY - BORN + 1}d"), born(at_most=day(BORN)))
    request = at_midnight(service, **policy)
    service.now = MIDNIGHT + 1
    assert wallet.can_satisfy(request)
    assert wallet.understand(request).unmet == ()
    service.seen(request, wallet.present(request, audience=VENUE))
    for call in faces(wallet, replace(request, requested_at=MIDNIGHT, expires_at=MIDNIGHT + 300)):
        with pytest.raises(RequestInvalid, match="birth_date"):
            call()


def test_an_end_at_midnight_is_seen_before_a_use_is_taken(service: SmallService, wallet: Wallet) -> None:
    end = (EXPIRY_EPOCH * EPOCH_DAYS + 1) * DAY
    request = service.request(
        policy={**asks({"attribute": "kyc_level", "at_least": 2}), **LIMITED}, requested_at=end - 5, expires_at=end + 295
    )
    service.now = end
    assert wallet.can_satisfy(request).unmet == ("person.expires_on >= today",)
    with pytest.raises(CannotSatisfy):
        wallet.present(request, audience=VENUE)
    assert wallet.flows.contents.uses == Uses()
    service.now = end - 1
    wallet.present(request, audience=VENUE)
    assert len(wallet.flows.contents.uses.taken) == 1


def test_what_ends_while_the_wallet_waits_takes_no_use(
    service: SmallService, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking at a request and proving it a wallet may have waited for others."""
    request = service.request(policy=LIMITED)
    prove = wallet.flows._prove
    end = (EXPIRY_EPOCH * EPOCH_DAYS + 1) * DAY
    late = replace(request, requested_at=end - 5, expires_at=end + 295)
    for asked, now, then, error in (
        (request, NOW, NOW + 300, RequestExpired),
        (late, end - 1, end, CannotSatisfy),
    ):
        with monkeypatch.context() as patch:

            def wait(vetted: Any, compact: bool, then: int = then) -> object:
                service.now = then
                return prove(vetted, compact)

            patch.setattr(wallet.flows, "_prove", wait)
            service.now = now
            with pytest.raises(error):
                wallet.present(asked, audience=VENUE)
    assert wallet.flows.contents.uses == Uses()
    service.now = NOW + 299
    service.seen(request, wallet.present(request, audience=VENUE))
