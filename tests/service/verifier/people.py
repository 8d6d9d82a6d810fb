"""People for the tests of terms: any facts at all, and short ways to ask for terms."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.tariff.tables import KYC_LEVELS, RISK_TIERS, STANDING_TIERS
from credence.service.verifier.terms import Facts, Terms, terms_for

TARIFF = shipped_tariff()
CLASSES = [row.name for row in TARIFF.instrument_classes]
D = Decimal
EXPIRES = 1_764_000_000


def terms(**facts: Any) -> Terms:
    return terms_for(TARIFF, Facts(**facts), expires_at=EXPIRES)


def reasons(found: Terms) -> dict[str, dict[str, str]]:
    return {item.factor: dict(item.effect) for item in found.reasons}


AMOUNTS = st.decimals(0, 10**10, places=2) | st.sampled_from(
    [edge for row in TARIFF.instrument_classes for edge in (bracket.from_usd for bracket in row.schedule.brackets)]
)
SHARES = st.decimals(0, 1, places=3)
STANDINGS = st.sampled_from([None, "R9", *STANDING_TIERS])
RISKS = st.sampled_from([None, "unheard-of", *RISK_TIERS])
FACTS = st.builds(
    Facts,
    kyc_level=st.sampled_from([None, -1, 4, *KYC_LEVELS]),
    risk_tier=RISKS,
    standing_tier=STANDINGS,
    kind=st.sampled_from([None, "natural", "legal", "institution", "bank"]),
    accredited=st.booleans(),
    volume_30d_usd=AMOUNTS,
    maker_share=SHARES,
    stress_regime=st.booleans(),
    open_interest_share=st.none() | SHARES,
    expected_shortfall_usd=st.none() | AMOUNTS,
    insurance_share_usd=st.none() | AMOUNTS,
    positions=st.lists(st.tuples(st.sampled_from([*CLASSES, "memes"]), AMOUNTS), max_size=3).map(tuple),
)
