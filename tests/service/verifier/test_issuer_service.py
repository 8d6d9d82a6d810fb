"""Is an issuer's service read within bounds, and everything else it says refused?"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import Malformed
from credence.service.errors import NotFound
from credence.service.verifier.issuer_service import (
    DEADLINE,
    MAX_ANSWER,
    IssuerService,
    IssuerUnreachable,
    IssuerUnreadable,
)
from tests.circuits.revocation_log.subjects import MINUTE, Issuer
from tests.conftest import SeededBytes

Answer = Callable[[httpx2.Request], httpx2.Response]
NAME = "ab" * 16


@pytest.fixture
def issuer(curve: Curve, rng: SeededBytes) -> Issuer:
    return Issuer(curve, rng)


def service(answer: Answer, **more: Any) -> IssuerService:
    return IssuerService("https://issuer.example", transport=httpx2.MockTransport(answer), **more)


def test_staples_and_checkpoints_are_read(issuer: Issuer) -> None:
    staple, asked = issuer.staple(), list[httpx2.Request]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        whole = "checkpoints" not in request.url.path
        return httpx2.Response(200, json=staple.to_json() if whole else staple.newest.to_json())

    found = service(answer)
    assert found.staple(NAME) == staple
    assert found.checkpoint(NAME, 0, MINUTE) == staple.newest
    found.close()
    assert [request.url.path for request in asked] == [
        f"/v1/issuer/accumulators/{NAME}",
        f"/v1/issuer/accumulators/{NAME}/checkpoints/0/{MINUTE}",
    ]
    assert all("authorization" not in request.headers and "cookie" not in request.headers for request in asked)


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 429, 500, 503])
def test_another_status_is_no_answer(issuer: Issuer, status: int) -> None:
    there = {"location": "https://elsewhere.example/"}
    with pytest.raises(IssuerUnreadable):
        service(lambda _: httpx2.Response(status, json=issuer.staple().to_json(), headers=there)).staple(NAME)


def test_a_packed_answer_is_not_unpacked(issuer: Issuer) -> None:
    packed = gzip.compress(json.dumps(issuer.staple().to_json()).encode())
    with pytest.raises(IssuerUnreadable):
        service(lambda _: httpx2.Response(200, content=iter([packed]), headers={"content-encoding": "gzip"})).staple(NAME)


def test_what_the_issuer_does_not_have_is_not_found() -> None:
    with pytest.raises(NotFound):
        service(lambda _: httpx2.Response(404)).staple(NAME)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN", b'{"type": 1, "type": 1}', b"[" * 100_000])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(IssuerUnreadable):
        service(lambda _: httpx2.Response(200, content=body)).staple(NAME)


@pytest.mark.parametrize("document", [{}, [], {"type": "credence/staple/2"}])
def test_what_is_no_staple_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        service(lambda _: httpx2.Response(200, content=json.dumps(document).encode())).staple(NAME)


def test_an_endless_answer_is_cut() -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 65_536

    with pytest.raises(IssuerUnreadable):
        service(lambda _: httpx2.Response(200, content=pieces())).staple(NAME)
    assert sent <= MAX_ANSWER // 65_536 + 2


def test_a_slow_answer_is_given_up() -> None:
    steady = iter([0.0, 1.0, DEADLINE + 1])
    with pytest.raises(IssuerUnreachable):
        service(lambda _: httpx2.Response(200, content=iter([b" ", b" ", b" "])), steady=lambda: next(steady)).staple(NAME)


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError])
def test_a_service_that_is_not_there_is_unreachable(error: type[httpx2.HTTPError]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error("gone")

    with pytest.raises(IssuerUnreachable):
        service(answer).staple(NAME)
