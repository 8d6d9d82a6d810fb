"""Do nonces stay secret where the generator is bad?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.hedging import hedged
from credence.circuits.issuance import HolderSecrets, issuing_interface, request_credential
from credence.circuits.presentation import present
from credence.circuits.wire import PresentationRequest
from tests.circuits.journey import NOW, make_request, make_world


def stuck(count: int) -> bytes:
    """The worst generator there is."""
    return bytes(count)


def test_each_draw_is_another_and_has_the_length_asked_for() -> None:
    draw = hedged(stuck, b"secret", b"statement")
    drawn = [draw(count) for count in (48, 48, 1, 0, 32)]
    assert [len(piece) for piece in drawn] == [48, 48, 1, 0, 32]
    assert len({drawn[0], drawn[1], drawn[0][:32], drawn[4]}) == 4


@pytest.mark.parametrize(
    "other",
    [
        lambda: hedged(stuck, b"secret", b"another"),
        lambda: hedged(stuck, b"another", b"statement"),
        lambda: hedged(lambda count: b"\x01" * count, b"secret", b"statement"),
        lambda: hedged(stuck, b"secretstate", b"ment"),
    ],
    ids=["statement", "secret", "randomness", "boundary"],
)
def test_it_depends_on_all_that_it_is_given(other: Callable[[], Rng]) -> None:
    first = hedged(stuck, b"secret", b"statement")(48)
    assert hedged(stuck, b"secret", b"statement")(48) == first
    assert other()(48) != first


def test_it_takes_32_bytes_once() -> None:
    taken: list[int] = []

    def counted(count: int) -> bytes:
        taken.append(count)
        return bytes(count)

    draw = hedged(counted, b"", b"")
    for _ in range(5):
        draw(48)
    assert taken == [32]


def test_two_proofs_from_a_stuck_generator_share_nothing(curve: Curve, rng: Rng) -> None:
    """Were the nonces the same for two challenges, their answers would give the secrets away."""
    held = make_world(curve, rng).held()

    def asked() -> PresentationRequest:  # without a pseudonym, which is the same in both
        return make_request(rng, policy_changes={"pseudonym": None})

    first, second = (present(curve, asked(), {"person": held}, NOW, stuck).proof for _ in range(2))
    blocks = {first[at : at + 32] for at in range(len(first) - 31)}
    assert not any(second[at : at + 32] in blocks for at in range(len(second) - 31))


def test_two_commitments_from_a_stuck_generator_share_nothing(curve: Curve, rng: Rng) -> None:
    interface = issuing_interface(curve)
    secrets = [HolderSecrets(random_scalar(rng), 2, 3) for _ in range(2)]
    first, second = (request_credential(interface, PERSON_1, each, stuck) for each in secrets)
    assert first.blind != second.blind
    assert not any(first.commitment[at : at + 32] in second.commitment for at in range(48, len(first.commitment), 32))
