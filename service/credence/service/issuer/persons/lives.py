"""What may have become of a credential since it was issued."""

from __future__ import annotations

from enum import StrEnum


class Life(StrEnum):
    """Where an attestation stands. A person has one at most that is live; every other one's handle is revoked."""

    LIVE = "live"
    REPLACED = "replaced"
    """By the person's next one."""
    SUSPENDED = "suspended"
    """Until two persons lift it; nothing is issued to the person before."""
    LIFTED = "lifted"
    """It was suspended, and the person may be issued anew."""
    REVOKED = "revoked"
