"""All attacks against one venue's tables: what each gains, and whether every gain is what it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from credence.service.reputation.attacks.conduct import (
    Tables,
    calm_hours,
    calm_hours_risky,
    farming,
    whitewash,
    whitewash_flagged,
)
from credence.service.reputation.attacks.positions import farm_then_rob, pool, rob, split, split_unproven
from credence.service.reputation.attacks.setting import UNIT, Finding, Setting, Venue
from credence.service.reputation.attacks.volume import pool_fees, wash, wash_unseen
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.tiers import shipped_table

LIMIT: Final = (
    "simulated, with what is assumed of market and person; limits are aggregated per person; an identity that is bought, a "
    "price that is pushed and a venue that deceives are not in it"
)


@dataclass(frozen=True)
class AttackReport:
    """Every finding against the tables that are named."""

    findings: tuple[Finding, ...]
    tables: dict[str, str]
    setting: Setting
    limit: str = LIMIT

    @property
    def holds(self) -> bool:
        """Whether no attack gains more than nothing, or than its bound where it is listed."""
        return all(found.holds for found in self.findings)

    def to_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "unit": UNIT,
            "gains": {found.name: round(found.gain, 2) for found in self.findings},
            "listed": {
                found.name: {"bound": round(found.bound, 2), "reason": found.reason}
                for found in self.findings
                if found.bound is not None
            },
            "attacks": [found.to_json() for found in self.findings],
            "tables": self.tables,
            "assumed": self.setting.to_json(),
            "limit": self.limit,
        }


def run_attacks(venue: Venue, *, setting: Setting | None = None) -> AttackReport:
    """Every attack against a venue's prices and the shipped tables of standing and belief."""
    setting, tables = setting or Setting(), Tables(shipped_table(), shipped_model())
    usd, days = farming(venue, setting, tables)
    findings = (
        wash(venue, setting),
        wash_unseen(venue, setting),
        split(venue, setting),
        split_unproven(venue, setting),
        pool(venue, setting),
        pool_fees(venue, setting),
        whitewash(venue, setting, tables),
        whitewash_flagged(venue, setting),
        rob(venue, setting),
        farm_then_rob(venue, setting, usd, days),
        calm_hours(venue, setting, tables),
        calm_hours_risky(venue, setting, tables),
    )
    standing = tables.standing
    told = {
        "tariff": venue.name,
        "standing": f"{standing.name}/{standing.version}/{standing.digest[:8]}",
        "belief": tables.model.version,
    }
    return AttackReport(findings, told, setting)
