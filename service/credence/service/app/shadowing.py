"""What a tariff would do to a venue's pseudonyms: their conduct from reputation, what they proved from the verifier.

It reads and tells nobody: a standing is evaluated here as it is when it is asked for, and not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.service.reputation import records as conduct_records
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.market import SERIES
from credence.service.reputation.market import records as market_records
from credence.service.reputation.models import model_of
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.statistics import collateral, history, mean_leverage, wash_notional
from credence.service.runtime import Services
from credence.service.verifier import records
from credence.service.verifier.sealing import answer_of
from credence.service.verifier.terms import Facts
from credence.service.verifier.terms.shadow import Account

_DAY: Final = 86_400
_SPAN: Final = 30
_MICRO: Final = Decimal("0.000001")
_CENT: Final = Decimal("0.01")


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
    store, after = services.store("reputation"), b""
    day = services.clock() // _DAY if today is None else today
    with store.reading() as session:
        hazards, model = market_records.hazards(session, SERIES), model_of(session, client_id)
    while True:
        with store.reading() as session:
            page = conduct_records.pseudonyms_of(session, client_id, after=after)
        for pseudonym in page:
            proven = _proven(services, client_id, pseudonym)
            unique = proven is not None or bool(kyc_level)
            facts = proven or {"kyc_level": kyc_level, "risk_tier": risk_tier}
            yield _account(services, client_id, pseudonym, hazards, model, facts, unique, instrument_class, day)
        if not page:
            return
        after = page[-1]


def _proven(services: Services, client_id: str, pseudonym: bytes) -> dict[str, Any] | None:
    with services.store("verifier").reading() as session:
        row = records.newest_acceptance(session, client_id, pseudonym)
    if row is None:
        return None
    said = json.loads(answer_of(services.keeping, row))
    return {name: said[name] for name in ("kyc_level", "risk_tier", "standing_tier")}


def _account(
    services: Services,
    client_id: str,
    pseudonym: bytes,
    hazards: dict[int, int],
    model: BeliefModel,
    proven: dict[str, Any],
    unique: bool,
    instrument_class: str,
    today: int,
) -> Account:
    from credence.service.reputation.standing import stand

    with services.store("reputation").reading() as session:
        days = conduct_records.days_of(session, client_id, pseudonym)
        stored = conduct_records.standing_of(session, client_id, pseudonym)
    flagged_at = None if stored is None else stored.flagged_at
    state = stand(
        history(days, hazards, model.event_rate),
        as_of_day=today,
        now=today * _DAY,
        unique=unique,
        flagged_at=flagged_at,
        model=model,
    )
    recent = [day for day in days if today - _SPAN < day.day <= today]
    made = sum(day.maker_notional for day in recent)
    whole = sum(day.notional for day in recent)
    facts = Facts(
        **proven,
        own_standing=state.tier,
        own_ceiling=state.ceiling,
        volume_30d_usd=sum((day.notional - wash_notional(day) for day in recent), 0) * _MICRO,
    )
    return Account(
        b64u(pseudonym),
        facts,
        (whole - made) * _MICRO,
        made * _MICRO,
        _position([day for day in days if day.day <= today], instrument_class),
    )


def _position(days: Any, instrument_class: str) -> tuple[str, Decimal] | None:
    held: list[ReputationDay] = [day for day in days if day.snapshot_seconds > 0]
    if not held:
        return None
    leverage, equity = mean_leverage(held[-1:]), collateral(held[-1])
    if leverage is None or equity is None:
        return None
    return instrument_class, Decimal(repr(leverage * equity)).quantize(_CENT)
