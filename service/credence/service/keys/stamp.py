"""A stamped checkpoint: what the log had published, and when, signed by the log's key for whoever must not act without it.

A checkpoint as wallets and auditors know it says nothing of time. A stamp is another note of the same key, whose first line
is no origin, so that neither can stand for the other.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Self

from credence.circuits.errors import Malformed, Refused
from credence.circuits.merkle import HASH_LENGTH
from credence.circuits.note import NoteSigner, NoteVerifier, open_note

FORM: Final = "credence/ledger-stamp/1"
MAX_NUMBER: Final = (1 << 53) - 1


@dataclass(frozen=True)
class Stamp:
    """The log ``origin`` had ``size`` entries under ``root`` (32 bytes) in a checkpoint that it published at ``at``, in unix
    seconds rounded down to the minute."""

    origin: str
    size: int
    root: bytes
    at: int

    def sign(self, signer: NoteSigner) -> str:
        """The note, by the log itself."""
        root = base64.b64encode(self.root).decode()
        return signer.sign(f"{FORM}\n{self.origin}\n{self.size}\n{root}\n{self.at}\n")

    @classmethod
    def open(cls, note: str | bytes, log: NoteVerifier) -> Self:
        """The stamp in a note. Raises :class:`Malformed`, and :class:`Refused` for one that is not the log's."""
        lines = open_note(note, [log]).split("\n")
        if len(lines) != 6 or lines[0] != FORM or lines[5]:
            raise Malformed("not a stamp")
        stamp = cls(lines[1], _decimal(lines[2]), _root(lines[3]), _decimal(lines[4]))
        if stamp.origin != log.name:
            raise Refused("a stamp of another log")
        return stamp


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16) or str(int(text)) != text or int(text) > MAX_NUMBER:
        raise Malformed("a stamp's numbers are decimal")
    return int(text)


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed("a stamp's root is base64") from error
    if len(root) != HASH_LENGTH or base64.b64encode(root).decode() != text:
        raise Malformed("a stamp's root is 32 bytes in base64")
    return root
