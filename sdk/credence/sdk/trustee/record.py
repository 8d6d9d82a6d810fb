"""A trustee's record: a line of JSON for each thing that it was asked, each with the SHA-256 of the one before and a MAC.

The key of the MAC follows from the identity, which is in the sealed vault: who has the folder and not the passphrase can add
no line. Which line is the newest says the vault, so that one that is taken away is noticed too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.circuits.fields import Json, canonical_json
from credence.circuits.hashing import Label, hmac_labelled
from credence.sdk.errors import VaultTampered

START: Final = bytes(32)
"""Stands for the line before the first."""

_PURPOSE: Final = b"record"


@dataclass(frozen=True, slots=True)
class Lines:
    """The whole lines of a record, the hash of the last one, their bytes, and whether part of a line comes after them."""

    entries: tuple[Json, ...]
    head: bytes
    size: int
    torn: bool


def record_key(identity: bytes) -> bytes:
    """The 32 bytes that MACs are made with, of a trustee's Ed25519 seed."""
    return hmac_labelled(identity, Label.VAULT, _PURPOSE)


def make_line(key: bytes, entry: Mapping[str, Any], before: bytes) -> bytes:
    """A line, with its end. ``before`` is the hash of the one before."""
    said = {**entry, "before": b64u(before)}
    return canonical_json({**said, "mac": _mac(key, said)}) + b"\n"


def read_lines(path: Path, key: bytes) -> Lines:
    """Every whole line, each held against its MAC and the one before; what comes after the last line break is none.

    Raises :class:`VaultTampered`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    *lines, rest = data.split(b"\n")
    found, before = [], START
    for line in lines:
        entry = _entry(line, key)
        if entry.get("before") != b64u(before):
            raise VaultTampered("The record has a line that does not follow the one before.")
        found.append(entry)
        before = line_hash(line + b"\n")
    return Lines(tuple(found), before, len(data) - len(rest), bool(rest))


def line_hash(line: bytes) -> bytes:
    """What the next line and the vault say of a line, its end included."""
    return hashlib.sha256(line).digest()


def append(path: Path, line: bytes) -> None:
    """Durable when it returns; part of a line may stand there where it raises :class:`OSError`."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def cut(path: Path, size: int) -> None:
    """Takes away what comes after ``size`` bytes, durably. Raises :class:`OSError`."""
    with path.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def _entry(line: bytes, key: bytes) -> Json:
    """The entry, without its MAC. Raises :class:`VaultTampered`."""
    try:
        entry = dict(json.loads(line))
        mac = entry.pop("mac")
        known = isinstance(mac, str) and hmac.compare_digest(mac.encode(), _mac(key, entry).encode())
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise VaultTampered("The record has a line that is none.") from error
    if not known:
        raise VaultTampered("The record has a line that this trustee did not write.")
    return entry


def _mac(key: bytes, said: Mapping[str, Any]) -> str:
    return b64u(hmac_labelled(key, Label.VAULT, _PURPOSE, canonical_json(dict(said))))
