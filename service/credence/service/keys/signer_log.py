"""A signer's own log: one line for each signature, chained by hashes, on disk before the signature leaves.

It tells what was signed and nothing of whom: the leaf that the ledger must show, a keyed digest by which a repeat is known,
the epoch, the ledger as the signer was shown it. Anybody may check the chain; that it is whole, and not an older one, says
the signer's tally, and in the end the ledger.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.service.keys.seal import KeyringRefused
from credence.service.keys.tally import Tally

FIRST: Final = bytes(32)
"""What the first record names as the one before."""

_MAX_LINE: Final = 2_048


@dataclass(frozen=True)
class Record:
    """One signature: its ``number`` from 1, the key, the attestation's ``leaf``, ``known_by`` (32 bytes, keyed), the epoch
    of 28 days it was made in, and size and root of the ledger's checkpoint that the signer had been shown."""

    number: int
    previous: bytes
    key_id: str
    leaf: bytes
    known_by: bytes
    epoch: int
    size: int
    root: bytes

    def line(self) -> bytes:
        """As it stands in the file."""
        digests = {name: getattr(self, name).hex() for name in ("previous", "leaf", "known_by", "root")}
        numbers = {"number": self.number, "epoch": self.epoch, "size": self.size}
        return canonical_json({**digests, **numbers, "key_id": self.key_id})

    def digest(self) -> bytes:
        """What the next record names, 32 bytes."""
        return sha256_labelled(Label.KEEPER, b"record", self.line())

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Raises :class:`ValueError` or :class:`CircuitError` for anything but :meth:`line`."""
        fields = Fields(json.loads(line), "record")
        names = ("previous", "leaf", "known_by", "root")
        digests: dict[str, Any] = {name: bytes.fromhex(fields.text(name, max_length=64)) for name in names}
        if any(len(digest) != 32 for digest in digests.values()):
            raise ValueError("a digest has 32 bytes")
        numbers: dict[str, Any] = {name: fields.integer(name) for name in ("number", "epoch", "size")}
        record = cls(key_id=fields.text("key_id", max_length=64), **digests, **numbers)
        fields.done()
        if record.line() != line:
            raise ValueError("a record has one form")
        return record


def chained(file: BinaryIO) -> Iterator[Record]:
    """The records of a log. What comes after the last line break is no record. Raises :class:`KeyringRefused`."""
    previous, number = FIRST, 0
    while line := file.readline(_MAX_LINE):
        if not line.endswith(b"\n"):
            if len(line) < _MAX_LINE:
                return
            raise KeyringRefused("the signer's log has a line that is no record")
        try:
            record = Record.parse(line[:-1])
        except (CircuitError, ValueError, RecursionError) as error:
            raise KeyringRefused(f"the signer's log has no record in line {number + 1}") from error
        if record.number != number + 1 or record.previous != previous:
            raise KeyringRefused(f"the signer's log was altered before or in line {number + 1}")
        previous, number = record.digest(), record.number
        yield record


def read_log(path: Path) -> list[Record]:
    """Every record of a log, or of a copy of one. Raises :class:`KeyringRefused`, and :class:`OSError`."""
    with path.open("rb") as file:
        return list(chained(file))


class SignerLog:
    """The log of one signer, which alone may write it. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Opens the file for this process alone. Raises :class:`KeyringRefused` where another signer has it."""
        self._file: Final = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
        try:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise KeyringRefused("another signer writes this log") from error

    def recover(self, tally: Tally) -> tuple[list[Record], Tally]:
        """Every record, and the tally with what was appended and not yet counted.

        A process that was killed leaves one record more than it counted, or part of one: no signature had left. Anything
        else is refused: :class:`KeyringRefused`.
        """
        with os.fdopen(os.dup(self._file.fileno()), "rb") as file:
            file.seek(0)
            records = list(chained(file))
        whole = sum(len(record.line()) + 1 for record in records)
        torn = os.fstat(self._file.fileno()).st_size > whole
        digest = records[-1].digest() if records else FIRST
        uncounted = len(records) - tally.count
        if uncounted == 0 and digest == tally.head:
            if torn:
                os.ftruncate(self._file.fileno(), whole)
                os.fsync(self._file.fileno())
            return records, tally
        if uncounted == 1 and records[-1].previous == tally.head and not torn:
            return records, replace(tally, count=len(records), head=digest)
        raise KeyringRefused("the signer's log is not the one that its tally counts: it was cut, altered or put back")

    def append(self, record: Record) -> None:
        """Durable when it returns. Raises :class:`OSError`."""
        self._file.seek(0, os.SEEK_END)
        data = record.line() + b"\n"
        if self._file.write(data) != len(data):
            raise OSError("the signer's log took less than a record")
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()
