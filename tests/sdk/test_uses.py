"""Does a wallet take what it uses of a venue's limit before anything can leave it, and never show one use twice?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.policy import LimitAsk
from credence.circuits.wire import PresentationRequest
from credence.sdk.errors import AlreadyUsed, CannotSatisfy, Unreachable, VaultUnavailable, WalletError
from credence.sdk.transport import Request, Response
from credence.sdk.uses import Uses
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import NOW, TOKEN, VENUE, SmallService

DAY = 86_400
LIMITED = {"rate_limit": {"name": "open", "per": "day", "max": 3}}


def tag(service: SmallService, request: PresentationRequest, wallet: Wallet, **how: bool) -> bytes:
    """The tag that the venue sees."""
    use = service.seen(request, wallet.present(request, audience=request.audience, **how)).use
    assert use is not None
    return use.tag


def numbers(wallet: Wallet) -> list[int]:
    """What the wallet has taken, of whatever."""
    return [number for taken in wallet.flows.contents.uses.taken for number in taken.numbers]


def test_each_presentation_is_another_use_until_there_are_none(service: SmallService, wallet: Wallet) -> None:
    request = service.request(policy=LIMITED)
    tags = {tag(service, request, wallet, compact=number % 2 == 1) for number in range(3)}
    assert len(tags) == 3
    assert wallet.can_satisfy(request).unmet == ("a use of open that is left in this day",)
    with pytest.raises(CannotSatisfy, match="a use of open"):
        wallet.present(request, audience=VENUE)
    service.now += DAY
    assert tag(service, service.request(policy=LIMITED), wallet) not in tags


def test_every_audience_limit_and_epoch_is_counted_for_itself(service: SmallService, wallet: Wallet) -> None:
    once = {"rate_limit": {"name": "open", "per": "day", "max": 1}}
    other = {"rate_limit": {"name": "withdraw", "per": "day", "max": 1}}
    hourly = {"rate_limit": {"name": "open", "per": "hour", "max": 1}}
    asked = [
        service.request(policy=once),
        service.request(policy=once, audience="venue-b"),
        service.request(policy=other),
        service.request(policy=hourly),
        service.request(policy=once, requested_at=NOW - DAY, expires_at=NOW + 60),
    ]
    with pytest.raises(Exception, match="too long"):
        wallet.present(asked.pop(), audience=VENUE)
    assert len({tag(service, request, wallet) for request in asked}) == 4
    assert not any(wallet.can_satisfy(request) for request in asked)


def test_a_use_is_taken_before_it_is_proven(
    service: SmallService, wallet: Wallet, curve: Curve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens after that was written, another wallet over the same vault takes others."""
    request = service.request(policy=LIMITED)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("credence.sdk.holding.present", crash)
        with pytest.raises(KeyboardInterrupt):
            wallet.present(request, audience=VENUE)
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve, clock=service.clock)
    assert len(numbers(again)) == 1
    assert len({tag(service, request, again) for _ in range(2)}) == 2
    assert not again.can_satisfy(request)


def test_what_cannot_be_kept_is_not_shown(service: SmallService, wallet: Wallet, tmp_path: Path) -> None:
    service.request(policy=LIMITED)
    wallet.present(service.request(), audience=VENUE)  # the verifier's rules are known from now on
    (tmp_path / "vault").unlink()
    with pytest.raises(VaultUnavailable):
        wallet.present(service.request(policy=LIMITED), audience=VENUE)
    assert wallet.present(service.request(), audience=VENUE) is not None  # nothing to be kept


def test_what_the_wallet_refuses_costs_no_use(service: SmallService, wallet: Wallet) -> None:
    level_3 = {**LIMITED, "all_of": [{"attribute": "kyc_level", "at_least": 3}]}
    for wrong in (service.request(policy=level_3), service.request(policy=LIMITED, audience="venue-b")):
        with pytest.raises(WalletError):
            wallet.present(wrong, audience=VENUE)
        wallet.understand(wrong)
        wallet.can_satisfy(wrong)
    assert wallet.flows.contents.uses == Uses()


