"""A tariff as attacks see it: what the live pricing really asks of one account."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from credence.service.reputation.attacks.running import AttackReport, run_attacks
from credence.service.reputation.attacks.setting import PPM, Account, Fees, Setting
from credence.service.verifier.terms import Facts, terms_for

if TYPE_CHECKING:
    from credence.service.verifier.tariff import Tariff
    from credence.service.verifier.terms import Terms

_CENT: Final = Decimal("0.01")
_EXPIRES: Final = 1
_ENOUGH: Final = Decimal(10) ** 17


def attacks_on(tariff: Tariff, setting: Setting | None = None) -> AttackReport:
    """Every attack against a tariff, and the shipped tables of standing and belief: some seconds."""
    return run_attacks(TariffVenue(tariff), setting=setting)


class TariffVenue:
    """The prices of one tariff, by :func:`terms_for` alone."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._terms = lru_cache(maxsize=4_096)(self._priced)

    @property
    def name(self) -> str:
        return f"{self._tariff.name}/{self._tariff.version}/{self._tariff.digest[:8]}"

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return tuple(row.name for row in self._tariff.instrument_classes)

    @cached_property
    def thresholds(self) -> tuple[float, ...]:
        return tuple(float(row.from_usd) for row in self._tariff.volume_tiers[1:])

    @cached_property
    def maker_shares(self) -> tuple[float, ...]:
        return tuple(float(step.share_from) for step in self._tariff.rebates.steps)

    def ends(self, instrument_class: str) -> list[float]:
        brackets = self._tariff.instrument_class(instrument_class).schedule.brackets
        return [float(each.to_usd) for each in brackets if each.to_usd is not None]

    def stress_move(self, instrument_class: str) -> float:
        return float(self._tariff.instrument_class(instrument_class).stress_move)

    def notional_cap(self, account: Account) -> float:
        cap = self._terms(account, "", Decimal(0), None).notional_cap_usd
        return float("inf") if cap is None else float(cap)

    def fees(self, account: Account) -> Fees:
        found = self._terms(account, "", Decimal(0), None).fees
        return Fees(found.maker_ppm * PPM, found.taker_ppm * PPM)

    def margin(self, account: Account, instrument_class: str, notional: float, insured: float | None = None) -> float:
        exact = _usd(notional)
        if insured is None:  # relief does not hang on the size, and so neither do the terms
            return _margin(self._terms(account, "", Decimal(0), None), instrument_class, exact)
        return _margin(self._terms(account, instrument_class, exact, _usd(insured)), instrument_class, exact)

    def _priced(self, account: Account, instrument_class: str, notional: Decimal, insured: Decimal | None) -> Terms:
        facts = Facts(
            kyc_level=account.level,
            risk_tier="standard" if account.level else None,
            standing_tier=account.standing,
            volume_30d_usd=_usd(account.volume),
            maker_share=Decimal(repr(account.maker_share)),
            open_interest_share=Decimal(0),
            insurance_share_usd=_ENOUGH if insured is None else insured,
            positions=((instrument_class, notional),) if notional else (),
        )
        return terms_for(self._tariff, facts, expires_at=_EXPIRES)


def _margin(terms: Terms, instrument_class: str, notional: Decimal) -> float:
    return float(terms.margin_for(instrument_class).to_open(notional))


def _usd(amount: float) -> Decimal:
    return Decimal(amount).quantize(_CENT, ROUND_FLOOR)
