"""What no forged message shows: whether weights depend on all that is judged, and whether a check is made twice or once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from credence.circuits.composite import checking
from credence.circuits.composite.checking import PairingClaim, check_claims, find_wrong
from credence.circuits.composite.statement import NYM_POINT, compile_plan
from credence.circuits.curve import G1_LENGTH, Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, IllFormed, Step
from credence.circuits.issuance import issuing_interface
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.subjects import BOTH, full
from tests.conftest import SeededBytes


def weights_of(curve: Curve, claims: list[PairingClaim]) -> list[int]:
    """The weights that ``check_claims`` uses, whether or not the claims hold."""
    drawn: list[list[int]] = []
    draw = checking.draw_weights

    def watched(rng: Rng, judged: Iterable[bytes], count: int) -> list[int]:
        drawn.append(draw(rng, judged, count))
        return drawn[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "draw_weights", watched)
        try:
            check_claims(curve, claims, SeededBytes("weights"))
        except CircuitError as error:
            assert error.step is Step.PAIRING
    return drawn[0]


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("part", ["A", "B", "key"])
def test_weights_of_pairings_depend_on_every_part_of_every_claim(curve: Curve, place: int, part: str) -> None:
    """Where one part were left out, whoever foresees the generator would choose that one last."""
    subject = full(curve)
    claims = list(subject.read(subject.prove()).claims)
    before = weights_of(curve, claims)
    assert before == weights_of(curve, claims)
    assert len(before) == len(claims) - 1
    claim = claims[place]
    other = curve.BP2 * 7 if part == "key" else curve.BP1 * 7
    claims[place] = replace(claim, **{part: other})
    assert set(weights_of(curve, claims)).isdisjoint(before)


@pytest.mark.parametrize("encoding", BOTH)
def test_a_fixed_point_is_no_pseudonym(curve: Curve, encoding: Encoding) -> None:
    """Nym = P1 is seen to be none before anything is computed with it; another point is a wrong proof."""
    subject = full(curve)
    message = subject.prove(encoding)
    subject.verify(message, encoding)
    at = G1_LENGTH * compile_plan(subject.plan).sent.index(NYM_POINT)
    fixed = issuing_interface(curve).suite.P1.to_bytes()
    with pytest.raises(IllFormed, match="pseudonym") as caught:
        subject.read(message[:at] + fixed + message[at + G1_LENGTH :], encoding)
    assert caught.value.step is Step.INSTANCE


def test_among_none_none_is_wrong() -> None:
    assert find_wrong([], SeededBytes("weights")) == {}
