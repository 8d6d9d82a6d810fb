"""One issuer, new for each test."""

from __future__ import annotations

import pytest

from credence.circuits.curve import Curve
from tests.circuits.revocation_log.subjects import Issuer
from tests.conftest import SeededBytes


@pytest.fixture
def issuer(curve: Curve, rng: SeededBytes) -> Issuer:
    return Issuer(curve, rng)
