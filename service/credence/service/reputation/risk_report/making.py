"""A report as a document: every figure with what it shows, its n, what it cannot tell, or why there is none.

The same accounts and options give the same document, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from credence.circuits.days import write_day
from credence.circuits.encoding import b64u
from credence.service.reputation.risk_report import figures, parts
from credence.service.reputation.risk_report.population import Population
from credence.service.reputation.risk_report.words import FIGURES
from credence.service.reputation.small import LEAST
from credence.service.reputation.stress.cascade import Book

FORM: Final = "credence-risk-report/1"

_PLACES: Final = 6
_DAY: Final = 86_400

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Beside:
    """What a report shows that is not in conduct: attacks on the tariff, positions, linked wallets. None: not given.

    ``depth`` (USD that move a price by 1 %) and ``insurance`` (USD) are assumed of every scenario.
    """

    attacks: Json | None = None
    book: Book | None = None
    links: Json | None = None
    depth: float = 1_000_000.0
    insurance: float = 0.0


def make_report(found: Population, venue: str, beside: Beside | None = None) -> dict[str, Any]:
    """The report of a venue's accounts. Raises ``StressRefused`` for positions or assumptions that cannot be stressed."""
    beside = beside or Beside()
    makers: dict[str, Callable[[], Json | None]] = {
        "reliability-month": lambda: figures.reliability_monthly(found),
        "reliability-day": lambda: figures.reliability_daily(found),
        "tiers": lambda: figures.tier_rates(found),
        "scores": lambda: figures.score_distribution(found),
        "flow": lambda: figures.tier_flow(found),
        "segments": lambda: parts.segment_map(found),
        "stress": lambda: _stress(found, beside),
        "fairness": lambda: parts.fairness(found),
        "drift": lambda: parts.drift(found),
        "attacks": lambda: _attacks(beside.attacks),
        "links": lambda: beside.links,
    }
    simulated = found.source.simulated
    document = {
        "form": FORM,
        "venue": venue,
        "as_of": datetime.fromtimestamp(found.as_of * _DAY, UTC).isoformat().replace("+00:00", "Z"),
        "source": {
            "label": "simulated" if simulated == found.n else "partly simulated" if simulated else "reported",
            "words": found.source.words,
            "accounts": found.n,
            "account_days": len(found.day),
            "first_day": write_day(int(found.day.min())),
            "last_day": write_day(int(found.day.max())),
            "accounts_left_out": found.left_out,
            "digest": found.digest,
        },
        "model": found.model.version,
        "standing": f"{found.table.name}/{found.table.version}/{found.table.digest[:8]}",
        "tariff": None if beside.attacks is None else beside.attacks["tables"]["tariff"],
        "least_accounts": LEAST,
        "events": _events(found),
        "figures": {name: _figure(name, makers[name]()) for name in FIGURES},
    }
    whole: dict[str, Any] = _rounded(document)
    return whole


def written(document: Json) -> str:
    """The document as it is kept and sent: canonical enough that equal ones are equal bytes."""
    return json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n"


def report_id(document: Json) -> str:
    """22 letters that name a document: who makes the same report again gets the same one."""
    return b64u(hashlib.sha256(written(document).encode()).digest()[:16])


def _figure(name: str, found: Json | None) -> dict[str, Any]:
    words = FIGURES[name]
    told = {"title": words.title, "limit": words.limit, "found": found}
    return told if found is not None else {**told, "missing": words.missing}


def _stress(found: Population, beside: Beside) -> Json | None:
    if beside.book is not None:
        return parts.stress_of(beside.book, depth=beside.depth, insurance=beside.insurance)
    return parts.stress(found, depth=beside.depth, insurance=beside.insurance)


def _attacks(told: Json | None) -> Json | None:
    if told is None:
        return None
    rows = [
        {
            "name": row["name"],
            "what": row["what"],
            "gain": row["gain"],
            "bound": row["bound"],
            "holds": row["holds"],
            "best": row["best"],
            "reason": row["reason"],
        }
        for row in told["attacks"]
    ]
    return {"attacks": rows, "holds": told["holds"], "unit": told["unit"], "tables": dict(told["tables"])}


def _events(found: Population) -> dict[str, Any]:
    """Hours with a margin event, by the worst in each, over all accounts and days."""
    names = ("near_miss", "call", "liquidation", "bad_debt")
    return {name: int(found.facts[name].sum()) for name in names} | {"exposed_days": float(found.facts["exposure"].sum())}


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return round(value, _PLACES) + 0.0 if math.isfinite(value) else None
    return value
