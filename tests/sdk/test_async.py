"""Does the awaited face do what the other does, without holding up the event loop, and leave nothing half done?"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import accept_credential
from credence.circuits.presentation import present
from credence.sdk import (
    AsyncAuditor,
    AsyncOnboarding,
    AsyncVerifier,
    AsyncWallet,
    Auditor,
    Onboarding,
    Verifier,
    Wallet,
    calls,
    vault,
)
from credence.sdk.errors import BadNonce, CannotSatisfy, LogForked, NotFound, Unauthorized, Unreachable
from credence.sdk.flow import Flow, Step, in_thread, run_async
from credence.sdk.messages import AsyncTransport, Request, Response, Transport
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import API_KEY, POLICY, TOKEN, VENUE, SmallLog, SmallService
from tests.sdk.test_onboarding import CASE, Says

MakeAsync = Callable[..., Coroutine[Any, Any, AsyncWallet]]


class Awaited:
    """A way that is awaited, over one that is waited for. At ``hold`` (the end of a path) it waits for ``let_go``."""

    def __init__(self, inner: Transport, hold: str = "nothing") -> None:
        self.inner, self.hold = inner, hold
        self.held, self.let_go = asyncio.Event(), asyncio.Event()

    async def send(self, request: Request) -> Response:
        await asyncio.sleep(0)
        answer = self.inner.send(request)
        if request.path.endswith(self.hold):
            self.held.set()
            await self.let_go.wait()
        return answer


@pytest.fixture
def make_async(service: SmallService, pin: TrustedIssuer, curve: Curve, rng: Rng, tmp_path: Path) -> MakeAsync:
    async def make(way: AsyncTransport, **given: Any) -> AsyncWallet:
        surroundings = {"trust": [pin], "curve": curve, "clock": service.clock, "rng": rng}
        path = tmp_path / given.pop("vault", "awaited")
        return await AsyncWallet.create(path, PASSPHRASE, transport=way, parameters=FLOOR, **{**surroundings, **given})

    return make


# --- one and the same ---


@pytest.mark.parametrize(
    ("waits", "awaits"),
    [(Wallet, AsyncWallet), (Verifier, AsyncVerifier), (Auditor, AsyncAuditor), (Onboarding, AsyncOnboarding)],
)
def test_both_faces_have_the_same_features(waits: type, awaits: type) -> None:
    def shape(face: type, name: str) -> list[str]:
        parameters = inspect.signature(getattr(face, name)).parameters.values()
        return [str(p).replace("Async", "").replace("[W]", "[Transport]") for p in parameters if p.name != "turn"]

    names = [name for name, _ in inspect.getmembers(waits) if not name.startswith("_")]
    assert names == [name for name, _ in inspect.getmembers(awaits) if not name.startswith("_")]
    callables = [name for name in (*names, "__init__") if inspect.isroutine(getattr(waits, name))]
    assert callables
    for name in callables:
        assert shape(waits, name) == shape(awaits, name), name


def test_a_holder_a_venue_and_an_auditor_awaited(
    service: SmallService, make_async: MakeAsync, curve: Curve, tmp_path: Path, pin: TrustedIssuer
) -> None:
    async def journey() -> None:
        way = Awaited(service)
        auditor = AsyncAuditor(way, service.log.signer.vkey)
        wallet = await make_async(way, auditor=auditor)
        held = await wallet.receive(service.offer(), TOKEN)
        venue = AsyncVerifier(way, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock)
        registered = await venue.register_policy(POLICY)
        assert registered == await venue.policy("perp-standard")
        opened = await venue.open_session("perp-standard", volume_30d_usd=1_000, message=b"0xabc")
        assert wallet.can_satisfy(opened.request)
        assert "verification level: 2 or better" in wallet.understand(opened.request).reveals
        presentation = await wallet.present(opened.request, audience=VENUE)
        assert await venue.refreshed(opened.request) == opened.request
        checked = await venue.check(opened.request, presentation, [service.document])
        assert checked.kyc_level == 2
        decision = await wallet.answer(opened.session_id, audience=VENUE)
        assert (await venue.result(opened.session_id)).result == decision
        document = await venue.document()
        assert venue.receipt(decision, document).pseudonym == decision.pseudonym == checked.pseudonym
        assert (await auditor.receipt(decision.receipt, await auditor.verifier_document())).inclusion is not None
        assert (await auditor.issuer_document(service.document)).index == 0
        assert (await auditor.attestation(held.attestation_id, leaf=held.leaf)).checkpoint == await auditor.follow()
        await auditor.check_consistency(service.log.note, service.log.note)
        assert auditor.seen is not None
        again = await AsyncWallet.open(tmp_path / "awaited", PASSPHRASE, transport=way, curve=curve)
        assert again.credentials == wallet.credentials == (held,)
        phrase = await wallet.recovery_phrase(PASSPHRASE)
        restored = await AsyncWallet.restore(
            phrase, tmp_path / "restored", PASSPHRASE, transport=way, trust=[pin], parameters=FLOOR, clock=service.clock
        )
        assert await restored.export_root(PASSPHRASE) == await wallet.export_root(PASSPHRASE)
        assert await restored.receive(service.offer(), TOKEN) == held

    asyncio.run(journey())


def test_a_vault_belongs_to_either_face(service: SmallService, wallet: Wallet, curve: Curve, tmp_path: Path) -> None:
    async def held() -> Any:
        opened = await AsyncWallet.open(tmp_path / "vault", PASSPHRASE, transport=Awaited(service), curve=curve)
        return opened.credentials

    assert asyncio.run(held()) == wallet.credentials


def test_refusals_are_the_same(service: SmallService, make_async: MakeAsync) -> None:
    async def ask() -> None:
        way = Awaited(service)
        wallet = await make_async(way)
        service.request("s-1")
        with pytest.raises(CannotSatisfy):
            await wallet.answer("s-1", audience=VENUE)
        assert service.paths() == ["GET /v1/verifier/sessions/s-1/request"]
        with pytest.raises(NotFound):
            await wallet.answer("s-9", audience=VENUE)
        venue = AsyncVerifier(way, audience=VENUE, api_key=API_KEY[:-1] + "a")
        with pytest.raises(Unauthorized):
            await venue.result("s-1")
        auditor = AsyncAuditor(way, service.log.signer.vkey)
        await auditor.follow()
        leaves = [bytes(32) for _ in service.log.leaves]
        service.log = SmallLog(service.log.signer)
        service.log.add(*leaves)
        service.log.publish()
        with pytest.raises(LogForked):
            await auditor.follow()

    asyncio.run(ask())


def test_an_operator_awaited() -> None:
    async def decide() -> None:
        says = Says(CASE)
        desk = AsyncOnboarding(Awaited(says), api_key=API_KEY)
        assert await desk.submit("a.b.c") == await desk.case("case-1") == await desk.decide("case-1", "approve", "fine")
        assert [request.path for request in says.sent] == [
            "/v1/issuer/cases",
            "/v1/issuer/cases/case-1",
            "/v1/issuer/cases/case-1/decision",
        ]

    asyncio.run(decide())


# --- the event loop goes on ---


def test_proving_does_not_hold_up_the_loop(
    service: SmallService, make_async: MakeAsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is done between two requests is done in another thread, for as long as it takes."""
    here, there = threading.get_ident(), set()

    def slow(*given: Any, **more: Any) -> Any:
        there.add(threading.get_ident())
        time.sleep(0.1)
        return present(*given, **more)

    monkeypatch.setattr("credence.sdk.holding.present", slow)

    async def ticks() -> int:
        way = Awaited(service)
        wallet = await make_async(way)
        await wallet.receive(service.offer(), TOKEN)
        service.request("s-1")
        answered, count = asyncio.ensure_future(wallet.answer("s-1", audience=VENUE)), 0
        while not answered.done():
            await asyncio.sleep(0.005)
            count += 1
        assert (await answered).accepted
        return count

    assert asyncio.run(ticks()) >= 5
    assert here not in there


