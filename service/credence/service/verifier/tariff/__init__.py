"""A tariff: one versioned table of fees and margin, checked against every invariant when it is loaded."""

from credence.service.verifier.tariff.parsing import parse_tariff
from credence.service.verifier.tariff.shelf import DEFAULT_TARIFF, load_tariffs, shipped_tariff
from credence.service.verifier.tariff.tables import Tariff, TariffError

__all__ = ["DEFAULT_TARIFF", "Tariff", "TariffError", "load_tariffs", "parse_tariff", "shipped_tariff"]
