"""Drawings of what was believed: said and seen, tiers, scores, moves."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any, Final

from credence.service.reputation.risk_report.page.drawing import WIDTH, Sheet, linear, ticks
from credence.service.reputation.risk_report.page.numbers import FEW, percent, short

Json = Mapping[str, Any]

_LEFT: Final = 58
_RIGHT: Final = WIDTH - 26

_SHARES: Final = (0.0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 1.0)
_SMALL: Final = (0.0, 0.001, 0.005, 0.01, 0.02, 0.03, 0.05)


def reliability(found: Json, name: str, title: str, description: str) -> str:
    """Bins as points with intervals against the diagonal, by square roots, which give small shares room; below, counts."""
    rows = found["bins"]
    most = max(max(row["high"], row["predicted"]) for row in rows)
    marks = [mark for mark in (_SHARES if most > _SMALL[-1] else _SMALL) if mark <= most * 1.1]
    top, bottom = 14.0, 300.0
    across, up = (linear(0, sqrt(most * 1.02), *ends) for ends in ((_LEFT, _RIGHT), (bottom, top)))

    def x(share: float) -> float:
        return across(sqrt(share))

    def y(share: float) -> float:
        return up(sqrt(share))

    sheet = Sheet(name, 452)
    free = _LEFT - 40.0
    for mark in marks:
        sheet.line(_LEFT, y(mark), _RIGHT, y(mark), "grid")
        sheet.text(_LEFT - 8, y(mark), _axis(mark), "tick", "end")
        if x(mark) >= free + 40:
            sheet.text(x(mark), bottom + 16, _axis(mark), "tick", "middle")
            free = x(mark)
    sheet.line(x(0), y(0), x(most), y(most), "ideal")
    for row in rows:
        place = x(row["predicted"])
        sheet.line(place, y(row["low"]), place, y(row["high"]), "interval")
        sheet.circle(place, y(row["observed"]), 4.5, "dot")
    sheet.text(_LEFT + 8, top + 14, "seen", "axis")
    sheet.text(_RIGHT, bottom - 12, "said", "axis", "end")
    base, width = 424.0, (_RIGHT - _LEFT) / len(rows)
    height = linear(0, max(row["n"] for row in rows), 0, 54)
    sheet.text(_LEFT, 344, "how many, and how many of them had one", "axis")
    for place, row in enumerate(rows):
        left = _LEFT + place * width
        sheet.rect(left + 2, base - height(row["n"]), width - 4, height(row["n"]), "bar soft")
        sheet.rect(left + 2, base - height(row["events"]), width - 4, height(row["events"]), "bar")
        sheet.text(left + width / 2, base + 14, short(row["n"]), "tick", "middle")
    return sheet.written(title, description)


def tiers(found: Json, name: str, title: str, description: str) -> str:
    """Each tier's share with an adverse event (filled) and with any margin event (ring), with intervals."""
    rows = found["tiers"]
    shown = [row for row in rows if row["showing"] == "shown"]
    marks = ticks(max((row["called_high"] for row in shown), default=0.1))
    x = linear(0, marks[-1], _LEFT, _RIGHT - 50)
    sheet = Sheet(name, 40 * len(rows) + 74)
    bottom = 40.0 * len(rows) + 18
    sheet.text(_RIGHT, 8, "windows", "axis", "end")
    for mark in marks:
        sheet.line(x(mark), 18, x(mark), bottom, "grid")
        sheet.text(x(mark), bottom + 16, _axis(mark), "tick", "middle")
    for place, row in enumerate(rows):
        y = 40.0 * place + 38
        sheet.text(_LEFT - 14, y, row["tier"], "label strong", "end")
        if row["showing"] != "shown":
            sheet.text(_LEFT + 8, y, "nobody" if row["showing"] == "empty" else f"{FEW} accounts", "tick")
            continue
        sheet.line(x(row["called_low"]), y + 8, x(row["called_high"]), y + 8, "interval second")
        sheet.circle(x(row["called_share"]), y + 8, 4.5, "ring")
        sheet.line(x(row["low"]), y - 6, x(row["high"]), y - 6, "interval")
        sheet.circle(x(row["share"]), y - 6, 5, "dot")
        sheet.text(_RIGHT, y, short(row["n"]), "tick", "end")
    key(sheet, bottom + 42, (("dot", "liquidated or bad debt"), ("ring", "any margin event")))
    return sheet.written(title, description)