def test_calls_of_one_wallet_take_turns(service: SmallService, make_async: MakeAsync) -> None:
    async def receive() -> None:
        wallet = await make_async(Awaited(service))
        offers = [service.offer(f"case-{number}") for number in range(4)]
        held = await asyncio.gather(*(wallet.receive(offer, TOKEN) for offer in offers))
        assert wallet.credentials == (held[-1],), "each takes the place of the one before, in their order"
        assert len({credential.attestation_id for credential in held}) == 4

    asyncio.run(receive())


# --- cancelled ---


def test_a_cancelled_claim_leaves_the_vault_as_it_was(
    service: SmallService, make_async: MakeAsync, curve: Curve, tmp_path: Path
) -> None:
    async def cancelled() -> None:
        way = Awaited(service, hold="/credential")
        wallet = await make_async(way)
        claim = asyncio.ensure_future(wallet.receive(service.offer(), TOKEN))
        await way.held.wait()  # the issuer has given, and its answer is on the way
        claim.cancel()
        with pytest.raises(asyncio.CancelledError):
            await claim
        again = await AsyncWallet.open(tmp_path / "awaited", PASSPHRASE, transport=way, curve=curve)
        assert wallet.credentials == again.credentials == ()
        way.let_go.set()
        held = await wallet.receive(service.offer(), TOKEN)
        assert wallet.credentials == (held,)

    asyncio.run(cancelled())


