"""Asking a keeper at its door."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from credence.circuits.fields import Json
from credence.service.clock import steady_clock
from credence.service.keys.complaints import heard
from credence.service.keys.door import PATIENCE, peer_uid
from credence.service.keys.frames import BadFrame, Wire
from credence.service.keys.ports import KeeperAway


class Knocker:
    """Asks at one socket, a connection a question. Safe for many threads.

    Who answers has to be the owner of the folder that the socket lies in: nobody else could have put it there.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE, steady: Callable[[], float] = steady_clock) -> None:
        self._path: Final = path
        self._patience: Final = patience
        self._steady: Final = steady

    def ask(self, operation: str, content: Json) -> Json:
        """The answer. Raises as :func:`~credence.service.keys.complaints.heard`, and :class:`KeeperAway`."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._patience)
                connection.connect(str(self._path))
                if peer_uid(connection) != os.stat(self._path.parent).st_uid:
                    raise KeeperAway
                wire = Wire(connection, self._patience, self._steady)
                wire.send({"op": operation, "content": dict(content)})
                answer = wire.receive()
        except (OSError, BadFrame) as error:
            raise KeeperAway from error
        if answer is None:
            raise KeeperAway
        return heard(answer)