def test_an_answer_that_is_sent_again_is_the_same_use(service: SmallService, wallet: Wallet) -> None:
    class Breaks:
        """Takes the request, and loses its answer once."""

        lost = False

        def send(self, request: Request) -> Response:
            answer = service.send(request)
            if request.method == "POST" and not self.lost:
                self.lost = True
                raise Unreachable
            return answer

    service.request("s-1", policy=LIMITED)
    way = Breaks()
    with pytest.raises(Unreachable):
        wallet.answer("s-1", audience=VENUE, transport=way)
    decision = wallet.answer("s-1", audience=VENUE, transport=way)
    assert decision.accepted
    assert decision.use is not None
    assert (decision.use.name, decision.use.epoch) == ("open", NOW // DAY)
    assert len(service.uses) == len(numbers(wallet)) == 1


def test_a_clock_that_was_ahead_once_brings_no_use_back(service: SmallService, wallet: Wallet) -> None:
    first = tag(service, service.request("a", policy=LIMITED), wallet)
    other = {"rate_limit": {"name": "other", "per": "day", "max": 3}}
    service.now = NOW + 3 * DAY
    tag(service, service.request("b", policy=other), wallet)
    service.now = NOW + 30
    assert tag(service, service.request("c", policy=LIMITED), wallet) != first
    service.now = NOW + 40 * DAY
    tag(service, service.request("b", policy=other), wallet)
    service.now = NOW + 60
    again = service.request("c", policy=LIMITED)
    (unmet,) = wallet.can_satisfy(again).unmet
    assert "forgotten" in unmet
    with pytest.raises(CannotSatisfy, match="forgotten"):
        wallet.present(again, audience=VENUE)
    service.now = NOW + 5 * DAY  # an epoch of which nothing was forgotten
    assert tag(service, service.request("d", policy=LIMITED), wallet) != first


# --- a wallet that has forgotten ---


@pytest.fixture
def back(
    service: SmallService,
    wallet: Wallet,
    pin: TrustedIssuer,
    curve: Curve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Wallet]:
    """The same holder, from the words alone; ``order`` are the numbers of the uses that it takes, of those left to it."""
    left: list[int] = []

    def in_order(uses: Uses, audience: str, limit: LimitAsk, at: int, now: int, rng: Rng) -> tuple[int, Uses]:
        return taking(
            uses, audience, limit, at, now, lambda count: left.pop(0).to_bytes(count, "little") if left else rng(count)
        )

    taking = Uses.take
    monkeypatch.setattr(Uses, "take", in_order)

    def restored(*order: int) -> Wallet:
        made = Wallet.restore(
            wallet.recovery_phrase(PASSPHRASE),
            tmp_path / f"back-{len(list(tmp_path.iterdir()))}",
            PASSPHRASE,
            transport=service,
            trust=[pin],
            parameters=FLOOR,
            curve=curve,
            clock=service.clock,
        )
        made.receive(service.offer(), TOKEN)
        service.sent.clear()
        left[:] = order
        return made

    return restored


def spend(service: SmallService, back: Callable[..., Wallet], number: int) -> None:
    """One use was spent, and the wallet that did so is no more."""
    session = f"before-{number}"
    service.request(session, policy=LIMITED)
    assert back(number).answer(session, audience=VENUE).accepted


def test_uses_are_taken_in_no_order(service: SmallService, wallet: Wallet, back: Callable[..., Wallet]) -> None:
    """So that a wallet that was restored does not certainly show the first one twice."""
    wide = {"rate_limit": {"name": "open", "per": "day", "max": 65_536}}
    for _ in range(3):
        tag(service, service.request(policy=wide), wallet)
    taken = numbers(wallet)
    assert taken == sorted(set(taken))
    assert taken != [0, 1, 2]
    for number in range(3):
        spend(service, back, number)
    assert len(service.uses) == 3


def test_a_use_that_was_forgotten_is_followed_by_another(service: SmallService, back: Callable[..., Wallet]) -> None:
    spend(service, back, 1)
    restored = back(1, 0)
    service.request("s-1", policy=LIMITED)
    assert restored.answer("s-1", audience=VENUE).accepted
    session = "/v1/verifier/sessions/s-1"
    assert service.paths() == 2 * [f"GET {session}/request", f"POST {session}/presentation"]
    first, second = (request.idempotency_key for request in service.sent if request.method == "POST")
    assert first != second
    assert len(service.uses) == 2
    assert numbers(restored) == [0, 1]


def test_one_answer_tries_one_use_more_and_the_next_answer_goes_on(
    service: SmallService, back: Callable[..., Wallet]
) -> None:
    for number in range(2):
        spend(service, back, number)
    restored = back(0, 0)
    service.request("s-1", policy=LIMITED)
    with pytest.raises(AlreadyUsed):
        restored.answer("s-1", audience=VENUE)
    assert len([request for request in service.sent if request.method == "POST"]) == 2
    assert restored.answer("s-1", audience=VENUE).accepted
    assert numbers(restored) == [0, 1, 2]


def test_where_all_were_spent_it_says_so(service: SmallService, back: Callable[..., Wallet]) -> None:
    for number in range(3):
        spend(service, back, number)
    restored = back()
    service.request("s-1", policy=LIMITED)
    for _ in range(2):
        with pytest.raises((AlreadyUsed, CannotSatisfy)):
            restored.answer("s-1", audience=VENUE)
    with pytest.raises(CannotSatisfy, match="a use of open that is left"):
        restored.answer("s-1", audience=VENUE)
