"""Does a standing say in words what the machine goes by?"""

from __future__ import annotations

from dataclasses import replace

from credence.service.reputation.tiers import Evaluation, Standing, shipped_table
from credence.service.reputation.tiers.words import LEVELS, explained

TABLE = shipped_table()
GOOD = Evaluation(1000, 700.4, 5.0, 100)


def said(tier: str, found: Evaluation, standing: Standing | None = None, level: str = "plain") -> str:
    lines = explained(TABLE, tier, standing or Standing(tier, 900, 999), found, level)  # type: ignore[arg-type]
    return "\n".join(lines)


def test_what_is_missing_is_named() -> None:
    found = said("R3", GOOD)
    assert found.startswith("Standing R3; the score is 700.")
    assert "For R4 there is missing: a score of 720; evidence of 8, about 120 days at risk" in found
    assert "120 days since the first open position" in found
    assert "It is lost below a score of 660, after 2 days in a row." in found


def test_what_it_rests_on_is_told_at_the_top_too() -> None:
    best = replace(GOOD, score=771.1, evidence=17.3626, tenure_days=300)
    basis = "evidence of 17.36, about 260 days at risk in a calm market, and 300 day(s) since the first open position."
    assert basis in said("R5", best)
    assert "It is lost below a score of 735 or by a liquidation, after 2 days in a row." in said("R5", best)
    assert "next tier" not in said("R5", best, level="full")
    assert "met the next tier: 0 of 7" in said("R4", best, level="full")


def test_what_is_met_needs_days() -> None:
    assert "after 3 such day(s)" in said("R2", GOOD, Standing("R2", 900, 999, up_days=4))


def test_a_fall_under_way_is_told() -> None:
    standing = Standing("R4", 900, 999, down_days=1, down_to="R3")
    assert "It was not held on 1 day(s) in a row; after 1 more it falls to R3." in said("R4", GOOD, standing)


def test_hard_events_are_told() -> None:
    assert "no way up before the venue lifts its flag" in said("RX", replace(GOOD, flagged=True))
    owed = said("R1", replace(GOOD, bad_debt_free_days=0, liquidation_free_days=0), Standing("R3", 900, 999))
    assert "A bad debt of today counts at once." in owed
    assert "The last bad debt was today." in owed
    assert "90 days without a bad debt" in owed


def test_what_nobody_knows_is_said_too() -> None:
    assert "too little evidence" in said("R1", replace(GOOD, score=None))
    assert "needs a proof of uniqueness" in said("R0", replace(GOOD, unique=False))


def test_each_level_says_more() -> None:
    short, plain, full = (said("R3", GOOD, level=level) for level in LEVELS)
    assert set(short.splitlines()) <= set(plain.splitlines()) <= set(full.splitlines())
    assert len(short) < len(plain) < len(full)
    assert f"version {TABLE.version} ({TABLE.digest[:16]}), as of 1972-09-27 (UTC)." in full
    assert "R5" not in said("R5", GOOD, level="short").replace("Standing R5", "")
