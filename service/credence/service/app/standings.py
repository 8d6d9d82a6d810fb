"""Where the verifier and reputation meet: terms hear of conduct, and conduct of acceptances. Neither knows the other."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from fastapi import FastAPI

from credence.service.errors import NotFound
from credence.service.reputation.desk import Conduct
from credence.service.reputation.desk import Desk as ReputationDesk
from credence.service.runtime import Acceptances, OwnStanding, Services, StandingSource
from credence.service.verifier import records
from credence.service.verifier.desk import Desk as VerifierDesk

_DAY: Final = 86_400
_SPAN: Final = 30
_MICRO: Final = Decimal("0.000001")
_HOUR: Final = 3_600


def standing_source(app: FastAPI) -> StandingSource:
    """What a venue's reports come to, where this process answers for reputation; nothing elsewhere."""

    def standing(client_id: str, pseudonym: bytes) -> OwnStanding | None:
        desk = getattr(app.state, "reputation", None)
        return own_standing(desk, client_id, pseudonym) if isinstance(desk, ReputationDesk) else None

    return standing


def own_standing(desk: ReputationDesk, client_id: str, pseudonym: bytes) -> OwnStanding | None:
    """The standing of a pseudonym that the venue reported of, as it is now; None for another."""
    try:
        conduct = desk.conduct(client_id, pseudonym)
    except NotFound:
        return None
    return told(desk, conduct)


def told(desk: ReputationDesk, conduct: Conduct) -> OwnStanding:
    """What terms are made of. A fall that it finds is told by this."""
    from credence.service.reputation.statistics import wash_notional
    from credence.service.reputation.tiers import shipped_table

    state = desk.stand(conduct)
    today, lasting = desk.services.clock() // _DAY, shipped_table().raise_hours * _HOUR
    recent = [day for day in conduct.days if today - _SPAN < day.day <= today]
    return OwnStanding(
        tier=state.tier,
        ceiling=state.ceiling,
        raises=tuple(
            (
                each.from_tier,
                each.to_tier,
                each.notice_at,
                each.notice_at + lasting,
                each.from_ceiling,
                each.to_ceiling,
            )
            for each in state.raises
        ),
        volume_30d_usd=sum((day.notional - wash_notional(day) for day in recent), 0) * _MICRO,
    )


def acceptances(app: FastAPI) -> Acceptances:
    """Whether the verifier of this process accepted a pseudonym; never, where there is none."""

    def accepted(client_id: str, pseudonym: bytes) -> bool:
        desk = getattr(app.state, "verifier", None)
        return isinstance(desk, VerifierDesk) and acceptances_of(desk.services)(client_id, pseudonym)

    return accepted


def acceptances_of(services: Services) -> Acceptances:
    """The same for a command beside a service of all parties."""

    def accepted(client_id: str, pseudonym: bytes) -> bool:
        with services.store("verifier").reading() as session:
            return records.was_accepted(session, client_id, pseudonym)

    return accepted
