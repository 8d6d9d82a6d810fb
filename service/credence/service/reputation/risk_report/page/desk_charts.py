"""Drawings of the desk's other methods: kinds of accounts, stress, groups, drift, attacks, linked wallets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10, sqrt
from typing import Any, Final, TypeAlias

from credence.service.reputation.risk_report.page.drawing import WIDTH, Sheet, decades, linear, signed, spread, ticks
from credence.service.reputation.risk_report.page.numbers import named, short, usd
from credence.service.reputation.risk_report.page.risk_charts import key

Json = Mapping[str, Any]

_LEFT: Final = 58
_RIGHT: Final = WIDTH - 26
_GAP: Final = 10.0
_HALF_NAME: Final = 9.0
_LETTER: Final = 7.5
"""How far a name is from a circle, half of how high it is, and how wide a letter of it."""
_UPRIGHT: Final = {"maker_share": "maker share", "leverage": "leverage", "trades": "trades in 30 days"}


def upright(found: Json) -> str:
    """The feature that the map shows upright: the first of these in which the kinds differ."""
    rows = [row["centre"] for row in found["segments"]]
    shares = [row["maker_share"] for row in rows]
    if max(shares) - min(shares) >= 0.05:
        return "maker_share"
    return "leverage" if found["known"]["leverage"] else "trades"


def segments(found: Json, name: str, title: str, description: str) -> str:
    """A circle for each kind: typical volume, another feature, and accounts as its area."""
    rows, feature = found["segments"], upright(found)
    marks = decades([max(1.0, row["centre"]["volume"]) for row in rows])
    values = [row["centre"][feature] for row in rows]
    rungs = ticks(1.0 if feature == "maker_share" else max(values) * 1.2)
    top, bottom = 26.0, 300.0
    x = linear(log10(marks[0]), log10(marks[-1]), _LEFT + 20, _RIGHT - 20)
    y = linear(0, rungs[-1], bottom - 16, top)
    sheet = Sheet(name, 348)
    for rung in rungs:
        sheet.line(_LEFT, y(rung), _RIGHT, y(rung), "grid")
        sheet.text(_LEFT - 8, y(rung), f"{rung:g}", "tick", "end")
    for mark in marks:
        sheet.line(x(log10(mark)), top, x(log10(mark)), bottom, "grid")
        sheet.text(x(log10(mark)), bottom + 16, short(mark), "tick", "middle")
    places = [(x(log10(max(1.0, row["centre"]["volume"]))), y(value)) for row, value in zip(rows, values, strict=True)]
    for row, (across, up) in zip(rows, places, strict=True):
        sheet.circle(across, up, 40 * sqrt(row["share"]), "bubble")
    heights = spread([up for _, up in places], 19, top + 4, bottom - 8)
    circles = [(at, 40 * sqrt(row["share"])) for at, row in zip(places, rows, strict=True)]
    for place, (row, (across, up), height) in enumerate(zip(rows, places, heights, strict=True)):
        leftward = across > (_LEFT + _RIGHT) / 2
        end = clear_of(circles, place, height, _LETTER * len(row["name"]), leftward=leftward)
        sheet.line(across, up, end, height, "lead")
        sheet.text(end + (-3 if leftward else 3), height, row["name"], "label halo", "end" if leftward else "start")
    sheet.text(_RIGHT, bottom + 36, "volume in 30 days, USD", "axis", "end")
    sheet.text(_LEFT, 8, _UPRIGHT[feature], "axis")
    return sheet.written(title, description)


Circle: TypeAlias = tuple[tuple[float, float], float]
"""Middle and radius."""


def clear_of(circles: Sequence[Circle], own: int, height: float, width: float, *, leftward: bool) -> float:
    """Where a name of a circle begins that is written at a height, outward: beside its own circle, and beyond each other one
    that it would be written over; beside its own where there is no room on the sheet."""
    outward = -1 if leftward else 1
    beside = circles[own][0][0] + outward * (circles[own][1] + _GAP)
    start = beside
    for (middle, up), radius in sorted(circles, key=lambda circle: outward * circle[0][0]):
        near, far = outward * middle - radius, outward * middle + radius
        if abs(up - height) < radius + _HALF_NAME and outward * start < far and outward * start + width > near:
            start = outward * (far + _GAP)
    end = start + outward * width
    return start if min(start, end) >= _LEFT and max(start, end) <= WIDTH else beside


def shown(found: Json) -> list[Json]:
    """The scenarios of which anything is said: not those that liquidate fewer than 20 accounts."""
    return [row for row in found["scenarios"] if row["accounts_liquidated"] is not None]


def stress(found: Json, name: str, title: str, description: str) -> str:
    """A bar for each scenario that is shown: bad debt in USD."""
    rows, left = shown(found), 118.0
    fund = found["assumed"]["insurance_usd"]
    marks = ticks(max([row["bad_debt_usd"] for row in rows] + [fund]), 3)
    x = linear(0, marks[-1], left, _RIGHT - 40)
    bottom = 28.0 * len(rows) + 14
    sheet = Sheet(name, bottom + 44)
    for mark in marks:
        sheet.line(x(mark), 8, x(mark), bottom, "grid")
        sheet.text(x(mark), bottom + 16, short(mark), "tick", "middle")
    for place, row in enumerate(rows):
        y = 28.0 * place + 24
        sheet.text(left - 8, y, named(row["scenario"]), "label", "end")
        sheet.rect(left, y - 8, x(row["bad_debt_usd"]) - left, 16, "bar")
        sheet.text(x(row["bad_debt_usd"]) + 6, y, short(row["bad_debt_usd"]), "tick")
    if fund:
        sheet.line(x(fund), 4, x(fund), bottom, "limit")
        sheet.text(x(fund), bottom + 34, "insurance fund", "axis", "middle")
    else:
        sheet.text(_RIGHT, bottom + 34, "bad debt, USD", "axis", "end")
    return sheet.written(title, description)


def fairness(found: Json, name: str, title: str, description: str) -> str:
    """For each group, what was said (ring) and what was seen (filled)."""
    rows, left = found["groups"], 16.0
    marks = ticks(max(max(row["predicted"], row["observed"]) for row in rows))
    x = linear(0, marks[-1], left, _RIGHT - 20)
    bottom = 48.0 * len(rows) + 12
    sheet = Sheet(name, bottom + 62)
    for mark in marks:
        sheet.line(x(mark), 12, x(mark), bottom, "grid")
        sheet.text(x(mark), bottom + 16, f"{100 * mark:g} %", "tick", "middle")
    for place, row in enumerate(rows):
        y = 48.0 * place + 46
        words = f"{row['attribute']}: {row['words']}"
        sheet.text(left, y - 20, words + ("" if row["fair"] else " \u2014 off"), "label" if row["fair"] else "label warn")
        sheet.line(x(row["predicted"]), y, x(row["observed"]), y, "interval" if row["fair"] else "interval warn")
        sheet.circle(x(row["predicted"]), y, 5, "ring")
        sheet.circle(x(row["observed"]), y, 5, "dot" if row["fair"] else "dot warn")
    key(sheet, bottom + 42, (("ring", "said"), ("dot", "seen"), ("dot warn", "seen, and off")))
    return sheet.written(title, description)


def drift(found: Json, name: str, title: str, description: str) -> str:
    """A bar for each feature's stability index, and the line from which it has drifted."""
    rows, left, line = found["features"], 16.0, found["needed"]["psi"]
    marks = ticks(max([row["psi"] for row in rows] + [line * 1.25]))
    x = linear(0, marks[-1], left, _RIGHT - 44)
    bottom = 48.0 * len(rows) + 12
    sheet = Sheet(name, bottom + 40)
    for mark in marks:
        sheet.line(x(mark), 12, x(mark), bottom, "grid")
        sheet.text(x(mark), bottom + 16, f"{mark:g}", "tick", "middle")
    for place, row in enumerate(rows):
        y = 48.0 * place + 46
        sheet.text(left, y - 20, row["name"], "label")
        sheet.rect(left, y - 8, max(1.5, x(row["psi"]) - left), 16, "bar warn" if row["drifted"] else "bar")
        sheet.text(x(row["psi"]) + 8, y, f"{row['psi']:.3f}", "tick")
    sheet.line(x(line), 6, x(line), bottom, "limit")
    sheet.text(_RIGHT, bottom + 34, "stability index; the line is where drift begins", "axis", "end")
    return sheet.written(title, description)


