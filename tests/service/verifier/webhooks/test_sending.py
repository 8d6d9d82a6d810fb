"""Does a request reach whom it is for, over the address that was looked at, and end in time whatever the receiver does?"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest

from credence.service.verifier.webhooks.sending import MAX_ANSWER, Answered, Outgoing, Resolver, Sender, Unanswered
from tests.service.verifier.webhooks.certificates import contexts
from tests.service.verifier.webhooks.receiver import Receiver, Reply, receiving

HOST = "hooks.venue.example"
PUBLIC = "93.184.215.14"
LOOPBACK = "127.0.0.1"


class Names:
    """A resolver that answers what it is told, one answer after the other, and the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def send(
    url: str,
    names: Names,
    *,
    allowed: Collection[str] = (),
    tls: ssl.SSLContext | None = None,
    deadline: float = 5,
    body: bytes = b"{}",
) -> Answered | Unanswered:
    sender = Sender(allowed, names, tls=tls, deadline=deadline)
    return asyncio.run(sender(Outgoing(url, {"webhook-id": "m1"}, body)))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def here(receiver: Receiver, **options: float) -> Answered | Unanswered:
    return send(receiver.url(), Names([LOOPBACK]), allowed={LOOPBACK}, **options)  # type: ignore[arg-type]


def test_a_receiver_gets_what_is_sent(receiver: Receiver) -> None:
    assert here(receiver) == Answered(204)
    (got,) = receiver.got
    assert (got.path, got.body) == ("/hook?room=1", b"{}")
    assert got.headers == {
        "webhook-id": "m1",
        "host": f"{LOOPBACK}:{receiver.port}",
        "content-type": "application/json",
        "content-length": "2",
        "user-agent": "credence-webhooks/1",
        "connection": "close",
    }


def test_tls_is_spoken_with_the_name_at_the_address_that_was_looked_at(tmp_path: Path) -> None:
    server, client = contexts(tmp_path, HOST)
    with receiving(server) as receiver:
        url = receiver.url(host=HOST, scheme="https")
        assert send(url, Names([LOOPBACK]), allowed={HOST}, tls=client) == Answered(204)
        assert receiver.got[0].headers["host"] == f"{HOST}:{receiver.port}"
        # the same receiver under another name, and to somebody who does not know its authority
        other = receiver.url(host="other.example", scheme="https")
        assert send(other, Names([LOOPBACK]), allowed={"other.example"}, tls=client) == Unanswered("tls")
        assert send(url, Names([LOOPBACK]), allowed={HOST}) == Unanswered("tls")
        assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "places", [[LOOPBACK], ["10.0.0.7"], ["::1"], [PUBLIC, LOOPBACK], ["169.254.169.254"], ["::ffff:127.0.0.1"]]
)
def test_a_name_that_leads_inside_is_not_followed(receiver: Receiver, places: list[str]) -> None:
    """The accepted twin is the host that the operator names, above."""
    names = Names(places)
    assert send(receiver.url(host=HOST, scheme="https"), names) == Unanswered("address")
    assert names.asked == [HOST]
    assert receiver.got == []


def test_a_name_is_asked_for_once(receiver: Receiver) -> None:
    """What was looked at is what is connected to: a second answer of the resolver would lead elsewhere, and is never had."""
    names = Names([LOOPBACK], ["127.0.0.2"])
    assert send(receiver.url(host=HOST), names, allowed={HOST}) == Answered(204)
    assert names.asked == [HOST]
    rebound = Names([PUBLIC], [LOOPBACK])
    with pytest.raises(ExceptionGroup) as caught:  # the test's own guard sees where it wants to go
        send(receiver.url(host=HOST, scheme="https"), rebound)
    assert f"socket.connect to {PUBLIC}" in str(caught.value.exceptions[0])
    assert rebound.asked == [HOST]
    assert len(receiver.got) == 1


def test_a_host_that_is_no_longer_allowed_is_not_asked(receiver: Receiver) -> None:
    names = Names([LOOPBACK])
    assert send(receiver.url(), names) == Unanswered("address")
    assert names.asked == []


def test_the_next_address_of_a_name_is_tried() -> None:
    with receiving() as receiver:
        assert send(receiver.url(host=HOST), Names(["127.0.0.9", LOOPBACK]), allowed={HOST}) == Answered(204)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer(Reply(307, {"location": receiver.url("/elsewhere")}), Reply(204))
    assert here(receiver) == Answered(307)
    assert [got.path for got in receiver.got] == ["/hook?room=1"]


def test_of_an_endless_answer_little_is_read(receiver: Receiver) -> None:
    receiver.answer(Reply(200, endless=True))
    started = time.monotonic()
    assert here(receiver) == Answered(200)
    assert time.monotonic() - started < 3
    receiver.over.set()
    assert receiver.sent < 16 * 1024 * 1024  # what the sockets hold, and not what an endless loop sends in the time
    assert MAX_ANSWER == 16_384


def test_a_slow_receiver_is_left_at_the_deadline(receiver: Receiver) -> None:
    wait = Event()
    receiver.answer(Reply(204, wait=wait))
    started = time.monotonic()
    assert here(receiver, deadline=0.2) == Unanswered("timeout")
    assert time.monotonic() - started < 2
    wait.set()
    assert here(receiver) == Answered(204)


def test_an_answer_that_drips_is_left_at_the_deadline() -> None:
    """Each byte comes in time; the whole does not."""
    assert raw(b"HTTP/1.1 200 OK\r\n", drip=b"x: y\r\n", deadline=0.4) == Unanswered("timeout")
    # once the status is known, a body that drips changes nothing
    assert raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", drip=b"x", deadline=0.4) == Answered(200)


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000, b""]
)
def test_what_is_not_http_is_no_answer(said: bytes) -> None:
    assert raw(said) == Unanswered("no-http")


def test_retry_after_is_handed_on(receiver: Receiver) -> None:
    receiver.answer(Reply(503, {"retry-after": "17"}))
    assert here(receiver) == Answered(503, "17")


def test_nobody_listens() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
    assert send(f"http://{LOOPBACK}:{port}/", Names([LOOPBACK]), allowed={LOOPBACK}) == Unanswered("unreachable")
    assert send("https://hooks.venue.example/", Names([])) == Unanswered("unreachable")


def test_the_systems_resolver() -> None:
    async def work() -> Sequence[str]:
        resolver = Resolver(1)
        try:
            return await resolver("localhost", 443)
        finally:
            resolver.close()

    assert LOOPBACK in asyncio.run(work())


def raw(said: bytes, *, drip: bytes = b"", deadline: float = 5) -> Answered | Unanswered:
    """What comes of a server that says these bytes, and then one more piece at a time."""
    over = Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            heard = b""
            while not heard.endswith(b"{}"):
                heard += connection.recv(65_536)
            try:
                connection.sendall(said)
                while drip and not over.wait(0.02):
                    connection.sendall(drip)
                connection.shutdown(socket.SHUT_WR)
                over.wait(10)
            except OSError:
                return

    with socket.create_server((LOOPBACK, 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        try:
            url = f"http://{LOOPBACK}:{server.getsockname()[1]}/"
            return send(url, Names([LOOPBACK]), allowed={LOOPBACK}, deadline=deadline)
        finally:
            over.set()
            thread.join()
