"""Figures of what was believed: how right it was, what came of each tier, scores, and moves between tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.evidence import Evidence, daily_evidence
from credence.service.reputation.belief.risk import expected_of, observed_of, score_all
from credence.service.reputation.belief.risk_fitting import RiskPrior, any_chances, month_chances
from credence.service.reputation.evaluation.measures import bins_of, measure
from credence.service.reputation.risk_report.population import SPAN, Population
from credence.service.reputation.small import LEAST, Showing, interval, joined, showing, showing_sets
from credence.service.reputation.tiers import TIERS
from credence.service.reputation.tiers.table import EARNED

Json = Mapping[str, Any]

BINS: Final = 10
STEP: Final = 25
"""Points of the score in a bar, before bars are joined."""

WORST, BEST = 300, 850

MEMORY: Final = 730
JUDGED: Final = 180
"""Days that are read for the chance of a margin event, and those of them that it is judged on."""

_SUMS: Final = ("near_miss", "call", "liquidation", "bad_debt", "expected")


def daily(found: Population) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Outcome (0 or 1), chance one day ahead, account, and day of each exposed account-day of the last :data:`JUDGED`."""
    start = max(found.as_of - MEMORY, int(found.day.min()))
    shape = (found.n, found.as_of - start)
    events, exposure = np.zeros(shape), np.zeros(shape)
    read = found.day >= start
    place = found.owner[read], found.day[read] - start
    severity = found.model.severity
    counts = {name: found.facts[name][read] for name in _SUMS[:4]}
    events[place] = sum(counts.values())
    exposure[place] = found.facts["expected"][read]
    events[exposure <= 0] = 0.0
    total = sum(float(each.sum()) for each in counts.values())
    weighted = sum(float(each.sum()) * severity[name] for name, each in counts.items())
    rate = total / weighted if weighted else 1.0
    prior = RiskPrior(found.model.risk_prior, rate, found.model.half_life["calls"])
    chances = any_chances(prior, events, exposure)
    due = (exposure > 0) & (np.arange(shape[1]) >= shape[1] - JUDGED)
    due[np.arange(found.n), np.maximum(found.began - start, 0)] = False  # of its first day nobody could say anything
    who, when = np.nonzero(due)
    return (events[due] > 0).astype(np.float64), chances[due], who.astype(np.int64), (when + start).astype(np.int64)


def reliability_daily(found: Population) -> Json | None:
    """Chance of a margin event tomorrow against what came; None without account-days to judge."""
    outcomes, chances, who, _ = daily(found)
    return _reliability(outcomes, chances, who)


def reliability_monthly(found: Population) -> Json | None:
    """Chance of a liquidation in 30 days, the one that a score is made of, against what came in past windows."""
    parts = [_window(found, place) for place in range(1, len(found.anchors))]
    outcomes, chances, who = (np.concatenate([part[name] for part in parts]) for name in ("adverse", "chance", "who"))
    told = _reliability(outcomes, chances, who.astype(np.int64))
    return None if told is None else {**told, "windows": sum(bool(len(part["who"])) for part in parts)}


def _window(found: Population, place: int) -> dict[str, Floats]:
    """The 30 days from an anchor on: who had evidence before it and exposure in it, chance and outcome of each."""
    anchor = found.anchors[place]
    evidence = _evidence(found, anchor)
    observed, expected = observed_of(evidence), expected_of(evidence)
    chance = month_chances(found.model.hazard, found.model.risk_prior, observed, expected)
    exposed, adverse, called = _came(found, anchor)
    due = (expected >= found.model.sufficient) & (exposed > 0)
    return {
        "who": np.nonzero(due)[0].astype(np.float64),
        "chance": chance[due],
        "adverse": adverse[due],
        "called": called[due],
    }


def _evidence(found: Population, anchor: int) -> Evidence:
    known = found.day < anchor
    sums = {name: found.facts[name][known] for name in _SUMS}
    return daily_evidence(found.n, found.owner[known], found.day[known], sums, anchor - 1, found.model)


def _came(found: Population, anchor: int) -> tuple[Floats, Floats, Floats]:
    """Of each account in the 30 days from an anchor on: exposure, and whether a liquidation, or any margin event, came."""
    inside = (found.day >= anchor) & (found.day < anchor + SPAN)
    owner = found.owner[inside]
    worst = found.facts["liquidation"][inside] + found.facts["bad_debt"][inside]
    any_event = worst + found.facts["call"][inside] + found.facts["near_miss"][inside]
    weights = (found.facts["exposure"][inside], worst, any_event)
    sums: list[Floats] = [np.bincount(owner, weights=each, minlength=found.n).astype(np.float64) for each in weights]
    return sums[0], (sums[1] > 0).astype(np.float64), (sums[2] > 0).astype(np.float64)


