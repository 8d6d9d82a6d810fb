"""Do the figures say what came of accounts, and nothing of small groups?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from credence.service.reputation.risk_report import figures, parts
from credence.service.reputation.risk_report.making import Beside, make_report, report_id, written
from credence.service.reputation.risk_report.refusals import ReportRefused
from credence.service.reputation.small import LEAST
from tests.service.reputation.risk_report.people import AS_OF, calm, crowd, gathered, held, row


def got(found: Any) -> Any:
    """A figure that there is."""
    assert found is not None
    return found


def test_twenty_accounts_are_the_fewest() -> None:
    assert gathered([calm(5)] * LEAST).n == LEAST
    with pytest.raises(ReportRefused):
        gathered([calm(5)] * (LEAST - 1))


def test_what_comes_later_is_not_in_a_report() -> None:
    later = [row(AS_OF, day_liquidations=24), row(AS_OF + 9, day_bad_debts=24)]
    one, other = (make_report(gathered([[*calm(70), *more]] * 25), "v") for more in ([], later))
    assert written(one) == written(other)
    assert one["source"]["last_day"] < one["as_of"]


def test_equal_accounts_make_equal_bytes_and_other_ones_do_not() -> None:
    documents = [make_report(crowd(), "v"), make_report(crowd(), "v"), make_report(crowd(), "w")]
    names = [report_id(document) for document in documents]
    assert (names[0] == names[1], names[0] == names[2], len(names[0])) == (True, False, 22)
    assert json.loads(written(documents[0])) == documents[0]


def test_every_bin_has_enough_accounts_and_none_is_lost() -> None:
    for found in (got(figures.reliability_daily(crowd())), got(figures.reliability_monthly(crowd()))):
        assert min(each["accounts"] for each in found["bins"]) >= LEAST
        assert sum(each["n"] for each in found["bins"]) == found["n"]
        assert sum(each["events"] for each in found["bins"]) == found["events"] > 0
        assert all(each["low"] <= each["observed"] <= each["high"] for each in found["bins"])
        predicted = [each["predicted"] for each in found["bins"]]
        assert predicted == sorted(predicted)


def test_the_chance_of_a_month_is_the_mean_of_its_posterior() -> None:
    found = got(figures.reliability_monthly(gathered([calm(60)] * 25)))
    (only,) = found["bins"]
    a, expected, hazard = 2.0, 30 * 2 / 30, 0.02
    forgotten = expected * 0.986  # 30 days of exposure, with a half-life of 720
    assert only["predicted"] == pytest.approx(1 - ((a + forgotten) / (a + forgotten + hazard)) ** a, rel=0.01)
    assert (only["observed"], only["n"], found["windows"]) == (0, 25, 1)


def test_a_tier_is_held_against_the_30_days_after_it() -> None:
    """Thirty fell in the last window, and forty did not."""
    fell = [row(day, day_liquidations=int(day == AS_OF - 5)) for day in range(AS_OF - 70, AS_OF)]
    found = got(figures.tier_rates(gathered([fell] * 30 + [calm(70)] * 40)))
    shown = {each["tier"]: each for each in found["tiers"] if each["showing"] == "shown"}
    assert sum(each["events"] for each in shown.values()) == 30
    assert sum(each["n"] for each in shown.values()) == 140  # two windows of seventy accounts
    assert found["windows"] == 2


def test_a_small_tier_is_withheld_and_does_not_follow_from_the_others() -> None:
    found = got(figures.tier_rates(gathered([calm(100)] * 50, flagged=5)))
    what = {each["tier"]: each["showing"] for each in found["tiers"]}
    assert what["RX"] == "withheld"
    assert set(what.values()) <= {"withheld", "empty"} or sum(each == "withheld" for each in what.values()) >= 2
    assert "share" not in next(each for each in found["tiers"] if each["tier"] == "RX")
    twenty = got(figures.tier_rates(gathered([calm(100)] * 50, flagged=25)))
    assert next(each for each in twenty["tiers"] if each["tier"] == "RX")["showing"] == "shown"


def test_people_of_two_tiers_are_withheld_once() -> None:
    """Sixty stood in one tier; ten others in two, one after the other."""
    tiers = tuple(("R2",) * 60 + (other,) * 10 for other in ("R3", "R3", "R1"))
    found = replace(gathered([calm(100)] * 70), tiers=tiers, anchors=tuple(AS_OF - 30 * place for place in range(3)))
    told = {each["tier"]: each["showing"] for each in got(figures.tier_rates(found))["tiers"]}
    assert (told["R2"], told["R3"], told["R1"]) == ("withheld",) * 3
    more = tuple(("R2",) * 60 + pair for pair in (("R3",) * 20, ("R3",) * 20, ("R1",) * 20))
    whole = replace(gathered([calm(100)] * 80), tiers=more, anchors=found.anchors)
    assert {each["showing"] for each in got(figures.tier_rates(whole))["tiers"]} == {"shown", "empty"}


def test_scores_and_moves_lose_nobody() -> None:
    scores, flow = got(figures.score_distribution(crowd())), got(figures.tier_flow(crowd()))
    assert sum(bar["accounts"] for bar in scores["bars"]) == scores["n"] == 60
    assert min(bar["accounts"] for bar in scores["bars"]) >= LEAST
    assert sum(move["accounts"] for move in flow["moves"]) + flow["withheld"] == flow["n"] == 60
    assert flow["withheld"] == 0 or flow["withheld"] >= LEAST


def test_positions_are_all_on_the_losing_side_and_of_twenty_accounts_at_least() -> None:
    found = got(parts.stress(crowd(), depth=1e9, insurance=100.0))
    rows = {each["scenario"]: each for each in found["scenarios"]}
    assert found["one_sided"]
    assert rows["oracle-stall"]["insurance_used"] == pytest.approx(rows["oracle-stall"]["bad_debt_usd"] / 100)
    assert rows["oracle-stall"]["bad_debt_usd"] > rows["-24%"]["bad_debt_usd"] == 0, "closed in time, but for a stall"
    assert min(rows[name]["closed_usd"] or 0 for name in ("-50%", "+50%")) > 0, "a rise is lost by those who are short"
    assert all(each["accounts_liquidated"] is None or not 0 < each["accounts_liquidated"] < LEAST for each in rows.values())
    fewer = gathered([[held(AS_OF - 1)]] * 19 + [calm(3)] * 9)
    assert parts.stress(fewer, depth=1e9, insurance=0.0) is None
    assert parts.stress(gathered([[held(AS_OF - 1)]] * 20), depth=1e9, insurance=0.0) is not None
    assert parts.stress(gathered([[held(AS_OF - 9)]] * 20), depth=1e9, insurance=0.0) is None, "too long ago"


def test_a_small_group_is_withheld_from_fairness() -> None:
    many, few = [calm(40, equity=5_000)] * 40, [calm(40, equity=50_000)] * 10
    found = got(parts.fairness(gathered(many + few)))
    assert {each["attribute"] for each in found["groups"]} == {"tenure"}, "ten would follow from forty and all"
    assert found["withheld_groups"] == 2
    assert min(each["accounts"] for each in found["groups"]) >= LEAST


def test_few_that_are_liquidated_are_not_told_by_their_sums() -> None:
    """One of twenty-five is liquidated, with a position of 777,000 USD."""
    safe, risky = [held(AS_OF - 1, leverage=1.0, equity=1_000_000)], [held(AS_OF - 1, leverage=777.0, equity=1_000)]
    found, twin = (
        got(parts.stress(gathered([safe] * 24 + [risky] * n), depth=1e9, insurance=1_000.0))["scenarios"] for n in (1, 20)
    )
    names = ("accounts_liquidated", "closed_usd", "bad_debt_usd", "insurance_used", "worst_move")
    few = [row for row in found if row["accounts_liquidated"] is None]
    assert few
    assert all(row[name] is None for row in few for name in names)
    shown = [row for row in twin if row["accounts_liquidated"] == LEAST]
    assert shown
    assert all(row[name] is not None for row in shown for name in names)


def test_one_account_of_a_band_does_not_follow_from_the_others() -> None:
    """Twenty accounts in each of two bands, and one in a third; and its twin with twenty in the third too."""
    small, middle, large = ([calm(40, equity=equity)] for equity in (500, 5_000, 50_000))
    found, twin = (got(parts.fairness(gathered(small * 20 + middle * 20 + large * n))) for n in (1, 20))
    sizes, whole = ([each for each in told["groups"] if each["attribute"] == "size"] for told in (found, twin))
    assert [each["accounts"] for each in sizes] == [20]
    assert found["accounts"] - sum(each["accounts"] for each in sizes) == 21, "so many are in what is withheld"
    assert ([each["accounts"] for each in whole], twin["withheld_groups"]) == ([20, 20, 20], 0)
    assert [each["n"] for each in whole] == [20 * 39] * 3


def test_drift_is_of_the_last_month_against_the_three_before() -> None:
    found = got(parts.drift(gathered([[*calm(90, before=AS_OF - 30), *calm(30, notional=50_000_000_000)]] * 25)))
    assert found["refit_in_shadow"]
    assert [each["name"] for each in found["features"] if each["drifted"]] == ["notional, USD a day"]
    assert not got(parts.drift(gathered([calm(120)] * 25)))["refit_in_shadow"]
    assert parts.drift(gathered([calm(20)] * 25)) is None, "nothing to compare with"


def test_segments_say_what_is_not_known() -> None:
    found = got(parts.segment_map(crowd()))
    assert (found["known"], found["n"]) == ({"leverage": True, "profit": True}, 60)
    assert all(each["accounts"] >= LEAST for each in found["segments"])
    assert parts.segment_map(gathered([calm(40)] * 39)) is None


def test_a_document_says_why_a_figure_is_missing_and_always_what_it_cannot_tell() -> None:
    document = make_report(gathered([calm(3)] * 20), "v", Beside())
    for told in document["figures"].values():
        assert told["limit"]
        assert (told["found"] is None) == ("missing" in told)
    assert document["figures"]["links"]["missing"].startswith("A table of transfers")
