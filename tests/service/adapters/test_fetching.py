"""Is something fetched only from hosts that are named, over TLS, within bounds, and is everything else no answer?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest

from credence.service.adapters.fetching import DEADLINE, MAX_ANSWER, HttpFetch, SourceUnavailable

HOST = "status.example"


def answering(
    answer: Callable[[httpx2.Request], httpx2.Response], *hosts: str, steady: Callable[[], float] | None = None
) -> HttpFetch:
    transport = httpx2.MockTransport(answer)
    return HttpFetch(hosts or (HOST,), transport=transport, **({} if steady is None else {"steady": steady}))


def plain(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=b"as it is")


def test_what_is_at_a_named_host_is_fetched() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return plain(request)

    assert answering(answer)(f"https://{HOST}/a?b", {"accept": "x/y"}) == b"as it is"
    (request,) = asked
    assert request.headers["accept"] == "x/y"
    assert "cookie" not in request.headers


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/",
        f"https://{HOST}:8443/",
        f"https://user@{HOST}/",
        f"https://{HOST}.evil.example/",
        "https://169.254.169.254/latest",
        "http://127.0.0.1/",
        "file:///etc/hostname",
        f"//{HOST}/",
        f"https:/{HOST}/",
        "",
        "https://[/",
    ],
)
def test_nothing_else_is_asked_for(url: str) -> None:
    def never(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError("asked")

    with pytest.raises(SourceUnavailable):
        answering(never)(url)


def test_without_encryption_on_the_machine_itself_alone() -> None:
    assert answering(plain, "127.0.0.1:9000")("http://127.0.0.1:9000/")
    with pytest.raises(SourceUnavailable):
        answering(plain, "10.0.0.1")("http://10.0.0.1/")


@pytest.mark.parametrize("status", [201, 204, 301, 302, 304, 400, 401, 404, 500, 503])
def test_everything_but_a_200_is_no_answer(status: int) -> None:
    with pytest.raises(SourceUnavailable):
        answering(lambda _request: httpx2.Response(status, headers={"location": f"https://{HOST}/"}))(f"https://{HOST}/")


def test_an_answer_has_an_end() -> None:
    def of(size: int) -> Callable[[httpx2.Request], httpx2.Response]:
        return lambda _request: httpx2.Response(200, content=bytes(size))

    assert len(answering(of(MAX_ANSWER))(f"https://{HOST}/")) == MAX_ANSWER
    with pytest.raises(SourceUnavailable):
        answering(of(MAX_ANSWER + 1))(f"https://{HOST}/")


def test_a_slow_answer_is_none() -> None:
    def ticking(step: float) -> Callable[[], float]:
        times = iter(index * step for index in range(100))
        return lambda: next(times)

    def dripping(_request: httpx2.Request) -> httpx2.Response:
        def pieces() -> Iterator[bytes]:
            for _ in range(4):
                yield b"drop"

        return httpx2.Response(200, content=pieces())

    assert answering(dripping, steady=ticking(DEADLINE / 10))(f"https://{HOST}/") == b"drop" * 4
    with pytest.raises(SourceUnavailable):
        answering(dripping, steady=ticking(DEADLINE / 2))(f"https://{HOST}/")


def test_a_line_that_breaks_is_no_answer() -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with pytest.raises(SourceUnavailable):
        answering(broken)(f"https://{HOST}/")
    compressed = httpx2.Response(200, headers={"content-encoding": "gzip"}, content=b"")
    with pytest.raises(SourceUnavailable):
        answering(lambda _request: compressed)(f"https://{HOST}/")
