"""Figures by the desk's other methods, over a report's accounts: segments, stress, fairness, drift, linked wallets.

Each is the method's own report (:mod:`..segments`, :mod:`..stress`, :mod:`..evaluation.fairness`, :mod:`..drift`,
:mod:`..links`), less what would be said of fewer than :data:`~.small.LEAST` accounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from credence.service.reputation.drift.judging import LEAST as LEAST_DRIFT
from credence.service.reputation.drift.judging import judge_drift
from credence.service.reputation.evaluation.fairness import bands, judge_fairness
from credence.service.reputation.fitting.histories import SIZES, TENURES
from credence.service.reputation.risk_report.figures import daily
from credence.service.reputation.risk_report.population import SPAN, Population
from credence.service.reputation.segments.features import Accounts
from credence.service.reputation.segments.mixture import find_segments
from credence.service.reputation.small import LEAST, joined
from credence.service.reputation.stress.cascade import Book, StressReport, run_stress
from credence.service.reputation.stress.scenarios import SCENARIOS

if TYPE_CHECKING:
    from credence.service.reputation.links.judging import LinkReport

Json = Mapping[str, Any]

BEFORE: Final = 90
"""Days before the last 30 that these are compared with."""

RESAMPLES: Final = 20
SEED: Final = 1

BANDS: Final = {
    "tenure": ("under 60 days", "60 to 180 days", "180 days and more"),
    "size": ("under 1,000 USD, or not known", "1,000 to 10,000 USD", "10,000 to 100,000 USD", "100,000 USD and more"),
}
"""What the bands of fairness are called, by attribute, from the lowest."""

_ANY: Final = "any instrument"
_OF_LIQUIDATED: Final = ("accounts_liquidated", "closed_usd", "bad_debt_usd", "insurance_used", "worst_move")
"""What a scenario says of those whom it liquidates."""


def segment_map(found: Population) -> Json | None:
    """Kinds of accounts among those that traded in the last 30 days; None where they are too few to be told apart."""
    known = [each for each in found.traders if each is not None]
    if len(known) < 2 * LEAST:
        return None
    levered = all(each.leverage is not None for each in known)
    earned = [0.0 if each.profit is None else each.profit for each in known]
    features = np.array(
        [
            (each.volume, each.trades, each.leverage if levered else 0.0, each.maker_share, each.net_share, each.tenure)
            for each in known
        ],
        dtype=np.float64,
    )
    names = tuple(map(str, range(len(known))))
    report = find_segments(Accounts(names, features, np.array(earned)), seed=SEED, resamples=RESAMPLES).to_json()
    withheld = report.pop("withheld_accounts")
    report["withheld"] = "none" if withheld < 0.5 else f"fewer than {LEAST}" if withheld < LEAST else f"{withheld:.0f}"
    report["known"] = {"leverage": levered, "profit": any(each.profit is not None for each in known)}
    return report


def stress(found: Population, *, depth: float, insurance: float) -> Json | None:
    """Scenarios on open positions of which conduct knows the size and not the side: the worse of all long and all short."""
    if len(found.positions) < LEAST:
        return None
    size = len(found.positions)
    notional = np.array([each.notional for each in found.positions])
    book = Book(
        account=np.arange(size, dtype=np.int64),
        instrument=np.zeros(size, dtype=np.int64),
        notional=notional,
        maintenance=np.array([each.maintenance for each in found.positions]),
        equity=np.array([each.equity for each in found.positions]),
        instruments=(_ANY,),
    )
    sides = [run_stress(each, depth=depth, insurance=insurance) for each in (book, replace(book, notional=-notional))]
    worse = [
        max(pair, key=lambda each: (each.bad_debt, each.liquidated))
        for pair in zip(*(s.outcomes for s in sides), strict=True)
    ]
    return _stressed(replace(sides[0], outcomes=tuple(worse)), one_sided=True)


def stress_of(book: Book, *, depth: float, insurance: float) -> Json:
    """Scenarios on a venue's own table of positions. Raises ``StressRefused`` for fewer than 20 accounts."""
    return _stressed(run_stress(book, depth=depth, insurance=insurance), one_sided=False)


