"""Is every factor that terms can have put into words, at each of three levels?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, Terms, terms_for
from credence.service.verifier.terms.words import _SAID, explained

NOW = 1_790_000_000
BIG = Decimal(200_000_000)
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "good": {
        "kyc_level": 2,
        "risk_tier": "low",
        "standing_tier": "R5",
        "volume_30d_usd": BIG,
        "maker_share": Decimal("0.02"),
    },
    "both": {"kyc_level": 2, "standing_tier": "R5", "own_standing": "R1", "own_ceiling": "R3"},
    "flagged": {"kyc_level": 2, "standing_tier": "R5", "own_standing": "RX", "own_ceiling": "R5"},
    "own": {"kyc_level": 2, "own_standing": "R2", "own_ceiling": "R5", "raises": (("R4", "R2", NOW, NOW + 86_400),)},
    "stress": {"kyc_level": 1, "risk_tier": "enhanced", "standing_tier": "R3", "stress_regime": True},
    "over": {"kyc_level": 1, "positions": (("btc_eth", BIG),), "expected_shortfall_usd": BIG},
    "measured": {
        "kyc_level": 3,
        "risk_tier": "low",
        "standing_tier": "R5",
        "positions": (("btc_eth", BIG),),
        "insurance_share_usd": Decimal(1),
        "open_interest_share": Decimal("0.5"),
    },
    "within": {
        "kyc_level": 2,
        "positions": (("btc_eth", Decimal(1_000)),),
        "accounts": 2,
        "insurance_share_usd": BIG,
        "open_interest_share": Decimal("0.01"),
    },
    "institution": {"kyc_level": 3, "kind": "institution", "accredited": True},
}


def terms(name: str) -> Terms:
    return terms_for(shipped_tariff(), Facts(**CASES[name]), expires_at=NOW + 86_400)


def test_every_factor_has_words() -> None:
    met = {reason.factor for name in CASES for reason in terms(name).reasons}
    assert met == set(_SAID)


@pytest.mark.parametrize("name", CASES)
def test_each_level_says_more(name: str) -> None:
    short, plain, full = (explained(terms(name), level) for level in ("short", "plain", "full"))
    assert len(short) == len(plain) == len(full) == len(terms(name).reasons) + 1
    for number, (less, more, most) in enumerate(zip(short, plain, full, strict=True)):
        assert less.endswith(".")
        assert "{" not in most
        if number:
            assert more.startswith(less)
            assert most.startswith(more)
            assert most.endswith("]")


def test_what_is_said_is_what_is_priced() -> None:
    found = explained(terms("both"), "plain")
    assert found[0] == "Leverage up to 43.47; fees: maker 2.00 bps, taker 4.99 bps."
    assert (
        "Here you stand at R1, elsewhere at R5: R3 counts. What happened here contradicts more than R3, so that your"
        " credential counts up to it." in found
    )
    assert "Standing R3: initial margin x 0.92, maintenance x 1, taker fee x 0.95." in explained(terms("both"), "short")
    assert explained(terms("flagged"), "short")[0] == "You may only reduce what you hold. Taker fee 6.30 bps."
    assert "As a maker you are paid 0.60 bps." in explained(terms("good"), "short")
    assert "Your standing fell from R4 to R2: margin on open positions rises over 24 hours." in explained(
        terms("own"), "short"
    )