def scores(found: Json, name: str, title: str, description: str) -> str:
    """Bars whose area is accounts, and lines where tiers are entered."""
    bars = found["bars"]
    tall = [(bar, 25 * bar["accounts"] / (bar["to"] - bar["from"])) for bar in bars]
    marks = ticks(max(height for _, height in tall))
    top, bottom = 34.0, 280.0
    x, y = linear(300, 850, _LEFT, _RIGHT), linear(0, marks[-1], bottom, top)
    sheet = Sheet(name, 324)
    for mark in marks:
        sheet.line(_LEFT, y(mark), _RIGHT, y(mark), "grid")
        sheet.text(_LEFT - 8, y(mark), f"{mark:g}", "tick", "end")
    for bar, height in tall:
        sheet.rect(x(bar["from"]) + 0.75, y(height), x(bar["to"]) - x(bar["from"]) - 1.5, bottom - y(height), "bar soft")
    for tier, score in found["entries"].items():
        sheet.line(x(score), top - 8, x(score), bottom, "mark")
        sheet.text(x(score), top - 18, tier, "label", "middle")
    for mark in range(300, 851, 100):
        sheet.text(x(mark), bottom + 16, str(mark), "tick", "middle")
    sheet.text(_RIGHT, bottom + 36, "score", "axis", "end")
    sheet.text(_LEFT, bottom + 36, "accounts for every 25 points", "axis")
    return sheet.written(title, description)


def flow(found: Json, name: str, title: str, description: str) -> str:
    """Bands from where accounts stood to where they stand: up, down, or the same."""
    moves = found["moves"]
    order = ("R5", "R4", "R3", "R2", "R1", "R0", "RX")
    total, room, gap = sum(move["accounts"] for move in moves), 250.0, 12.0
    left = [tier for tier in order if any(move["from"] == tier for move in moves)]
    right = [tier for tier in order if any(move["to"] == tier for move in moves)]
    tall = room + gap * (max(len(left), len(right)) - 1)
    sheet = Sheet(name, tall + 84)
    begins: dict[tuple[str, str], float] = {}
    x1, x2 = 96.0, WIDTH - 96.0
    for side, tiers_, end, place in (("from", left, "end", x1), ("to", right, "start", x2)):
        y = 34.0
        for tier in tiers_:
            size = sum(move["accounts"] for move in moves if move[side] == tier) / total * room
            begins[side, tier] = y
            sheet.rect(place - 5, y, 10, size, "node")
            sheet.text(place + (-16 if side == "from" else 16), y + size / 2, tier, "label strong", end)
            y += size + gap
    ranked = sorted(moves, key=lambda move: (order.index(move["from"]), order.index(move["to"])))
    for move in ranked:
        size = move["accounts"] / total * room
        start, stop = begins["from", move["from"]], begins["to", move["to"]]
        begins["from", move["from"]] += size
        begins["to", move["to"]] += size
        way = order.index(move["from"]) - order.index(move["to"])
        kind = "same" if not way else "up" if way > 0 else "down"
        sheet.ribbon((start, start + size), (stop, stop + size), x1 + 5, x2 - 5, f"band {kind}")
        sheet.text(x1 + 40, start + size / 2, str(move["accounts"]), f"on {kind}", "middle")
    sheet.text(x1, 14, "30 days ago", "axis", "middle")
    sheet.text(x2, 14, "now", "axis", "middle")
    key(sheet, tall + 64, (("band same", "the same"), ("band up", "up"), ("band down", "down")))
    return sheet.written(title, description)


def key(sheet: Sheet, y: float, entries: tuple[tuple[str, str], ...]) -> None:
    """What marks mean, in words."""
    x = 24.0
    for kind, words in entries:
        if kind.startswith(("band", "bar", "outline")):
            sheet.rect(x, y - 6, 14, 12, kind)
        else:
            sheet.circle(x + 7, y, 5, kind)
        sheet.text(x + 22, y, words, "tick")
        x += 44 + 9.2 * len(words)


def _axis(share: float) -> str:
    return percent(share).replace(".0 %", " %").replace(".00 %", " %")
