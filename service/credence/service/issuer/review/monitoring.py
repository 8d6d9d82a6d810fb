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
    """When a case is to be looked at again; None where nobody said so. A case of a release that did not say is asked for as
    the table has it now."""
    if case.review_by is not None:
        return case.review_by
    days = None if case.risk_tier is None else review_days(table)[case.risk_tier]
    return None if days is None else case.verified_at + days * DAY_SECONDS


def is_fixed(case: IssuerCase) -> bool:
    """Whether a factor fixes the tier at enhanced, whatever else was found."""
    return any(effect == "enhanced" for _factor, _value, effect in json.loads(case.factors))