def _reliability(outcomes: Floats, chances: Floats, who: NDArray[np.int64]) -> Json | None:
    """Equal-mass bins, as many up to ten as leave each with enough accounts; equal probabilities share one."""
    if len(np.unique(who)) < LEAST:
        return None
    cells = _cells(chances, who)
    told = measure(outcomes, chances)
    rows = []
    for cell in cells:
        accounts = len(np.unique(who[cell]))
        hits, n = float(outcomes[cell].sum()), int(cell.sum())
        low, high = interval(hits, n, accounts)
        rows.append(
            {
                "predicted": float(chances[cell].mean()),
                "observed": hits / n,
                "low": low,
                "high": high,
                "n": n,
                "events": int(hits),
                "accounts": accounts,
            }
        )
    return {
        "bins": rows,
        "n": len(outcomes),
        "accounts": len(np.unique(who)),
        "events": int(outcomes.sum()),
        "predicted": float(chances.mean()),
        "observed": float(outcomes.mean()),
        "ece": told.ece,
        "log_loss": told.log_loss,
        "base_log_loss": _base_loss(outcomes),
        "auc": told.auc,
    }


def _cells(chances: Floats, who: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """Which predictions are in each bin: at most ten bins, and each of accounts enough."""
    for bins in range(BINS, 1, -1):
        number = bins_of(chances, bins)
        cells = [number == each for each in np.unique(number)]
        if all(len(np.unique(who[cell])) >= LEAST for cell in cells):
            return cells
    return [np.ones(len(chances), dtype=np.bool_)]


def _base_loss(outcomes: Floats) -> float:
    return measure(outcomes, np.full_like(outcomes, outcomes.mean())).log_loss


def tier_rates(found: Population) -> Json | None:
    """What came in the 30 days after a tier was held, over all windows: liquidations, and margin events of any kind."""
    held: dict[str, list[tuple[int, float, float]]] = {tier: [] for tier in TIERS}
    windows = 0
    for anchor, tiers in zip(found.anchors[1:], found.tiers[1:], strict=True):
        exposed, adverse, called = _came(found, anchor)
        before = sum(len(each) for each in held.values())
        for who, tier in enumerate(tiers):
            if tier is not None and exposed[who] > 0:
                held[tier].append((who, float(adverse[who]), float(called[who])))
        windows += sum(len(each) for each in held.values()) > before
    people = [{who for who, _, _ in held[tier]} for tier in TIERS]
    if not any(people):
        return None
    rows = []
    for tier, size, what in zip(TIERS, map(len, people), showing_sets(people), strict=True):
        row: dict[str, Any] = {"tier": tier, "showing": what.value}
        if what is Showing.SHOWN:
            n, hits, calls = len(held[tier]), *(sum(each[place] for each in held[tier]) for place in (1, 2))
            (low, high), (call_low, call_high) = interval(hits, n, size), interval(calls, n, size)
            row |= {"n": n, "accounts": size, "events": int(hits), "share": hits / n, "low": low, "high": high}
            row |= {"called": int(calls), "called_share": calls / n, "called_low": call_low, "called_high": call_high}
        rows.append(row)
    return {"tiers": rows, "windows": windows, "span_days": SPAN}


def score_distribution(found: Population) -> Json | None:
    """Scores as the report's day begins, in bars of 25 points that are joined until each has enough accounts."""
    evidence = _evidence(found, found.as_of)
    scores = score_all(observed_of(evidence), expected_of(evidence), model=found.model)
    known = scores.score[scores.sufficient]
    edges = np.arange(WORST, BEST + STEP, STEP)
    counts = np.histogram(known, bins=edges)[0].tolist()
    bars = joined(counts)
    if not bars:
        return None
    insufficient = int((~scores.sufficient).sum())
    return {
        "bars": [
            {"from": int(edges[first]), "to": int(edges[last + 1]), "accounts": int(sum(counts[first : last + 1]))}
            for first, last in bars
        ],
        "n": len(known),
        "insufficient": insufficient if insufficient >= LEAST or not insufficient else None,
        "median": float(np.median(known)),
        "quartiles": [float(each) for each in np.quantile(known, [0.25, 0.75])],
        "entries": {tier: found.table.rows[tier].enter_score for tier in EARNED},
    }


def tier_flow(found: Population) -> Json | None:
    """Where accounts stood 30 days ago and where they stand as the report's day begins, by pairs of tiers."""
    pairs: dict[tuple[str, str], int] = {}
    for before, after in zip(found.tiers[1], found.tiers[0], strict=True):
        if before is not None and after is not None:
            pairs[before, after] = pairs.get((before, after), 0) + 1
    named = sorted(pairs, key=lambda pair: (TIERS.index(pair[0]), TIERS.index(pair[1])))
    sizes = [pairs[pair] for pair in named]
    shown = showing(sizes)
    moves = [
        {"from": pair[0], "to": pair[1], "accounts": size}
        for pair, size, what in zip(named, sizes, shown, strict=True)
        if what is Showing.SHOWN
    ]
    if not moves:
        return None
    new = found.tiers[1].count(None)
    return {
        "moves": moves,
        "n": sum(sizes),
        "withheld": sum(size for size, what in zip(sizes, shown, strict=True) if what is Showing.WITHHELD),
        "withheld_moves": shown.count(Showing.WITHHELD),
        "new": new if new >= LEAST or not new else None,
    }
