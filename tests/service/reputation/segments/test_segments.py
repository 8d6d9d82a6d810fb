"""Are kinds of accounts found and named, is nothing small shown, and is it said where they are not stable?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from credence.service.reputation.segments.features import UNITS, Accounts, SegmentsRefused, read_accounts, scaled
from credence.service.reputation.segments.mixture import LEAST, SegmentReport, find_segments
from credence.service.reputation.segments.naming import named
from tests.service.reputation.links.wallets import write
from tests.service.reputation.segments.crowds import KINDS, crowd

SIZES = {"market maker": 30, "hedger": 50, "mercenary": 40, "retail": 80}


@pytest.fixture(scope="module")
def report() -> SegmentReport:
    return find_segments(crowd(SIZES), seed=1, resamples=6)


def test_kinds_are_found_and_named_from_their_centroids(report: SegmentReport) -> None:
    assert {segment.name: round(segment.accounts) for segment in report.segments} == SIZES
    assert report.stable
    assert report.ari[0] > 0.9
    np.testing.assert_allclose(report.membership.sum(axis=1), 1)
    for segment in report.segments:
        assert segment.profit_low < segment.profit < segment.profit_high
        assert abs(segment.profit - KINDS[segment.name][-1]) < 40
    assert find_segments(crowd(SIZES), seed=1, resamples=6).to_json() == report.to_json()


def test_nothing_smaller_than_twenty_is_shown() -> None:
    report = find_segments(crowd({"retail": 80, "market maker": LEAST - 1}), seed=1, resamples=2)
    assert [segment.name for segment in report.segments] != []
    assert all(segment.accounts >= LEAST for segment in report.segments)
    assert round(report.withheld + sum(segment.accounts for segment in report.segments)) == report.n == 99
    assert "market maker" not in str(report.to_json()["segments"])
    with pytest.raises(SegmentsRefused, match="40 accounts"):
        find_segments(crowd({"retail": 39}), seed=1)


def test_a_crowd_of_one_kind_is_one_segment_or_not_stable() -> None:
    rng = np.random.default_rng(3)
    features = np.exp(rng.standard_normal((120, len(UNITS))))
    features[:, 3:5] = rng.random((120, 2))
    found = find_segments(Accounts(tuple(map(str, range(120))), features, np.zeros(120)), seed=1, resamples=4)
    assert len(found.segments) == 1 or not found.stable


def test_one_that_is_extreme_decides_nothing() -> None:
    features = crowd(SIZES).features
    wild = features.copy()
    wild[0, 0] = 1e15
    np.testing.assert_allclose(scaled(wild)[1:], scaled(features)[1:], atol=0.05)


def test_segments_of_one_kind_are_numbered() -> None:
    busy = dict.fromkeys(UNITS, 1e6) | {"maker_share": 0.1, "net_share": 0.9}
    assert named([busy, busy]) == ["directional 1", "directional 2"]
    assert named([busy | {"volume": 1e5}, busy | {"tenure": 45.0}]) == ["retail", "mercenary"]
    assert named([busy | {"net_share": 0.3}, busy | {"net_share": 0.3, "maker_share": 0.6}]) == ["hedger", "market maker"]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("maker_share", 1.1, "between 0 and 1"), ("volume", -1, "not negative"), ("account", "b", "one row")],
)
def test_accounts_that_cannot_be_are_refused(column: str, value: object, words: str, tmp_path: Path) -> None:
    head = ("account", "profit", *UNITS)
    good = [("a", -5.0, 1, 1, 1, 0.5, 0.5, 1), ("b", 5.0, 1, 1, 1, 0.5, 0.5, 1)]
    assert len(read_accounts(write(tmp_path / "good.csv", head, good))) == 2
    bad = [*good[0]]
    bad[head.index(column)] = value
    with pytest.raises(SegmentsRefused, match=words):
        read_accounts(write(tmp_path / "bad.csv", head, [tuple(bad), good[1]]))
