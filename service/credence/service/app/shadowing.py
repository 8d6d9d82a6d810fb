"""What a tariff, or a model of belief, would do to a venue's pseudonyms: their conduct from reputation, what they proved
from the verifier.

It reads and tells nobody: a standing is evaluated here as it is when it is asked for, and not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from credence.circuits.encoding import b64u
from credence.service.reputation import records as conduct_records
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.market import SERIES
from credence.service.reputation.market import records as market_records
from credence.service.reputation.models import model_of
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.statistics import collateral, history, mean_leverage, wash_notional
from credence.service.runtime import Services
from credence.service.verifier import records, tariff_versions
from credence.service.verifier.sealing import answer_of
from credence.service.verifier.tariff import Tariff, load_tariffs
from credence.service.verifier.terms import Facts
from credence.service.verifier.terms.shadow import Account

if TYPE_CHECKING:
    from credence.service.reputation.standing import State

DEFAULT_CLASS: Final = "btc_eth"
"""The instrument class that open positions are margined as where nobody says another."""

_DAY: Final = 86_400
_SPAN: Final = 30
_MICRO: Final = Decimal("0.000001")
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one pseudonym, whatever is believed of it: its days, the venue's flag, and what it proved."""

    pseudonym: bytes
    days: Sequence[ReputationDay]
    flagged_at: int | None
    proven: Mapping[str, Any]
    unique: bool


@dataclass(frozen=True, slots=True)
class Beheld:
    """One pseudonym under a model: where it stands, and what a tariff prices."""

    state: State
    account: Account


def active_tariff(services: Services, name: str) -> Tariff | None:
    """The tariff of a name that counts now, or would once a verifier starts; None where there is none."""
    with services.store("verifier").reading() as session:
        row = records.active_tariff_version(session, name, services.clock())
    if row is not None:
        return tariff_versions.tariff_of(services, row)
    return load_tariffs(services.settings.tariff_dir).get(name)


def accounts(
    services: Services,
    client_id: str,
    *,
    kyc_level: int | None,
    risk_tier: str | None,
    instrument_class: str,
    today: int | None = None,
) -> Iterator[Account]:
    """Every pseudonym that the venue reported of, as it stands on the unix day ``today``.

    What it proved is that of its newest accepted session; ``kyc_level`` and ``risk_tier`` stand for it where there was none.
    The open position is the mean notional of the last day with margin snapshots, as one of ``instrument_class``: reports do
    not say more.
    """
    day = services.clock() // _DAY if today is None else today
    hazards, model = in_force(services, client_id)
    for each in known(services, client_id, kyc_level=kyc_level, risk_tier=risk_tier):
        yield behold(each, hazards, model, instrument_class, day).account


def in_force(services: Services, client_id: str) -> tuple[dict[int, int], BeliefModel]:
    """The market's hazards by day, and the model that counts for a venue's pseudonyms."""
    with services.store("reputation").reading() as session:
        return market_records.hazards(session, SERIES), model_of(session, client_id)


def known(
    services: Services, client_id: str, *, kyc_level: int | None = None, risk_tier: str | None = None
) -> Iterator[Known]:
    """Every pseudonym that the venue reported of, in their order, one at a time; see :func:`accounts`."""
    store, after = services.store("reputation"), b""
    while True:
        with store.reading() as session:
            page = conduct_records.pseudonyms_of(session, client_id, after=after)
        for pseudonym in page:
            proven = _proven(services, client_id, pseudonym)
            with store.reading() as session:
                days = conduct_records.days_of(session, client_id, pseudonym)
                stored = conduct_records.standing_of(session, client_id, pseudonym)
            yield Known(
                pseudonym,
                days,
                None if stored is None else stored.flagged_at,
                proven or {"kyc_level": kyc_level, "risk_tier": risk_tier},
                proven is not None or bool(kyc_level),
            )
        if not page:
            return
        after = page[-1]


def behold(each: Known, hazards: Mapping[int, int], model: BeliefModel, instrument_class: str, today: int) -> Beheld:
    """A pseudonym as ``model`` has it on the unix day ``today``."""
    from credence.service.reputation.standing import stand

    state = stand(
        history(each.days, hazards, model.event_rate),
        as_of_day=today,
        now=today * _DAY,
        unique=each.unique,
        flagged_at=each.flagged_at,
        model=model,
    )
    recent = [day for day in each.days if today - _SPAN < day.day <= today]
    made = sum(day.maker_notional for day in recent)
    whole = sum(day.notional for day in recent)
    facts = Facts(
        **each.proven,
        own_standing=state.tier,
        own_ceiling=state.ceiling,
        volume_30d_usd=sum((day.notional - wash_notional(day) for day in recent), 0) * _MICRO,
    )
    position = _position([day for day in each.days if day.day <= today], instrument_class)
    return Beheld(state, Account(b64u(each.pseudonym), facts, (whole - made) * _MICRO, made * _MICRO, position))


def _proven(services: Services, client_id: str, pseudonym: bytes) -> dict[str, Any] | None:
    with services.store("verifier").reading() as session:
        row = records.newest_acceptance(session, client_id, pseudonym)
    if row is None:
        return None
    said = json.loads(answer_of(services.keeping, row))
    return {name: said[name] for name in ("kyc_level", "risk_tier", "standing_tier")}


def _position(days: Any, instrument_class: str) -> tuple[str, Decimal] | None:
    held: list[ReputationDay] = [day for day in days if day.snapshot_seconds > 0]
    if not held:
        return None
    leverage, equity = mean_leverage(held[-1:]), collateral(held[-1])
    if leverage is None or equity is None:
        return None
    return instrument_class, Decimal(repr(leverage * equity)).quantize(_CENT)
