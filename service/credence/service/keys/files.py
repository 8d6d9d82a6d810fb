"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from credence.service.keys.seal import KeyringRefused

MAX_BYTES: Final = 1 << 20
"""The largest file that is read."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_POSIX: Final = os.name == "posix"


def read_private(path: Path) -> bytes:
    """The content of a file that nobody but its owner may read. Raises :class:`KeyringRefused` for any other."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise KeyringRefused("a key file is missing or not readable: run credence init") from error
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise KeyringRefused("a key file is no regular file")
        if _POSIX and status.st_mode & _OTHERS:
            raise KeyringRefused("a key file may be read or written by others: its mode must be 0600")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise KeyringRefused("a key file is too large")
    return content


def write_private(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Writes a durable file of mode 0600. Raises :class:`KeyringRefused` where it exists, unless ``replace``, and for more
    than is ever read: the file stays as it is."""
    if len(content) > MAX_BYTES:
        raise KeyringRefused("a key file would be too large to be read again")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = path.with_name(path.name + ".new") if replace else path
    if replace:
        target.unlink(missing_ok=True)  # left by a process that was stopped
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyringRefused("the key file exists already") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        target.unlink()
        raise
    if replace:
        target.replace(path)
    _sync_folder(path.parent)


def mark_of(path: Path) -> tuple[int, int, int] | None:
    """What tells two contents of a file apart that is replaced as a whole; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Nobody else, in this process or another, is in such a block for the same file. Systems without locks are trusted."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if not _POSIX:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