def attacks(found: Json, name: str, title: str, description: str) -> str:
    """Gains on either side of 0 on a logarithmic scale, and the bound of those that are listed."""
    rows, left = found["attacks"], 140.0
    reach = max(signed(max(abs(row["gain"]), row["bound"] or 0)) for row in rows) + 0.2
    x = linear(-reach, reach, left, _RIGHT)
    bottom = 28.0 * len(rows) + 12
    sheet = Sheet(name, bottom + 62)
    for mark in (-100_000, -1_000, -10, 0, 10, 1_000, 100_000):
        if abs(signed(mark)) <= reach:
            sheet.line(x(signed(mark)), 8, x(signed(mark)), bottom, "limit" if mark == 0 else "grid")
            sheet.text(x(signed(mark)), bottom + 16, short(mark).replace("-", "\u2212"), "tick", "middle")
    for place, row in enumerate(rows):
        y, end = 28.0 * place + 24, x(signed(row["gain"]))
        sheet.text(left - 8, y, row["name"], "label", "end")
        kind = "bar" if row["gain"] <= 0 else "bar soft" if row["holds"] else "bar warn"
        sheet.rect(min(end, x(0)), y - 7, max(1.5, abs(end - x(0))), 14, kind)
        if row["bound"] is not None:
            sheet.line(x(signed(row["bound"])), y - 11, x(signed(row["bound"])), y + 11, "mark")
    sheet.text(_RIGHT, bottom + 34, "gain, USD in 30 days", "axis", "end")
    key(sheet, bottom + 52, (("bar", "no gain"), ("bar soft", "listed, up to its bound |")))
    return sheet.written(title, description)


def links(found: Json, name: str, title: str, description: str) -> str:
    """One bar of the venue's own wallets: in groups that are aggregated, in smaller ones, in none."""
    sheet = Sheet(name, 96)
    held, smaller = found["aggregated"] or 0, found["smaller"] or 0
    x = linear(0, max(1, found["wallets"]), 16, _RIGHT)
    sheet.rect(16, 16, x(held) - 16, 36, "bar")
    sheet.rect(x(held), 16, x(held + smaller) - x(held), 36, "bar soft")
    sheet.rect(x(held + smaller), 16, _RIGHT - x(held + smaller), 36, "outline")
    key(sheet, 74, (("bar", f"aggregated {usd(held)}"), ("bar soft", f"smaller {usd(smaller)}"), ("outline", "in none")))
    return sheet.written(title, description)
