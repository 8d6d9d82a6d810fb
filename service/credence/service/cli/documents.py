"""Files that commands read and write: JSON of a bounded size, and what only its owner may read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from credence.circuits.errors import CircuitError
from credence.circuits.fields import unrepeated
from credence.service.cli.exits import BadUsage, Failed

T = TypeVar("T")

MAX_BYTES: Final = 1 << 20
"""The largest file that is read."""

STANDARD_INPUT: Final = Path("-")


def read_text(path: Path, what: str) -> str:
    """The text of a file, ``-`` being standard input. Raises :class:`BadUsage`, which calls it ``what``."""
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if path == STANDARD_INPUT else _bytes(path)
        if len(data) > MAX_BYTES:
            raise BadUsage(f"{what} is too large: {path}")
        return data.decode("utf-8")
    except OSError as error:
        raise BadUsage(f"{what} cannot be read: {path} ({error.strerror or type(error).__name__})") from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"{what} is no text: {path}") from error


def read_object(path: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file. Raises :class:`BadUsage` as :func:`read_text`, and for anything else."""
    try:
        value = json.loads(read_text(path, what), object_pairs_hook=unrepeated)
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"{what} is no JSON: {path}") from error
    if not isinstance(value, dict):
        raise BadUsage(f"{what} is no JSON object: {path}")
    return value


def read_as(path: Path, what: str, parse: Callable[[Mapping[str, Any]], T]) -> T:
    """What ``parse`` reads in a file. Raises :class:`BadUsage` as :func:`read_object`, and where ``parse`` refuses it."""
    try:
        return parse(read_object(path, what))
    except CircuitError as error:
        raise BadUsage(f"{what} cannot be used: {path} ({error.reason})") from error


def require_absent(path: Path | None, what: str) -> None:
    """Returns iff nothing stands where ``what`` will be written. Raises :class:`Failed`."""
    if path is not None and path.exists():
        raise Failed(f"{what} would be written over a file: {path}; nothing was done")


def write_private(path: Path, text: str, what: str) -> None:
    """Writes a new file of mode 0600. Raises :class:`Failed` where there is one already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Failed(f"{what} is not written: there is a file already, {path}") from error
    except OSError as error:
        raise BadUsage(f"{what} cannot be written: {path} ({error.strerror})") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
