"""How often diligence wants to see a holder's evidence, as far as a review needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.diligence import DiligenceTable
from credence.service.issuer.records import IssuerCase


def review_days(table: DiligenceTable) -> Mapping[str, int]:
    """Days that evidence is good for, by risk tier."""
    return {tier: table.monitoring[tier].review_days for tier in RISK_TIERS}


def watched(table: DiligenceTable, tier: str, since: int) -> dict[str, Any]:
    """The columns of a case whose holder has this tier and showed evidence at ``since`` (unix seconds)."""
    monitoring = table.monitoring[tier]
    return {"monitoring": monitoring.intensity, "review_by": since + monitoring.review_days * DAY_SECONDS}


def review_by(table: DiligenceTable, case: IssuerCase) -> int | None:
    """When a case is to be looked at again by the table in force, which is what wallets are told of; None without a tier.

    What the case has stored is what the table said when evidence was shown.
    """
    if case.risk_tier is None:
        return None
    # how closely a case is watched tells a tier that is worse than the credential's: evidence shown again led to it
    tiers = RISK_TIERS[RISK_TIERS.index(case.risk_tier) :]
    tier = next((tier for tier in tiers if table.monitoring[tier].intensity == case.monitoring), case.risk_tier)
    return case.verified_at + table.monitoring[tier].review_days * DAY_SECONDS


def is_fixed(case: IssuerCase) -> bool:
    """Whether a factor fixes the tier at enhanced, whatever else was found.

    A case of a release that kept no factors may have had one.
    """
    factors = json.loads(case.factors)
    if not factors:
        return case.assessed_tier == RISK_TIERS[-1]
    return any(effect == "enhanced" for _factor, _value, effect in factors)
