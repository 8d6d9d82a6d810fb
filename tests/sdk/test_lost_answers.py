"""Does an answer that is lost on the way cost nothing: no session, no case, no second proof?

A small service behind a server on loopback does what it is asked, and the server loses what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.sdk import AsyncHttpTransport, AsyncVerifier, AsyncWallet, HttpTransport, Retries, Verifier, Wallet
from credence.sdk.errors import BadNonce, Unavailable, Unreachable, WrongAudience
from credence.sdk.holding import MAX_SENT
from credence.sdk.messages import Request, Response
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.loopback import Asked, Loopback, request_of
from tests.sdk.small_service import API_KEY, POLICY, TOKEN, VENUE, SmallService

QUICK = Retries(first=0.001, longest=0.001)


@pytest.fixture
def door(loopback: Loopback, service: SmallService) -> Loopback:
    loopback.work = lambda asked: service.send(request_of(asked))
    return loopback


@pytest.fixture
def way(door: Loopback) -> Iterator[HttpTransport]:
    with HttpTransport(door.url, retries=QUICK) as transport:
        yield transport


@pytest.fixture
def again(wallet: Wallet, service: SmallService, curve: Curve, tmp_path: Path) -> Callable[[], Wallet]:
    """Opens the vault of ``wallet`` once more, as after a crash."""
    return lambda: Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve, clock=service.clock)


def presented(door: Loopback) -> list[Asked]:
    return [asked for asked in door.asked if asked.path.endswith("/presentation")]


def sent(door: Loopback) -> set[tuple[bytes, str]]:
    """The different presentations that came, by their bytes and keys."""
    return {(asked.body, asked.headers["idempotency-key"]) for asked in presented(door)}


def test_a_session_is_answered_although_the_answer_is_lost(
    door: Loopback, way: HttpTransport, service: SmallService, wallet: Wallet
) -> None:
    service.request("s-1")
    door.lose, door.losing = 3, "/presentation"
    assert wallet.answer("s-1", audience=VENUE, transport=way).accepted
    assert len(presented(door)) == 4
    assert len(sent(door)) == 1
    with pytest.raises(BadNonce):
        wallet.answer("s-1", audience=VENUE, transport=way)
    assert len(presented(door)) == 5  # decided is forgotten: this one was made anew
    assert len(sent(door)) == 2


def test_a_long_outage_costs_no_session_either(
    door: Loopback, way: HttpTransport, service: SmallService, wallet: Wallet
) -> None:
    service.request("s-1")
    door.lose, door.losing = 8, "/presentation"
    for _ in range(2):
        with pytest.raises(Unreachable):
            wallet.answer("s-1", audience=VENUE, transport=way)
    assert wallet.answer("s-1", audience=VENUE, transport=way).accepted
    assert (len(presented(door)), len(sent(door))) == (9, 1)
    assert [asked.path for asked in door.asked].count("/v1/verifier/sessions/s-1/request") == 1


def test_a_wallet_that_forgot_cannot_say_it_again(
    door: Loopback, way: HttpTransport, service: SmallService, wallet: Wallet, again: Callable[[], Wallet]
) -> None:
    """What the docs say of a crash: the session is decided, and its venue has the decision."""
    service.request("s-1")
    door.lose, door.losing = 4, "/presentation"
    with pytest.raises(Unreachable):
        wallet.answer("s-1", audience=VENUE, transport=way)
    with pytest.raises(BadNonce):
        again().answer("s-1", audience=VENUE, transport=way)
    assert service.sessions["s-1"][1] is not None


def test_a_service_that_is_busy_is_answered_with_the_same_presentation(
    door: Loopback, way: HttpTransport, service: SmallService, wallet: Wallet
) -> None:
    service.request("s-1")
    busy = Response(503, {"content-type": "application/problem+json"}, b'{"type": "/problems/unavailable"}')
    door.work = lambda asked: busy if asked.method == "POST" else service.send(request_of(asked))
    with pytest.raises(Unavailable):
        wallet.answer("s-1", audience=VENUE, transport=way)
    door.work = lambda asked: service.send(request_of(asked))
    assert wallet.answer("s-1", audience=VENUE, transport=way).accepted
    assert len(sent(door)) == 1


def test_a_presentation_is_for_its_session_and_audience_alone(
    door: Loopback, way: HttpTransport, service: SmallService, wallet: Wallet
) -> None:
    for number in range(2):
        service.request(f"s-{number}")
        door.lose, door.losing = 4, "/presentation"
        with pytest.raises(Unreachable):
            wallet.answer(f"s-{number}", audience=VENUE, transport=way)
    assert len(sent(door)) == 2
    with pytest.raises(WrongAudience):
        wallet.answer("s-0", audience="elsewhere.example/venue", transport=way)
    assert len(presented(door)) == 8


def test_no_more_than_so_many_are_remembered(service: SmallService, wallet: Wallet) -> None:
    class Deaf:
        """Takes no presentation."""

        def send(self, request: Request) -> Response:
            if request.method == "POST":
                raise Unreachable
            return service.send(request)

    request = service.request("s-0")
    for number in range(MAX_SENT + 1):
        service.sessions[f"s-{number}"] = (replace(request, session_id=f"s-{number}"), None)
        with pytest.raises(Unreachable):
            wallet.answer(f"s-{number}", audience=VENUE, transport=Deaf())
    service.sent.clear()
    for number in (1, 0):
        wallet.answer(f"s-{number}", audience=VENUE)
    assert service.paths() == [
        "POST /v1/verifier/sessions/s-1/presentation",
        "GET /v1/verifier/sessions/s-0/request",
        "POST /v1/verifier/sessions/s-0/presentation",
    ]


def test_a_claim_is_repeated_as_it_was(door: Loopback, way: HttpTransport, service: SmallService, empty: Wallet) -> None:
    door.lose, door.losing = 2, "/credential"
    empty.receive(service.offer(), TOKEN, transport=way)
    claims = [asked for asked in door.asked if asked.path.endswith("/credential")]
    assert len(claims) == 3
    assert len({(asked.body, asked.headers["idempotency-key"]) for asked in claims}) == 1


def test_a_venue_opens_one_session_although_the_answer_is_lost(
    door: Loopback, way: HttpTransport, service: SmallService, curve: Curve
) -> None:
    venue = Verifier(way, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock)
    venue.register_policy(POLICY)
    door.lose, door.losing = 2, "/sessions"
    opened = venue.open_session("perp-standard")
    assert list(service.sessions) == [opened.session_id]
    assert venue.open_session("perp-standard").session_id != opened.session_id


def test_every_effect_has_a_key_of_its_own(service: SmallService, wallet: Wallet, curve: Curve, rng: Rng) -> None:
    venue = Verifier(service, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock, rng=rng)
    venue.register_policy(POLICY)
    for case in ("case-2", "case-3"):
        wallet.receive(service.offer(case), TOKEN)
        wallet.answer(venue.open_session("perp-standard").session_id, audience=VENUE)
    keys = [request.idempotency_key for request in service.sent if request.method != "GET"]
    assert len(set(keys)) == len(keys) == 7
    assert None not in keys
    assert {request.idempotency_key for request in service.sent if request.method == "GET"} == {None}


def test_awaited_too(door: Loopback, service: SmallService, wallet: Wallet, curve: Curve, tmp_path: Path) -> None:
    async def journey() -> None:
        async with AsyncHttpTransport(door.url, retries=QUICK) as way:
            venue = AsyncVerifier(way, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock)
            await venue.register_policy(POLICY)
            held = await AsyncWallet.open(tmp_path / "vault", PASSPHRASE, transport=way, curve=curve, clock=service.clock)
            door.lose, door.losing = 2, "/sessions"
            opened = await venue.open_session("perp-standard")
            door.lose, door.losing = 7, "/presentation"
            with pytest.raises(Unreachable):
                await held.answer(opened.session_id, audience=VENUE)
            decision = await held.answer(opened.session_id, audience=VENUE)
            assert (await venue.result(opened.session_id)).result == decision

    asyncio.run(journey())
    assert len(service.sessions) == 1
    assert (len(presented(door)), len(sent(door))) == (8, 1)
