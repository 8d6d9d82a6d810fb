"""The door of a keeper: a Unix socket that only named users reach, and only one frame at a time.

The socket lies in a folder that only its owner, or a named group, may enter. Whoever connects is asked of the kernel who
they are (``SO_PEERCRED``), and a stranger is not answered. Connections, frames and times are bounded.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import Callable, Collection
from pathlib import Path
from threading import BoundedSemaphore, Event, Thread
from typing import Any, Final

from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields, Json
from credence.service.clock import steady_clock
from credence.service.errors import Misconfigured
from credence.service.keys.complaints import complaint
from credence.service.keys.frames import BadFrame, Wire
from credence.service.logs import logger

PATIENCE: Final = 5.0
"""Seconds that a frame may take, from when it is waited for."""

CONNECTIONS: Final = 16
"""Connections that are served at a time; any other is closed at once."""

_TICK: Final = 0.2
_CREDENTIALS: Final = struct.Struct("3i")
_MAX_PATH: Final = 107

Answer = Callable[[str, Json], Json]
"""What a keeper does: an operation's name and content in, its outcome out. Raises as it likes; safe for many threads."""


def peer_uid(connection: socket.socket) -> int:
    """The user id of who is at the other end of a Unix socket, as the kernel knows it."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return int(uid)


class Door:
    """Listens at ``path`` for the users ``uids``; with ``group``, members of that group id may reach the socket too.

    Raises :class:`~credence.service.errors.Misconfigured` for a path that is too long, a folder that others may enter or
    that is somebody else's, and where another process listens already.
    """

    def __init__(
        self,
        path: Path,
        answer: Answer,
        *,
        uids: Collection[int],
        group: int | None = None,
        connections: int = CONNECTIONS,
        patience: float = PATIENCE,
        steady: Callable[[], float] = steady_clock,
    ) -> None:
        self._path: Final = path
        self._answer: Final = answer
        self._uids: Final = frozenset(uids)
        self._patience: Final = patience
        self._steady: Final = steady
        self._places: Final = BoundedSemaphore(connections)
        self._listener: Final = _bound(path, group)

    def serve(self, stop: Event) -> None:
        """Answers until ``stop`` is set; then the socket is gone."""
        self._listener.settimeout(_TICK)
        try:
            while not stop.is_set():
                try:
                    connection, _ = self._listener.accept()
                except TimeoutError:
                    continue
                if not self._places.acquire(blocking=False):
                    connection.close()
                    logger().warning("keeper.busy")
                    continue
                Thread(target=self._attend, args=(connection,), name="keeper", daemon=True).start()
        finally:
            self._listener.close()
            self._path.unlink(missing_ok=True)

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection:
                if peer_uid(connection) not in self._uids:
                    logger().warning("keeper.stranger")
                    return
                wire = Wire(connection, self._patience, self._steady)
                while (message := wire.receive()) is not None:
                    wire.send(self._answered(message))
        except BadFrame as error:
            logger().warning("keeper.bad-frame", reason=str(error))
        except OSError as error:
            logger().info("keeper.hung-up", error=type(error).__name__)
        finally:
            self._places.release()

    def _answered(self, message: Json) -> dict[str, Any]:
        try:
            fields = Fields(message, "frame")
            operation, content = fields.text("op", max_length=32), fields.raw_object("content")
            fields.done()
            return {"done": dict(self._answer(operation, content))}
        except CircuitError as error:
            return {"failed": complaint(error)}
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told no more than the complaint
            said = complaint(error)
            level = logger().error if said["slug"] == "internal" else logger().warning
            level("keeper.declined", slug=said["slug"], error=type(error).__name__)
            return {"failed": said}


def _bound(path: Path, group: int | None) -> socket.socket:
    if len(os.fsencode(path)) > _MAX_PATH:
        raise Misconfigured("the path of the socket is too long: 107 bytes at most")
    _folder(path.parent, group)
    if path.exists() or path.is_symlink():
        _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    if group is not None:
        os.chown(path, -1, group)
        path.chmod(0o660)
    listener.listen(CONNECTIONS)
    return listener


def _folder(folder: Path, group: int | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if group is not None and folder.stat().st_uid == os.getuid():
        os.chown(folder, -1, group)
        folder.chmod(0o710)
    if fault := folder_fault(folder, os.getuid(), grouped=group is not None):
        raise Misconfigured(fault)


def folder_fault(folder: Path, owner: int, *, grouped: bool) -> str | None:
    """What is wrong with a socket's folder; None where only ``owner``, or where ``grouped`` its group, may enter it."""
    found = folder.stat()
    if found.st_uid != owner:
        return "the folder of the socket is somebody else's"
    shut = stat.S_IRWXO | stat.S_IWGRP | (0 if grouped else stat.S_IRWXG)
    return "others may enter the folder of the socket: its mode must be 0700" if found.st_mode & shut else None


def _remove_stale(path: Path) -> None:
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise Misconfigured("there is a file in the place of the socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise Misconfigured("another process listens at the socket")
