"""Does a wallet count what it uses of a venue's limit before anything can leave it, and never show one use twice?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.policy.language import LimitAsk
from credence.circuits.wire import PresentationRequest
from credence.sdk.contents import Contents, RootSecret
from credence.sdk.errors import AlreadyUsed, CannotSatisfy, Unreachable, VaultUnavailable, WalletError
from credence.sdk.transport import Request, Response
from credence.sdk.uses import KEPT, MAX_COUNTED, Counted, count_use, used
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import NOW, TOKEN, VENUE, SmallService

DAY = 86_400
LIMIT = LimitAsk("person", "open", "day", 3)
HOURLY = LimitAsk("person", "open", "hour", 3)
LIMITED = {"rate_limit": {"name": "open", "per": "day", "max": 3}}


def tag(service: SmallService, request: PresentationRequest, wallet: Wallet, **how: bool) -> bytes:
    """The tag that the venue sees."""
    use = service.seen(request, wallet.present(request, audience=request.audience, **how)).use
    assert use is not None
    return use.tag


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


def test_a_use_is_counted_before_it_is_proven(
    service: SmallService, wallet: Wallet, curve: Curve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens after the count was written, another wallet over the same vault goes on behind it."""
    request = service.request(policy=LIMITED)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("credence.sdk.holding.present", crash)
        with pytest.raises(KeyboardInterrupt):
            wallet.present(request, audience=VENUE)
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve, clock=service.clock)
    assert [counted.uses for counted in again.flows.contents.uses] == [1]
    assert len({tag(service, request, again) for _ in range(2)}) == 2
    assert not again.can_satisfy(request)


def test_what_cannot_be_counted_is_not_shown(service: SmallService, wallet: Wallet, tmp_path: Path) -> None:
    (tmp_path / "vault").unlink()
    with pytest.raises(VaultUnavailable):
        wallet.present(service.request(policy=LIMITED), audience=VENUE)
    assert wallet.present(service.request(), audience=VENUE) is not None  # nothing to be counted


def test_what_the_wallet_refuses_costs_no_use(service: SmallService, wallet: Wallet) -> None:
    level_3 = {**LIMITED, "all_of": [{"attribute": "kyc_level", "at_least": 3}]}
    for wrong in (service.request(policy=level_3), service.request(policy=LIMITED, audience="venue-b")):
        with pytest.raises(WalletError):
            wallet.present(wrong, audience=VENUE)
        wallet.understand(wrong)
        wallet.can_satisfy(wrong)
    assert wallet.flows.contents.uses == ()


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
    assert len(service.uses) == 1
    assert [counted.uses for counted in wallet.flows.contents.uses] == [1]


# --- a wallet that has forgotten ---


@pytest.fixture
def back(service: SmallService, wallet: Wallet, pin: TrustedIssuer, curve: Curve, tmp_path: Path) -> Callable[[], Wallet]:
    """The same holder, from the words alone."""

    def restored() -> Wallet:
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
        return made

    return restored


def spent(service: SmallService, wallet: Wallet, times: int) -> None:
    for number in range(times):
        service.request(f"before-{number}", policy=LIMITED)
        assert wallet.answer(f"before-{number}", audience=VENUE).accepted


def test_a_use_that_was_forgotten_is_followed_by_the_next(
    service: SmallService, wallet: Wallet, back: Callable[[], Wallet]
) -> None:
    spent(service, wallet, 1)
    restored = back()
    service.request("s-1", policy=LIMITED)
    assert restored.answer("s-1", audience=VENUE).accepted
    session = "/v1/verifier/sessions/s-1"
    assert service.paths() == 2 * [f"GET {session}/request", f"POST {session}/presentation"]
    first, second = (request.idempotency_key for request in service.sent if request.method == "POST")
    assert first != second
    assert len(service.uses) == 2


def test_one_answer_tries_one_use_more_and_the_next_answer_goes_on(
    service: SmallService, wallet: Wallet, back: Callable[[], Wallet]
) -> None:
    spent(service, wallet, 2)
    restored = back()
    service.request("s-1", policy=LIMITED)
    with pytest.raises(AlreadyUsed):
        restored.answer("s-1", audience=VENUE)
    assert len([request for request in service.sent if request.method == "POST"]) == 2
    assert restored.answer("s-1", audience=VENUE).accepted
    assert [counted.uses for counted in restored.flows.contents.uses] == [3]


def test_where_all_were_spent_it_says_so(service: SmallService, wallet: Wallet, back: Callable[[], Wallet]) -> None:
    spent(service, wallet, 3)
    restored = back()
    service.request("s-1", policy=LIMITED)
    with pytest.raises(AlreadyUsed):
        restored.answer("s-1", audience=VENUE)
    with pytest.raises(CannotSatisfy, match="a use of open that is left"):
        restored.answer("s-1", audience=VENUE)


# --- counting ---


def test_counts_are_kept_until_no_request_of_their_epoch_can_come() -> None:
    end = (NOW // DAY + 1) * DAY
    counts = count_use((), VENUE, LIMIT, NOW, NOW)
    assert counts == (Counted(VENUE, "open", NOW // DAY, end, 1),)
    kept = count_use(counts, VENUE, LIMIT, end + KEPT - 1, end + KEPT - 1)
    gone = count_use(counts, VENUE, LIMIT, end + KEPT, end + KEPT)
    assert (len(kept), len(gone)) == (2, 1)
    assert used(kept, VENUE, LIMIT, NOW) == 1
    assert used(gone, VENUE, LIMIT, NOW) == 0


def test_hours_and_days_are_not_mixed() -> None:
    counts = count_use(count_use((), VENUE, LIMIT, NOW, NOW), VENUE, HOURLY, NOW, NOW)
    assert [counted.uses for counted in counts] == [1, 1]
    assert {counted.ends_at for counted in counts} == {(NOW // DAY + 1) * DAY, (NOW // 3_600 + 1) * 3_600}


def test_more_than_can_be_kept_is_refused_rather_than_forgotten() -> None:
    full = tuple(Counted(f"v/{number}", "open", NOW // DAY, NOW + DAY, 1) for number in range(MAX_COUNTED))
    with pytest.raises(WalletError, match="more limits"):
        count_use(full, VENUE, LIMIT, NOW, NOW)
    assert len(count_use(full[1:], VENUE, LIMIT, NOW, NOW)) == MAX_COUNTED
    over = tuple(replace(counted, ends_at=NOW - KEPT) for counted in full)
    assert len(count_use(over, VENUE, LIMIT, NOW, NOW)) == 1


def test_a_vault_keeps_counts_and_one_of_before_has_none() -> None:
    contents = Contents(RootSecret(bytes(32)), uses=count_use((), VENUE, LIMIT, NOW, NOW))
    assert Contents.decode(contents.encode()) == contents
    before = contents.encode().replace(b'"uses":[', b'"was":[').decode()
    cut = before[: before.index(',"was"')] + "}"
    assert Contents.decode(cut.encode()).uses == ()
