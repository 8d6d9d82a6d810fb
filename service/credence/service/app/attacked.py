"""What attacks gain on the live tariff, for who reports on risk: the verifier has the tariff, reputation the attacks."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from fastapi import FastAPI

from credence.service.errors import Unavailable
from credence.service.runtime import Attacked, Services
from credence.service.verifier import records, tariff_versions
from credence.service.verifier.tariff import DEFAULT_TARIFF, Tariff, load_tariffs

_KNOWN: Final[dict[str, Mapping[str, Any]]] = {}
"""By the digest of a tariff, of which there are few; attacks have no other input."""

_LOCK: Final = Lock()


def attacked(app: FastAPI) -> Attacked:
    """The same for a service that answers."""

    def told() -> Mapping[str, Any] | None:
        services = getattr(app.state, "services", None)
        if not isinstance(services, Services):
            raise Unavailable
        return attacked_by(services)

    return told


def attacked_by(services: Services) -> Mapping[str, Any] | None:
    """Every attack on the tariff that is live now: some seconds for each version, once. None where there is no tariff."""
    tariff = live_tariff(services)
    return None if tariff is None else _attacked(tariff)


def live_tariff(services: Services) -> Tariff | None:
    """The version of the default tariff that counts now."""
    with services.store("verifier").reading() as session:
        row = records.active_tariff_version(session, DEFAULT_TARIFF, services.clock())
    if row is not None:
        return tariff_versions.tariff_of(services, row)
    return load_tariffs(services.settings.tariff_dir).get(DEFAULT_TARIFF)


def _attacked(tariff: Tariff) -> Mapping[str, Any]:
    from credence.service.app.attack_venue import attacks_on

    with _LOCK:  # who comes meanwhile waits, instead of computing the same
        if tariff.digest not in _KNOWN:
            _KNOWN[tariff.digest] = attacks_on(tariff).to_json()
        return _KNOWN[tariff.digest]
