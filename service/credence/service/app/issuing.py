"""The issuer with the adapters that the settings ask for: it knows their port, and none of them."""

from __future__ import annotations

from credence.service.adapters.configured import evidence_adapters, screening_lists
from credence.service.issuer.desk import Desk, open_desk
from credence.service.runtime import Services


def prepare(services: Services) -> Desk:
    """What the issuer does once before the first request: reads its lists and publishes its document.

    Raises :class:`~credence.service.errors.Misconfigured`.
    """
    settings = services.settings
    return open_desk(services, evidence_adapters(settings, services.clock), screening_lists(settings))
