"""One process at a time serves or migrates an SQLite file: the one that may move its log's pages into it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from credence.service.cli.exits import NotReady

SUFFIX: Final = ".lock"


@contextmanager
def sole(files: Sequence[Path]) -> Iterator[None]:
    """Holds a lock beside each file. The system lets go of it with the process, however that ends.

    Raises :class:`NotReady` where another process holds one. Systems without such locks are trusted.
    """
    with ExitStack() as held:
        for file in files:
            held.enter_context(_held(file))
        yield


@contextmanager
def _held(file: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(file.with_name(file.name + SUFFIX), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotReady(f"another process serves or migrates {file}") from error
        yield
    finally:
        os.close(descriptor)
