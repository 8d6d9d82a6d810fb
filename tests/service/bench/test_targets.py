"""Are proofs as fast as promised, measured in pairings so that the machine does not matter?"""

from __future__ import annotations

import pytest

from credence.circuits.curve import Curve
from credence.service import bench

pytestmark = pytest.mark.slow


def test_verification_and_proving_keep_to_their_figures(curve: Curve) -> None:
    found = {result.name: result for result in bench.run(curve, only={"bbs10", "bbs30"}, rounds=15).results}
    ratios = {name: (result.prove_ratio or 0, result.verify_ratio or 0) for name, result in found.items()}
    assert 0 < ratios["bbs10"][1] <= 1.5, ratios
    assert 0 < ratios["bbs30"][1] <= 2.2, ratios
    assert 0 < ratios["bbs10"][0] <= 2.0, ratios
