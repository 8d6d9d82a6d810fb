"""Who is who in a sandbox, and when it begins. Nobody in the world has one of these names."""

from __future__ import annotations

from typing import Final

from credence.circuits.credential import DAY_SECONDS

DOMAIN: Final = "sandbox.example"

ISSUER: Final = f"issuer.{DOMAIN}"
VERIFIER: Final = f"verifier.{DOMAIN}"
LOG: Final = f"log.{DOMAIN}/credence"
VENDOR: Final = f"vendor.{DOMAIN}"

NORTH: Final = f"north.{DOMAIN}"
SOUTH: Final = f"south.{DOMAIN}"
DESK: Final = f"desk.{DOMAIN}"
REVIEWER: Final = f"reviewer.{DOMAIN}"
SECOND: Final = f"second.{DOMAIN}"
"""Another reviewer: whoever proposed something does not approve it."""

START: Final = 1_788_253_200
"""2026-09-01T09:00:00Z: where the clock stands unless told otherwise."""

EARLIEST: Final = 1_785_542_400
"""2026-08-01: what happened before the start happened in 2026 too, since no service believes an earlier clock."""

LATEST: Final = 4_102_444_800
"""2100-01-01."""

BEFORE: Final = 210 * DAY_SECONDS
"""Seconds before the start at which the installation was made, and the credential issued that has expired by then."""


def audience_of(client_id: str) -> str:
    """Whom proofs for a client are for."""
    return f"{VERIFIER}/{client_id}"
