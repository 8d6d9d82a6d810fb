"""Frames: four bytes of length, big-endian, then one JSON object in its canonical form (RFC 8785), 64 KiB at most.

What is not canonical is refused: so no key stands twice, and what was parsed is what was sent.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from typing import Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Json, canonical_json

MAX_FRAME: Final = 65_536
"""Bytes of the largest object."""

_LENGTH: Final = struct.Struct(">I")


class BadFrame(Exception):
    """A frame that is too large, cut short, late, or no canonical JSON object; ``args[0]`` says which, and never what."""


class Wire:
    """One connection. Whatever is sent or read is done ``patience`` seconds after it began, or never.

    ``steady`` answers seconds from any beginning. For one thread.
    """

    def __init__(self, connection: socket.socket, patience: float, steady: Callable[[], float]) -> None:
        self._connection: Final = connection
        self._patience: Final = patience
        self._steady: Final = steady

    def send(self, message: Json) -> None:
        """Raises :class:`BadFrame` for a message over the limit, and :class:`OSError`."""
        body = canonical_json(message)
        if len(body) > MAX_FRAME:
            raise BadFrame("oversize")
        self._connection.settimeout(self._patience)
        self._connection.sendall(_LENGTH.pack(len(body)) + body)

    def receive(self) -> Json | None:
        """The next message; None where the other side is done. Raises :class:`BadFrame` and :class:`OSError`."""
        until = self._steady() + self._patience
        head = self._exactly(_LENGTH.size, until)
        if not head:
            return None
        (length,) = _LENGTH.unpack(head)
        if not 2 <= length <= MAX_FRAME:
            raise BadFrame("oversize" if length > MAX_FRAME else "empty")
        body = self._exactly(length, until)
        if not body:
            raise BadFrame("truncated")
        return _parsed(body)

    def _exactly(self, count: int, until: float) -> bytes:
        """``count`` bytes; none where the other side ended before the first."""
        pieces = bytearray()
        while len(pieces) < count:
            left = until - self._steady()
            if left <= 0:
                raise BadFrame("late")
            self._connection.settimeout(left)
            try:
                piece = self._connection.recv(count - len(pieces))
            except TimeoutError as error:
                raise BadFrame("late") from error
            if not piece:
                if pieces:
                    raise BadFrame("truncated")
                return b""
            pieces += piece
        return bytes(pieces)


def _parsed(body: bytes) -> Json:
    try:
        message = json.loads(body)
        if not isinstance(message, dict) or canonical_json(message) != body:
            raise BadFrame("not canonical")
    except (ValueError, RecursionError, Malformed) as error:
        raise BadFrame("not canonical") from error
    return message
