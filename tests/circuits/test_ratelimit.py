"""Are there exactly n tags in an epoch, and do tags of other epochs, audiences, names and holders have nothing in common?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import IllFormed, Refused, Unprovable
from credence.circuits.ratelimit import MAX_USES, Limit, use_tag, use_tag_point, use_tag_values
from credence.circuits.sigma.proof import prove, verify
from credence.circuits.sigma.statement import BLIND, COMMITMENT, compile_clauses
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.predicates.proofs import committed
from tests.circuits.sigma.subjects import base, tag_of
from tests.conftest import SeededBytes

KEY = 3_003
TEN = Limit("verifier.example/venue-a", "open-account", 20_778, 10)


def shown(curve: Curve, limit: Limit, tag: G1, bits: dict[str, int], key: int = KEY) -> None:
    """Proves and verifies, or raises as the verifier or the prover's own look at the constraints does."""
    rng = SeededBytes("tag")
    template = compile_clauses([committed({"k": key}), use_tag("k", "T", "G", "i", limit.uses)])
    values = {"k": key, "blind.k": 5, BLIND: 7, **bits}
    points = {"H.k": base(curve, "k"), "T": tag, "G": limit.base(curve)}
    points["X.k"] = curve.msm([points["H.k"], curve.BP1], [key, 5])
    if template.constraints is not None:
        points[COMMITMENT] = template.commit(curve, values)
    statement = template.bind(curve, points)
    proof_tag = tag_of(statement, Encoding.COMPACT)
    proof = prove(statement, template.witness(values), proof_tag, Encoding.COMPACT, rng, check=False)
    verify(statement, proof, proof_tag, Encoding.COMPACT, rng)


@pytest.mark.parametrize("uses", [1, 2, 10, 16])
def test_there_are_n_tags_and_each_is_shown(curve: Curve, uses: int) -> None:
    limit = replace(TEN, uses=uses)
    tags = [use_tag_point(curve, limit, KEY, index) for index in range(uses)]
    assert len(set(tags)) == uses
    for index, tag in enumerate(tags):
        shown(curve, limit, tag, use_tag_values(index, "i", uses))


@pytest.mark.parametrize("uses", [1, 10])
def test_there_is_no_tag_after_the_last_one(curve: Curve, uses: int) -> None:
    limit = replace(TEN, uses=uses)
    for answer in (lambda: use_tag_point(curve, limit, KEY, uses), lambda: use_tag_values(uses, "i", uses)):
        with pytest.raises(Unprovable, match="used up"):
            answer()
    with pytest.raises(Unprovable, match="used up"):
        use_tag_point(curve, limit, KEY, -1)


def test_the_eleventh_tag_of_ten_is_not_shown_with_any_bits(curve: Curve) -> None:
    eleventh = use_tag_point(curve, replace(TEN, uses=16), KEY, 10)
    honest = use_tag_values(9, "i", 10)
    with pytest.raises(Refused):
        shown(curve, TEN, eleventh, honest)
    with pytest.raises(Unprovable, match="constraint"):
        shown(curve, TEN, eleventh, {**honest, "i.3": 2})


def test_tags_of_others_have_nothing_in_common(curve: Curve) -> None:
    others = [
        replace(TEN, epoch=TEN.epoch + 1),
        replace(TEN, audience="verifier.example/venue-b"),
        replace(TEN, name="withdraw"),
    ]
    tags = {use_tag_point(curve, limit, KEY, index) for limit in (TEN, *others) for index in range(10)}
    tags |= {use_tag_point(curve, TEN, KEY + 1_000, index) for index in range(10)}
    assert len(tags) == 50


def test_no_two_limits_share_a_base(curve: Curve) -> None:
    """Lengths are written before texts, so that moving a letter from one to the other is another limit."""
    assert replace(TEN, audience="ab", name="c").base(curve) != replace(TEN, audience="a", name="bc").base(curve)


def test_a_tag_of_another_holder_is_not_shown(curve: Curve) -> None:
    bits = use_tag_values(3, "i", 10)
    shown(curve, TEN, use_tag_point(curve, TEN, KEY, 3), bits)
    with pytest.raises(Refused):
        shown(curve, TEN, use_tag_point(curve, TEN, KEY + 1, 3), bits)


def test_a_key_whose_use_has_no_tag_is_refused(curve: Curve) -> None:
    use_tag_point(curve, TEN, ORDER - 3, 2)
    with pytest.raises(Unprovable, match="no tag"):
        use_tag_point(curve, TEN, ORDER - 3, 3)


def test_the_identity_is_no_tag(curve: Curve) -> None:
    with pytest.raises(IllFormed, match="check 8"):
        shown(curve, TEN, curve.identity_g1, use_tag_values(3, "i", 10))


@pytest.mark.parametrize("uses", [0, -1, MAX_USES + 1])
def test_a_limit_that_is_none_is_refused(uses: int) -> None:
    assert MAX_USES == 65_536
    replace(TEN, uses=MAX_USES)
    use_tag("k", "T", "G", "i", MAX_USES)
    with pytest.raises(IllFormed, match="rate limit"):
        replace(TEN, uses=uses)
    with pytest.raises(IllFormed, match="rate limit"):
        use_tag("k", "T", "G", "i", uses)


@pytest.mark.parametrize("epoch", [-1, 1 << 64])
def test_an_epoch_that_is_none_is_refused(epoch: int) -> None:
    for accepted in (0, (1 << 64) - 1):
        replace(TEN, epoch=accepted)
    with pytest.raises(IllFormed, match="rate limit"):
        replace(TEN, epoch=epoch)
