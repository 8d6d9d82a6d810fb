"""The four ways to fail.

Every function of ``credence.circuits`` that is given untrusted input returns a value that may be relied on, or raises one
of these. None of them carries the offending input: an error may be logged.
"""

from __future__ import annotations

from enum import IntEnum


class Step(IntEnum):
    """The steps of verifying a presentation, numbered alike in code, docs and tests (docs/protocol.md)."""

    SHAPE = 1
    CONTEXT = 2
    DECODE = 3
    INSTANCE = 4
    CHALLENGE = 5
    PAIRING = 6
    STATE = 7
    RECEIPT = 8


class CircuitError(Exception):
    """Base of the four. ``reason`` is a short sentence or slug without input; ``step`` names what refused, if known."""

    def __init__(self, reason: str, step: Step | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.step = step


class Malformed(CircuitError):
    """The bytes or the JSON are not the encoding of anything."""


class IllFormed(CircuitError):
    """Well encoded, but no statement that may be proved or judged (a wrong length, an identity, an unknown name)."""


class Unprovable(CircuitError):
    """The holder's witness does not satisfy the statement; nothing was sent."""


class Refused(CircuitError):
    """A proof, signature or log proof that does not verify."""
