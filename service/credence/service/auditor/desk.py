"""The desk: what the auditor has at hand once it has started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credence.circuits.escrow.generation import TrusteeSet
from credence.service.errors import InvalidRequest
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import Store
from credence.service.trustees import load_trustees

PARTY: Final = "auditor"


@dataclass(frozen=True)
class Desk:
    """The services of the process, and the sets of trustees by id. Made by :func:`open_desk`; safe for many threads."""

    services: Services
    sets: Mapping[str, TrusteeSet]

    @property
    def store(self) -> Store:
        """The auditor's own database."""
        return self.services.store(PARTY)

    def trustees(self, name: str) -> TrusteeSet:
        """The set of that id. Raises :class:`InvalidRequest` for one whose ceremony nobody showed here."""
        if name not in self.sets:
            raise InvalidRequest("This service knows no such set of trustees.")
        return self.sets[name]


def open_desk(services: Services) -> Desk:
    """Reads the transcripts of the trustees' ceremonies, and checks each whole. Raises :class:`Misconfigured`."""
    sets = load_trustees(services.settings.trustee_dir, services.curve, services.rng)
    if sets:
        logger().info("trustees.known", party=PARTY, count=len(sets))
    return Desk(services, sets)
