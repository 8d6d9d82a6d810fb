"""How trustees, and those who ask them, say no: of the one tree of :mod:`credence.sdk.errors`."""

from __future__ import annotations

from credence.sdk.errors import CredenceError


class OpeningError(CredenceError):
    """A trustee, or whoever asks trustees, refuses to go on; ``reason`` says why."""


class CeremonyRefused(OpeningError):
    """A ceremony in which somebody lied or is missing, or that is not this trustee's."""

    default = "The ceremony is refused."


class WarrantRefused(OpeningError):
    """A warrant that does not let this trustee open anything: unsigned, unknown, out of its time, or not in the log."""

    default = "The warrant is refused."


class ExhibitRefused(OpeningError):
    """A presentation that does not hold, or is not the warrant's."""

    default = "The presentation is refused."


class OpeningRefused(OpeningError):
    """An opening that this trustee has made for somebody else, or parts that open nothing."""

    default = "The opening is refused."
