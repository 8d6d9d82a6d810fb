"""Does a keeper's door open to those it is for, and close on everything that is no question?"""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from credence.circuits.errors import Malformed
from credence.service.errors import Misconfigured
from credence.service.keys.complaints import Declined, complaint, heard
from credence.service.keys.door import Door
from credence.service.keys.frames import MAX_FRAME, BadFrame, Wire
from credence.service.keys.knocking import Knocker
from credence.service.keys.ports import KeeperAway
from tests.service.keys.conftest import Keeper

US = os.getuid()


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


HELLO = b'{"content":{},"op":"hello"}'


def say(path: Path, sent: bytes, *, end: bool = True) -> bytes:
    """What comes back until the other side closes, which it does in time."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        found = b""
        try:
            connection.sendall(sent)
            if end:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                found += piece
        except (BrokenPipeError, ConnectionResetError):
            pass
        return found


def test_a_question_is_answered_on_one_connection_and_the_next(tagger: Keeper) -> None:
    with tagger.listening():
        found = say(tagger.socket, framed(HELLO) * 2)
        (length,) = struct.unpack(">I", found[:4])
        assert found == found[: 4 + length] * 2
        assert json.loads(found[4 : 4 + length])["done"]["protocols"] == ["prf/1"]


def test_nobody_else_reaches_it(tagger: Keeper) -> None:
    with tagger.listening():
        assert stat.S_IMODE(tagger.socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(tagger.socket.stat().st_mode) == 0o600
    assert not tagger.socket.exists(), "what stopped listening leaves no socket"


def test_a_group_reaches_it_where_it_may(room: Path) -> None:
    door = Door(room / "shared" / "s", lambda _operation, _content: {}, uids={US}, group=os.getgid())
    assert stat.S_IMODE((room / "shared").stat().st_mode) == 0o710
    assert stat.S_IMODE((room / "shared" / "s").stat().st_mode) == 0o660
    stop = Event()
    stop.set()
    door.serve(stop)


def test_another_user_is_not_answered(tagger: Keeper) -> None:
    with tagger.listening(uids=frozenset({US + 1})):
        assert say(tagger.socket, framed(HELLO)) == b""
        with pytest.raises(KeeperAway):
            Knocker(tagger.socket).ask("hello", {})
    with tagger.listening(uids=frozenset({US + 1, US})):
        assert say(tagger.socket, framed(HELLO)) != b""


FRAMES: dict[str, bytes] = {
    "oversize": struct.pack(">I", MAX_FRAME + 1) + HELLO,
    "2^31": struct.pack(">I", 1 << 31) + HELLO,
    "2^32-1": b"\xff\xff\xff\xff" + HELLO,
    "empty": framed(b""),
    "half a length": b"\x00\x00",
    "half a body": framed(HELLO)[:-3],
    "no JSON": framed(b"hello"),
    "no object": framed(b"[]"),
    "a space": framed(b'{"content": {},"op":"hello"}'),
    "another order": framed(b'{"op":"hello","content":{}}'),
    "a key twice": framed(b'{"content":{},"op":"hello","op":"hello"}'),
    "no UTF-8": framed(b'{"content":{},"op":"h\xff"}'),
    "deep": framed(b'{"content":' + b"[" * 30_000 + b"]" * 30_000 + b',"op":"hello"}'),
    "a lone surrogate": framed(b'{"content":{},"op":"\\ud800"}'),
}


NO_QUESTIONS = (
    b'{"op":"hello"}',
    b'{"content":{},"more":1,"op":"hello"}',
    b'{"content":[],"op":"hello"}',
    b'{"content":{},"op":1}',
    b"{}",
)


def test_what_is_no_frame_is_not_answered(tagger: Keeper) -> None:
    with tagger.listening():
        for name, frame in FRAMES.items():
            assert say(tagger.socket, frame) == b"", name
            assert say(tagger.socket, framed(HELLO)) != b"", f"after {name} the next one is"


def test_what_is_no_question_is_malformed(tagger: Keeper) -> None:
    with tagger.listening():
        for body in NO_QUESTIONS:
            assert json.loads(say(tagger.socket, framed(body))[4:])["failed"]["slug"] == "malformed", body


def test_an_unknown_operation_is_said_to_be(tagger: Keeper) -> None:
    with tagger.listening():
        with pytest.raises(Declined) as refusal:
            Knocker(tagger.socket).ask("export", {})
        assert refusal.value.slug == "unknown-op"


def test_who_says_nothing_is_hung_up_on(tagger: Keeper) -> None:
    with tagger.listening(patience=0.2):
        assert say(tagger.socket, b"", end=False) == b""
        assert say(tagger.socket, framed(HELLO)[:9], end=False) == b""


def test_only_so_many_are_attended_to(tagger: Keeper) -> None:
    with tagger.listening():
        idle = []
        for _ in range(4):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(tagger.socket))
            idle.append(connection)
        assert say(tagger.socket, framed(HELLO)) == b""
        for connection in idle:
            connection.close()
        for _ in range(100):
            if say(tagger.socket, framed(HELLO)):
                break
        else:
            pytest.fail("a place that became free was not given again")


def test_two_do_not_listen_at_one_socket(tagger: Keeper) -> None:
    with tagger.listening(), pytest.raises(Misconfigured, match="listens"):
        Door(tagger.socket, lambda _operation, _content: {}, uids={US})
    assert not tagger.socket.exists()
    with socket.socket(socket.AF_UNIX) as left:  # by a process that was killed
        left.bind(str(tagger.socket))
    with tagger.listening():
        assert say(tagger.socket, framed(HELLO)) != b""


def _open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)


def _a_file(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "s").write_text("")


@pytest.mark.parametrize("spoil", [_open_to_all, _a_file])
def test_a_place_that_is_not_its_own_is_refused(room: Path, spoil: Callable[[Path], None]) -> None:
    spoil(room / "run")
    with pytest.raises(Misconfigured):
        Door(room / "run" / "s", lambda _operation, _content: {}, uids={US})
    with pytest.raises(Misconfigured, match="too long"):
        Door(room / ("x" * 100) / "s", lambda _operation, _content: {}, uids={US})


@pytest.mark.parametrize(
    "answer", [{}, {"failed": {}}, {"done": 1}, {"failed": {"slug": "x", "reason": "y"}}, {"done": {}, "x": 1}]
)
def test_an_answer_that_is_none_is_no_answer(answer: dict[str, object]) -> None:
    with pytest.raises(KeeperAway):
        heard(answer)


def test_an_error_nobody_foresaw_says_nothing() -> None:
    assert complaint(RuntimeError("a secret")) == {"slug": "internal", "reason": "The keeper failed."}
    with pytest.raises(KeeperAway):
        heard({"failed": complaint(RuntimeError("a secret"))})
    with pytest.raises(Malformed, match="why"):
        heard({"failed": complaint(Malformed("why"))})


def test_who_answers_is_who_owns_the_folder(tagger: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    with tagger.listening():
        assert Knocker(tagger.socket).ask("hello", {})["count"] == 0
        monkeypatch.setattr("credence.service.keys.knocking.peer_uid", lambda _connection: US + 1)
        with pytest.raises(KeeperAway):
            Knocker(tagger.socket).ask("hello", {})


def test_a_message_over_the_limit_is_not_sent() -> None:
    here, there = socket.socketpair()
    with here, there, pytest.raises(BadFrame, match="oversize"):
        Wire(here, 1.0, lambda: 0.0).send({"x": "y" * MAX_FRAME})


def test_it_ends_though_somebody_hangs_on(tagger: Keeper) -> None:
    with socket.socket(socket.AF_UNIX) as held:
        with tagger.listening(patience=60):
            held.connect(str(tagger.socket))
            assert say(tagger.socket, framed(HELLO)) != b""
        assert not tagger.socket.exists()