def _stressed(report: StressReport, *, one_sided: bool) -> Json:
    told = report.to_json()
    for row, outcome in zip(told["scenarios"], report.outcomes, strict=True):
        moves = row.pop("moves").values()
        row["worst_move"] = min(moves, key=lambda move: (-abs(move), move))
        if 0 < outcome.liquidated < LEAST:  # of so few, sums are as much as single positions
            row |= dict.fromkeys(_OF_LIQUIDATED)
    told["one_sided"] = one_sided
    told["scenario_count"] = len(SCENARIOS)
    del told["limit"]
    return told


def fairness(found: Population) -> Json | None:
    """Whether the chances of a margin event are right within each band of tenure and size, by account-day."""
    outcomes, chances, who, day = daily(found)
    if len(np.unique(who)) < LEAST:
        return None
    size = np.zeros(found.n)
    for account in range(found.n):
        held = found.facts["collateral"][found.owner == account]
        size[account] = 0.0 if np.isnan(held).all() else float(np.nanmean(held))
    since = (day - found.began[who]).astype(np.float64)
    labels = {"tenure": bands(since, TENURES), "size": bands(size[who], SIZES)}
    report = judge_fairness(outcomes, chances, labels, accounts=who).to_json()
    groups = [
        {
            **{name: value for name, value in group.items() if name != "rows"},
            "words": BANDS[group["attribute"]][group["band"]],
            "n": group["rows"],
        }
        for group in report["groups"]
    ]
    if not groups:
        return None
    return {
        "groups": groups,
        "n": len(outcomes),
        "accounts": len(np.unique(who)),
        "tolerance": report["tolerance"],
        "withheld_groups": sum(len(np.unique(each)) for each in labels.values()) - len(groups),
        "passed": report["passed"],
    }


def drift(found: Population) -> Json | None:
    """Account-days of the last 30 days against those of the 90 before; None where either side has too few."""
    start = found.as_of - SPAN
    after, before = found.day >= start, (found.day < start) & (found.day >= start - BEFORE)
    funded = ~np.isnan(found.facts["collateral"])
    sized = min(int((side & funded).sum()) for side in (after, before)) >= LEAST_DRIFT
    names = {"notional": "notional, USD a day", "exposure": "exposure, share of the day"}
    if sized:
        after, before = after & funded, before & funded
        names["collateral"] = "mean collateral, USD"
    if min(int(side.sum()) for side in (after, before)) < LEAST_DRIFT:
        return None
    if min(len(np.unique(found.owner[side])) for side in (after, before)) < LEAST:
        return None
    told = judge_drift(*({words: found.facts[name][side] for name, words in names.items()} for side in (before, after)))
    report = told.to_json()
    for feature in report["features"]:
        feature["p"] = f"{feature['p']:.1e}"
    del report["limit"]
    return {
        **report,
        "accounts": {"before": len(np.unique(found.owner[before])), "after": len(np.unique(found.owner[after]))},
    }


def linked(report: LinkReport) -> Json:
    """How many wallets hang together, and in groups of what size. No wallet is named, and no group is told by itself."""
    aggregate = [cluster.listed for cluster in report.clusters if cluster.aggregated]
    smaller = sum(cluster.listed for cluster in report.clusters if not cluster.aggregated)
    edges = (report.least, 20, 50, 100, 1_000)
    counts = Counter(max((edge for edge in edges if size >= edge), default=report.least) for size in aggregate)
    wallets = [sum(size for size in aggregate if _class(size, edges) == edge) for edge in edges]
    rows = [
        {
            "from": edges[first],
            "to": edges[last + 1] - 1 if last + 1 < len(edges) else None,
            "groups": sum(counts[edge] for edge in edges[first : last + 1]),
            "wallets": sum(wallets[first : last + 1]),
        }
        for first, last in joined(wallets)
    ]
    few = 0 < sum(aggregate) < LEAST
    return {
        "wallets": report.n,
        "aggregated": None if few else sum(aggregate),
        "groups": None if few else len(aggregate),
        "smaller": smaller if smaller >= LEAST or not smaller else None,
        "sizes": rows,
        "hubs": report.hubs,
        "hub_cap": report.hub_cap,
        "least": report.least,
        "weights": report.weights,
    }


def _class(size: int, edges: tuple[int, ...]) -> int:
    return max((edge for edge in edges if size >= edge), default=edges[0])