def test_a_write_that_has_begun_is_finished(
    service: SmallService,
    make_async: MakeAsync,
    pin: TrustedIssuer,
    curve: Curve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cancelled in the middle of a write: what the wallet holds and what is on the disk stay the same."""
    begun, end = threading.Event(), threading.Event()
    in_place = vault._replace

    def slow(path: Path, sealed: bytes) -> None:
        begun.set()
        assert end.wait(5)
        in_place(path, sealed)

    async def cancelled() -> None:
        way = Awaited(service)
        wallet = await make_async(way, trust=[replace(pin, documents=frozenset({service.document.digest()}))])
        monkeypatch.setattr("credence.sdk.vault._replace", slow)
        claim = asyncio.ensure_future(wallet.receive(service.offer(), TOKEN))
        await asyncio.to_thread(begun.wait, 5)
        claim.cancel()
        await asyncio.sleep(0.02)
        claim.cancel()
        await asyncio.sleep(0.02)
        assert not claim.done()
        end.set()
        with pytest.raises(asyncio.CancelledError):
            await claim
        (held,) = wallet.credentials
        again = await AsyncWallet.open(tmp_path / "awaited", PASSPHRASE, transport=way, curve=curve)
        assert again.credentials == (held,)
        await wallet.receive(service.offer("case-2"), TOKEN)  # and it goes on

    asyncio.run(cancelled())


def test_who_ends_the_loop_leaves_nothing_half_done(
    service: SmallService, make_async: MakeAsync, curve: Curve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is over while a credential is being checked; what had begun is finished, and nothing more is done."""
    accepting = threading.Event()

    def slow(*given: Any) -> Any:
        accepting.set()
        time.sleep(0.1)
        return accept_credential(*given)

    monkeypatch.setattr("credence.sdk.receiving.accept_credential", slow)

    async def program() -> asyncio.Task[Any]:
        wallet = await make_async(Awaited(service))
        claim = asyncio.ensure_future(wallet.receive(service.offer(), TOKEN))
        await asyncio.to_thread(accepting.wait, 5)
        return claim

    claim = asyncio.run(program())
    assert claim.cancelled()
    held = Wallet.open(tmp_path / "awaited", PASSPHRASE, transport=service, curve=curve).credentials
    assert len(held) == 1  # the step that had begun was kept whole


def test_a_cancelled_answer_can_be_given_again(service: SmallService, make_async: MakeAsync) -> None:
    async def cancelled() -> None:
        way = Awaited(service, hold="/presentation")
        wallet = await make_async(way)
        await wallet.receive(service.offer(), TOKEN)
        service.request("s-1")
        answer = asyncio.ensure_future(wallet.answer("s-1", audience=VENUE))
        await way.held.wait()  # the verifier has decided
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        way.let_go.set()
        assert (await wallet.answer("s-1", audience=VENUE)).accepted
        with pytest.raises(BadNonce):
            await wallet.answer("s-1", audience=VENUE)

    asyncio.run(cancelled())


def test_a_decision_that_was_cancelled_while_it_was_read_is_not_lost(
    service: SmallService, make_async: MakeAsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verifier has decided and its answer is here: the wallet forgets what it sent only when somebody has been told."""
    reading, read_on = threading.Event(), threading.Event()
    in_place = calls.read_json

    def slow(response: Response) -> dict[str, Any]:
        found = in_place(response)
        if "decision" in found:
            reading.set()
            assert read_on.wait(10)
        return found

    monkeypatch.setattr(calls, "read_json", slow)

    async def cancelled() -> None:
        wallet = await make_async(Awaited(service))
        await wallet.receive(service.offer(), TOKEN)
        service.request("s-1")
        answer = asyncio.ensure_future(wallet.answer("s-1", audience=VENUE))
        assert await asyncio.to_thread(reading.wait, 10)
        answer.cancel()
        await asyncio.sleep(0)
        read_on.set()
        with pytest.raises(asyncio.CancelledError):
            await answer
        assert (await wallet.answer("s-1", audience=VENUE)).accepted
        with pytest.raises(BadNonce):
            await wallet.answer("s-1", audience=VENUE)

    asyncio.run(cancelled())


def test_a_flow_that_is_cancelled_is_closed() -> None:
    ended: list[str] = []

    def flow(way: AsyncTransport) -> Flow[AsyncTransport, None]:
        try:
            yield Step(way, Request("GET", "/v1/log/checkpoint"))
        finally:
            ended.append("closed")

    class Never:
        async def send(self, request: Request) -> Response:
            await asyncio.Event().wait()
            raise AssertionError

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run_async(flow(Never())), 0.02)

    asyncio.run(cancelled())
    assert ended == ["closed"]


def test_errors_of_the_way_and_of_the_work_arrive() -> None:
    def flow(way: AsyncTransport) -> Flow[AsyncTransport, str]:
        try:
            yield Step(way, Request("GET", "/v1/log/checkpoint"))
        except Unreachable:
            return "seen by the flow"
        return "not reached"

    class Broken:
        async def send(self, request: Request) -> Response:
            raise Unreachable

    def fails() -> None:
        raise LookupError

    assert asyncio.run(run_async(flow(Broken()))) == "seen by the flow"
    with pytest.raises(LookupError):
        asyncio.run(in_thread(fails))
