"""Is drift told from chance, and from what is large but nothing, and does only a refit in shadow follow?"""

from __future__ import annotations

import numpy as np
import pytest

from credence.service.reputation.drift.judging import DriftRefused, judge_drift, stability_index


def drawn(size: int, seed: int, shift: float = 0.0) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    rng = np.random.default_rng(seed)
    return {"leverage": rng.lognormal(1, 0.5, size) * np.exp(shift), "calls": rng.poisson(0.3, size).astype(np.float64)}


def test_samples_of_one_population_do_not_drift() -> None:
    for seed in range(20):
        report = judge_drift(drawn(400, seed), drawn(400, seed + 100))
        assert not report.refit, report


def test_what_moved_is_named_first_and_asks_for_a_refit_in_shadow() -> None:
    report = judge_drift(drawn(1_000, 1), drawn(1_000, 2, shift=0.4))
    assert [(each.name, each.drifted) for each in report.features] == [("leverage", True), ("calls", False)]
    assert report.to_json()["refit_in_shadow"] is True
    assert report.to_json()["n"] == {"before": 1_000, "after": 1_000}


def test_what_is_certain_but_small_is_no_drift() -> None:
    report = judge_drift(drawn(60_000, 1), drawn(60_000, 2, shift=0.05))
    assert report.features[0].p < 1e-6 or report.features[1].p < 1e-6
    assert not report.refit


def test_the_index_is_nothing_for_the_same_and_grows() -> None:
    same = np.arange(1_000.0)
    assert stability_index(same, same) == 0
    assert stability_index(same, same + 100) < stability_index(same, same + 300)
    assert stability_index(np.zeros(300), np.zeros(300)) == 0
    with_ties = np.repeat([0.0, 1.0], 500)
    assert stability_index(with_ties, with_ties[::-1]) == 0


def test_too_few_rows_or_other_features_are_refused() -> None:
    with pytest.raises(DriftRefused, match="200 rows"):
        judge_drift(drawn(199, 1), drawn(400, 2))
    assert judge_drift(drawn(200, 1), drawn(200, 2)).before == 200
    with pytest.raises(DriftRefused, match="same features"):
        judge_drift({"calls": np.zeros(200)}, drawn(200, 2))
