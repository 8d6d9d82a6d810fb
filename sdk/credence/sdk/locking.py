"""One writer at a time: a lock between processes, on a file of its own beside what it guards."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_ATTEMPTS: Final = 200
_PAUSE: Final = 0.05


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else, in this process or another one, is inside for the same ``path`` meanwhile.

    The file is made where there is none, empty and its owner's alone, and stays: to remove it would let two in. A process
    that ends lets go of it, however it ends. Raises :class:`TimeoutError` after ten seconds, and :class:`OSError`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(descriptor)
        yield
    finally:
        os.close(descriptor)  # which lets go


def _wait(descriptor: int) -> None:
    for _ in range(_ATTEMPTS):
        try:
            _try(descriptor)
        except (BlockingIOError, PermissionError):  # as POSIX and Windows say that somebody else is inside
            time.sleep(_PAUSE)
        else:
            return
    raise TimeoutError("somebody else holds the lock")


def _try(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["alone"]
