"""A standing in words: what it rests on, what is missing for the next tier, and how it would be lost, at three levels."""

from __future__ import annotations

from typing import Final, Literal

from credence.circuits.days import write_day
from credence.service.reputation.tiers.machine import Condition, Evaluation, Standing, conditions, next_tier
from credence.service.reputation.tiers.table import EARNED, StandingTable

Level = Literal["short", "plain", "full"]

LEVELS: Final[tuple[Level, ...]] = ("short", "plain", "full")

_NAMES: Final = {
    "score": "a score of {needed:g}",
    "evidence": "evidence of {needed:g}, about {days:.0f} days at risk in a calm market",
    "tenure_days": "{needed:g} days since the first open position",
    "liquidation_free_days": "{needed:g} days without a liquidation",
    "bad_debt_free_days": "{needed:g} days without a bad debt",
}

_DAYS_PER_EVIDENCE: Final = 15


def explained(table: StandingTable, tier: str, standing: Standing, found: Evaluation, level: Level) -> tuple[str, ...]:
    """What is said of ``tier``, which is shown on the day of ``found``; ``standing`` is that of the last whole day."""
    lines = [_now(tier, found)]
    if level != "short":
        lines += _why(table, tier, standing, found)
    if tier != EARNED[-1]:
        lines.append(_next(table, tier, standing, found))
    if level == "full":
        lines += _all(table, tier, standing, found)
    return tuple(lines)


def _now(tier: str, found: Evaluation) -> str:
    score = "there is too little evidence for a score" if found.score is None else f"the score is {found.score:.0f}"
    return f"Standing {tier}; {score}."


def _why(table: StandingTable, tier: str, standing: Standing, found: Evaluation) -> list[str]:
    lines = [_basis(found)]
    if found.flagged:
        lines.append("The venue set a hard flag: as long as it stands nothing else counts.")
    elif tier != standing.tier:
        lines.append("A bad debt of today counts at once.")
    if found.bad_debt_free_days is not None:
        lines.append(f"The last bad debt was {_ago(found.bad_debt_free_days)}.")
    if found.liquidation_free_days is not None:
        lines.append(f"The last liquidation was {_ago(found.liquidation_free_days)}.")
    if not found.unique:
        lines.append("No proof shows that one person stands behind this pseudonym alone, so that no tier above R0 is held.")
    if standing.down_days and standing.down_to is not None:
        left = table.down_days - standing.down_days
        lines.append(
            f"It was not held on {standing.down_days} day(s) in a row; after {left} more it falls to {standing.down_to}."
        )
    if tier in table.rows and not found.flagged:
        row = table.rows[tier]
        liquidated = " or by a liquidation" if row.liquidation_free_days else ""
        lines.append(f"It is lost below a score of {row.leave_score}{liquidated}, after {table.down_days} days in a row.")
    return lines


def _basis(found: Evaluation) -> str:
    days = f"{found.evidence * _DAYS_PER_EVIDENCE:.0f}"
    return (
        f"It rests on evidence of {found.evidence:.2f}, about {days} days at risk in a calm market,"
        f" and {found.tenure_days} day(s) since the first open position."
    )


def _next(table: StandingTable, tier: str, standing: Standing, found: Evaluation) -> str:
    step = next_tier(tier, unique=found.unique)
    if step is None:
        return "The next tier, R1, needs a proof of uniqueness, which a verification session gives."
    if found.flagged:
        return "There is no way up before the venue lifts its flag."
    missing = [_needed(each) for each in conditions(table, step, found) if not each.met]
    if not missing:
        days = table.up_days - (standing.up_days if tier == standing.tier else 0)
        return f"All that {step} asks is met: it follows after {days} such day(s) in a row."
    return f"For {step} there is missing: {'; '.join(missing)}."


def _all(table: StandingTable, tier: str, standing: Standing, found: Evaluation) -> list[str]:
    step = next_tier(tier, unique=found.unique)
    lines = []
    if step is not None:
        lines.append(f"Days in a row that met the next tier: {standing.up_days} of {table.up_days}.")
        for each in conditions(table, step, found):
            have = "none yet" if each.value is None else f"{each.value:g}"
            free = each.name.endswith("_free_days") and each.value is None
            lines.append(f"{step} asks {_needed(each)}: {'there never was one' if free else have}.")
    day = write_day(found.day)
    lines.append(f"By the table {table.name}, version {table.version} ({table.digest[:16]}), as of {day} (UTC).")
    return lines


def _needed(condition: Condition) -> str:
    return _NAMES[condition.name].format(needed=condition.needed, days=condition.needed * _DAYS_PER_EVIDENCE)


def _ago(days: int) -> str:
    return "today" if days == 0 else f"{days} day(s) ago"
