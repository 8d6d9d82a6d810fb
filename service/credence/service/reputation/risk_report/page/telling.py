"""What each figure says in words: the sentence above it, which also stands for the drawing, its n, and its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from credence.service.reputation.risk_report.page import desk_charts, risk_charts
from credence.service.reputation.risk_report.page.numbers import (
    FEW,
    between,
    cents,
    count,
    move,
    named,
    percent,
    points,
    usd,
)

Json = Mapping[str, Any]
Rows = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Told:
    """A figure in words. The first column of ``rows`` heads its row; ``notes`` are of rows that need more than a cell."""

    finding: str
    n: str
    columns: Sequence[str]
    rows: Rows
    notes: Sequence[tuple[str, str]] = ()


def _reliability(found: Json) -> Told:
    against = "better" if found["log_loss"] < found["base_log_loss"] else "worse"
    auc = "" if found["auc"] is None else f", area under the curve {found['auc']:.2f}"
    finding = (
        f"Said {percent(found['predicted'])} on average, seen {percent(found['observed'])}: off by {points(found['ece'])}"
        f" bin by bin (ECE){auc}. The log loss is {found['log_loss']:.3f} nats, {against} than"
        f" {found['base_log_loss']:.3f} for one chance for all."
    )
    rows = [
        (
            percent(row["predicted"]),
            percent(row["observed"]),
            between(row["low"], row["high"]),
            count(row["n"]),
            count(row["events"]),
            count(row["accounts"]),
        )
        for row in found["bins"]
    ]
    what = f"account-windows, {found['windows']} windows" if "windows" in found else "account-days"
    n = f"{count(found['n'])} {what}, {count(found['accounts'])} accounts, {count(found['events'])} with an event"
    return Told(finding, n, ("said", "seen", "5\u201395 %", "n", "with an event", "accounts"), rows)


def _tiers(found: Json) -> Told:
    shown = [row for row in found["tiers"] if row["showing"] == "shown"]
    rows: list[tuple[str, ...]] = []
    for row in found["tiers"]:
        if row["showing"] != "shown":
            rows.append((row["tier"], "nobody" if row["showing"] == "empty" else FEW, *[""] * 5))
            continue
        rows.append(
            (
                row["tier"],
                count(row["accounts"]),
                count(row["n"]),
                percent(row["share"]),
                between(row["low"], row["high"]),
                percent(row["called_share"]),
                between(row["called_low"], row["called_high"]),
            )
        )
    parts = [f"{percent(row['share'])} at {row['tier']}" for row in shown]
    finding = f"Liquidated or left a bad debt within {found['span_days']} days: {', '.join(parts)}."
    columns = ("tier", "accounts", "windows", "adverse", "5\u201395 %", "any event", "5\u201395 %")
    return Told(
        finding, f"{count(sum(row['n'] for row in shown))} account-windows, {found['windows']} windows", columns, rows
    )


def _scores(found: Json) -> Told:
    low, high = found["quartiles"]
    finding = (
        f"Half of the accounts have {found['median']:.0f} or more; the middle half lies between {low:.0f} and {high:.0f}."
    )
    rows = [(f"{bar['from']}\u2013{bar['to']}", count(bar["accounts"])) for bar in found["bars"]]
    n = f"{count(found['n'])} accounts with a score, {count(found['insufficient'])} without enough evidence for one"
    return Told(finding, n, ("score", "accounts"), rows)


def _flow(found: Json) -> Told:
    same = sum(each["accounts"] for each in found["moves"] if each["from"] == each["to"])
    finding = f"Of {count(found['n'])} accounts, {count(same)} are seen to stand where they stood."
    rows = [(f"{each['from']} to {each['to']}", count(each["accounts"])) for each in found["moves"]]
    if found["withheld"]:
        rows.append((f"{found['withheld_moves']} other moves together", count(found["withheld"])))
    n = f"{count(found['n'])} accounts that were here 30 days ago; {count(found['new'])} came since"
    return Told(finding, n, ("move", "accounts"), rows)


def _segments(found: Json) -> Told:
    sure = found["stability"]
    rows_ = found["segments"]
    names = f"{len(rows_)} kinds: " + ", ".join(f"{row['name']} ({100 * row['share']:.0f} %)" for row in rows_)
    steady = (
        "They hold from resample to resample" if sure["stable"] else "They change from resample to resample: rely on none"
    )
    known = found["known"]
    rows = []
    for row in found["segments"]:
        centre, profit = row["centre"], row["profit_per_account"]
        rows.append(
            (
                row["name"],
                count(row["accounts"]),
                usd(centre["volume"]),
                f"{centre['maker_share']:.2f}",
                f"{centre['net_share']:.2f}",
                f"{centre['leverage']:.1f} \u00d7" if known["leverage"] else "not reported",
                f"{centre['tenure']:.0f}",
                f"{usd(profit['mean'])} ({usd(profit['low'])} to {usd(profit['high'])})"
                if known["profit"]
                else "not reported",
            )
        )
    n = f"{count(found['n'])} accounts; {found['withheld']} in kinds too small to show; {sure['resamples']} resamples"
    finding = f"{names}. {steady} (Rand index {sure['ari_mean']:.2f}, 5 % at {sure['ari_low']:.2f})."
    columns = ("kind", "accounts", "volume, USD", "maker", "net", "leverage", "days", "profit each, USD (5\u201395 %)")
    return Told(finding, n, columns, rows)


def _stress(found: Json) -> Told:
    shown = desk_charts.shown(found)
    worst = max(shown, key=lambda row: row["bad_debt_usd"], default=None)
    if worst is None:
        finding = f"Every scenario liquidates {FEW} accounts."
    else:
        finding = f"The worst is {named(worst['scenario'])}: {usd(worst['bad_debt_usd'])} USD of bad debt"
        used = worst["insurance_used"]
        finding += "." if used is None else f", {percent(used)} of the insurance fund."
    if found["one_sided"]:
        finding += " All positions are taken to be on the losing side."
    rows = [
        (
            named(row["scenario"]),
            count(row["accounts_liquidated"]),
            usd(row["closed_usd"]),
            usd(row["bad_debt_usd"]),
            "\u2013" if row["insurance_used"] is None else percent(row["insurance_used"]),
            move(row["worst_move"]),
        )
        for row in shown
    ]
    assumed, withheld = found["assumed"], len(found["scenarios"]) - len(shown)
    n = (
        f"{count(found['n']['accounts'])} accounts, {count(found['n']['positions'])} positions; assumed:"
        f" {usd(assumed['depth_usd_per_percent'])} USD move a price by 1 %, a fund of {usd(assumed['insurance_usd'])} USD"
        f"; scenarios withheld: {withheld}"
    )
    return Told(finding, n, ("scenario", "liquidated", "closed, USD", "bad debt, USD", "of the fund", "largest move"), rows)


def _fairness(found: Json) -> Told:
    off = [f"{row['attribute']} {row['words']}" for row in found["groups"] if not row["fair"]]
    if off:
        finding = f"Off in {len(off)} of {len(found['groups'])} groups: {'; '.join(off)}."
    else:
        finding = "Right within every group that was judged." if found["passed"] else "Too few groups to compare."
    rows = [
        (
            f"{row['attribute']}: {row['words']}",
            count(row["accounts"]),
            count(row["n"]),
            percent(row["predicted"]),
            percent(row["observed"]),
            f"{100 * row['worst_gap']:+.1f} points".replace("-", "\u2212"),
            "not judged" if not row["judged"] else "right" if row["fair"] else "off",
        )
        for row in found["groups"]
    ]
    days, accounts = count(found["n"]), count(found["accounts"])
    n = f"{days} account-days of {accounts} accounts; groups withheld: {found['withheld_groups']}"
    columns = ("group", "accounts", "account-days", "said", "seen", "worst quarter", "judged")
    return Told(finding, n, columns, rows)


def _drift(found: Json) -> Told:
    moved = [row["name"] for row in found["features"] if row["drifted"]]
    finding = f"Drifted: {', '.join(moved)}. A refit in shadow is due." if moved else "No feature has drifted."
    rows = [
        (row["name"], f"{row['psi']:.3f}", f"{row['ks']:.3f}", row["p"], "drifted" if row["drifted"] else "no")
        for row in found["features"]
    ]
    n = f"{count(found['n']['after'])} account-days against {count(found['n']['before'])}"
    return Told(finding, n, ("feature", "PSI", "KS", "p", "drifted"), rows)


def _attacks(found: Json) -> Told:
    listed = sum(row["bound"] is not None for row in found["attacks"])
    above = [row["name"] for row in found["attacks"] if not row["holds"]]
    if above:
        finding = f"More than it may gain: {', '.join(above)}."
    else:
        finding = f"None of {len(found['attacks']) - listed} gains anything; {listed} are listed, and within their bounds."
    rows = [
        (
            row["name"],
            row["what"],
            cents(row["gain"]),
            "0" if row["bound"] is None else cents(row["bound"]),
            row["best"],
        )
        for row in found["attacks"]
    ]
    n = f"{len(found['attacks'])} attacks on tariff {found['tables']['tariff']}; {found['unit']}"
    notes = [(row["name"], row["reason"]) for row in found["attacks"] if row["reason"]]
    return Told(finding, n, ("attack", "what", "gain", "may be", "best variant"), rows, notes)


def _links(found: Json) -> Told:
    finding = (
        f"{count(found['groups'])} groups of {found['least']} wallets or more hang together, {count(found['aggregated'])}"
        f" wallets of {count(found['wallets'])}: their limits are aggregated."
    )
    rows = [
        (
            f"{row['from']} and more" if row["to"] is None else f"{row['from']} to {row['to']}",
            count(row["groups"]),
            count(row["wallets"]),
        )
        for row in found["sizes"]
    ]
    rows.append((f"smaller than {found['least']}", "\u2013", count(found["smaller"])))
    n = f"{count(found['wallets'])} wallets; {count(found['hubs'])} hubs, with more than {found['hub_cap']} counterparties"
    return Told(finding, n, ("wallets in a group", "groups", "wallets"), rows)


Telling = Callable[[Json], Told]
Drawing = Callable[[Json, str, str, str], str]

FIGURES: Final[Mapping[str, tuple[Telling, Drawing]]] = MappingProxyType(
    {
        "reliability-month": (_reliability, risk_charts.reliability),
        "reliability-day": (_reliability, risk_charts.reliability),
        "tiers": (_tiers, risk_charts.tiers),
        "scores": (_scores, risk_charts.scores),
        "flow": (_flow, risk_charts.flow),
        "segments": (_segments, desk_charts.segments),
        "stress": (_stress, desk_charts.stress),
        "fairness": (_fairness, desk_charts.fairness),
        "drift": (_drift, desk_charts.drift),
        "attacks": (_attacks, desk_charts.attacks),
        "links": (_links, desk_charts.links),
    }
)
"""Each figure in words, and drawn."""
