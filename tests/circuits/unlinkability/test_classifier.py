"""Does the classifier of the unlinkability figure find what is there, and nothing where nothing is?"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.circuits.unlinkability.classifier import Separation, separation, told_apart, trained
from tests.circuits.unlinkability.holders import Seen
from tests.circuits.unlinkability.traits import bits_apart, of_pair

COLUMNS = 40


def items(count: int, apart: float, seed: str) -> tuple[list[list[float]], list[bool]]:
    """Rows of noise, of which one column is shifted by ``apart`` deviations for label 1."""
    drawn = random.Random(seed)
    labels = [drawn.random() < 0.5 for _ in range(count)]
    rows = [[drawn.gauss(apart * (label and column == 7), 1) for column in range(COLUMNS)] for label in labels]
    return rows, labels


def test_an_auc_is_the_probability_of_the_right_order() -> None:
    assert separation([1, 2, 3, 4], [False, False, True, True]).auc == 1
    assert separation([1, 2, 3, 4], [True, True, False, False]).auc == 0
    assert separation([5, 5, 5, 5], [True, False, True, False]).auc == 0.5
    assert separation([1, 2, 2, 3], [False, True, False, True]).auc == (1 + 0.5 + 1 + 1) / 4


def test_its_deviation_is_that_of_guessing() -> None:
    assert Separation(0.5, 2500, 2500).deviation == pytest.approx(0.00817, abs=1e-5)
    drawn = random.Random("guessing")
    labels = [True, False] * 50
    aucs = [separation([drawn.random() for _ in labels], labels).auc for _ in range(1000)]
    seen = (sum((auc - 0.5) ** 2 for auc in aucs) / len(aucs)) ** 0.5
    assert seen == pytest.approx(Separation(0.5, 50, 50).deviation, rel=0.1)


def test_one_column_among_many_is_found_and_noise_is_not() -> None:
    found, nothing = told_apart(*items(600, 3.0, "shifted"), 200), told_apart(*items(600, 0.0, "noise"), 200)
    assert found.auc > 0.95
    assert abs(nothing.auc - 0.5) < 4 * nothing.deviation


def test_a_column_that_never_changes_is_no_column() -> None:
    rows, labels = items(100, 3.0, "constant")
    classifier = trained([[9.0, *row] for row in rows], labels)
    assert 0 not in classifier.columns
    with pytest.raises(ValueError, match="both kinds"):
        trained(rows, [True] * len(rows))


SEEN = Seen(
    form=b"{}",
    points={"Abar": b"\x81" * 48, "Nym": b"\x82" * 48},
    answers={"r1": 1 << 200, "m": 5 << 190},
    challenge=11,
    proof=bytes(range(256)) * 2,
    times=(0.01, 0.02),
)


def test_what_two_presentations_have_in_common_is_among_the_traits() -> None:
    other = replace(SEEN, points={"Abar": b"\x83" * 48, "Nym": b"\x84" * 48}, challenge=12, proof=bytes(512))
    apart, alike = of_pair(SEEN, other), of_pair(SEEN, replace(SEEN, challenge=12))
    assert len(apart) == len(alike)
    assert sum(alike) < sum(apart)
    assert bits_apart(b"\x0f\x01", b"\xf0\x00") == [8, 1]


def test_a_nonce_that_was_used_twice_gives_a_small_secret_away() -> None:
    """``z = n + x·7`` twice with one n: among what is computed is the length of 7."""
    one = replace(SEEN, answers={"m": 1000 + 11 * 7}, challenge=11)
    other = replace(SEEN, answers={"m": 1000 + 12 * 7}, challenge=12)
    fresh = replace(SEEN, answers={"m": (1 << 222) + 12 * 7}, challenge=12)
    secret = (7).bit_length()
    assert secret in of_pair(one, other, timed=False)[-8:]
    assert secret not in of_pair(one, fresh, timed=False)[-8:]
