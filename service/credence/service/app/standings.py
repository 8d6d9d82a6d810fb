"""Where the verifier, the issuer and reputation meet: terms and standings that are signed hear of conduct, and conduct of
acceptances. None knows the others.

Each reads what the other keeps, by the database of its party, whichever process serves that: a hard flag counts also where
the verifier is served alone. All that is written is that a fall was told, once the decision that tells of it is committed.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from credence.service.errors import NotFound, Unavailable
from credence.service.reputation import records as conduct_records
from credence.service.reputation.desk import Conduct
from credence.service.reputation.desk import Desk as ReputationDesk
from credence.service.runtime import (
    Acceptances,
    AttestedSource,
    AttestedStanding,
    OwnStanding,
    Services,
    StandingSource,
)
from credence.service.verifier import records

if TYPE_CHECKING:
    from credence.service.reputation.standing import State

_DAY: Final = 86_400
_SPAN: Final = 30
_MICRO: Final = Decimal("0.000001")
_HOUR: Final = 3_600


def standing_source(app: FastAPI) -> StandingSource:
    """What a venue's reports come to, by reputation's database. Raises :class:`Unavailable` where that cannot be read."""

    def standing(client_id: str, pseudonym: bytes) -> OwnStanding | None:
        desk = getattr(app.state, "reputation", None)
        found = desk if isinstance(desk, ReputationDesk) else ReputationDesk(_services(app))
        return own_standing(found, client_id, pseudonym)

    return standing


def own_standing(desk: ReputationDesk, client_id: str, pseudonym: bytes) -> OwnStanding | None:
    """The standing of a pseudonym that the venue reported of, as it is now; None for another."""
    try:
        conduct = desk.conduct(client_id, pseudonym)
    except NotFound:
        return None
    return evaluated(desk, conduct)


def evaluated(desk: ReputationDesk, conduct: Conduct) -> OwnStanding:
    """What terms are made of. Nothing is kept, and no fall told, before its ``tell`` is called."""
    from credence.service.reputation.standing import stand, told_before
    from credence.service.reputation.statistics import wash_notional
    from credence.service.reputation.tiers import shipped_table

    now, stored = desk.services.clock(), conduct.stored
    previous = None if stored is None else told_before(stored.state)
    state = stand(
        conduct.history,
        as_of_day=now // _DAY,
        now=now,
        previous=previous,
        unique=desk.services.accepted(conduct.client_id, conduct.pseudonym),
        flagged_at=None if stored is None else stored.flagged_at,
        model=conduct.model,
    )
    today, lasting = now // _DAY, shipped_table().raise_hours * _HOUR
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
        tell=partial(_tell, desk, conduct, state, now),
        fell_at=now if _noticed(state, now) > _noticed(previous, now) else None,
    )


def _noticed(state: State | None, at: int) -> int:
    """How many raises of a state were told at ``at``."""
    return 0 if state is None else sum(each.notice_at == at for each in state.raises)


def _tell(desk: ReputationDesk, conduct: Conduct, state: State, now: int) -> None:
    """Keeps what was answered. Where somebody told of something else meanwhile all is evaluated anew, and that is kept."""
    written = json.dumps(state.to_json(), sort_keys=True, separators=(",", ":"))
    read = None if conduct.stored is None else conduct.stored.state
    if written == read:
        return
    row = conduct_records.ReputationStanding(
        client_id=conduct.client_id,
        pseudonym=conduct.pseudonym,
        tier=state.tier,
        since_day=state.since_day,
        evaluated_day=state.evaluated_day,
        state=written,
        updated_at=now,
    )
    if not desk.store.run(partial(conduct_records.put_standing, row=row, read=read)):
        desk.stand(desk.conduct(conduct.client_id, conduct.pseudonym))


def attested_source(app: FastAPI) -> AttestedSource:
    """What an issuer signs of conduct, by reputation's database; whoever asks was shown that one person is behind it."""

    def attested(client_id: str, pseudonym: bytes) -> AttestedStanding:
        return attested_standing(ReputationDesk(_services(app)), client_id, pseudonym)

    return attested


def attested_standing(desk: ReputationDesk, client_id: str, pseudonym: bytes) -> AttestedStanding:
    """What is to be signed of a pseudonym now; nothing is kept, and no fall told, by it."""
    from credence.service.reputation.attesting import attested

    now = desk.services.clock()
    try:
        conduct = desk.conduct(client_id, pseudonym)
    except NotFound:
        return attested((), now=now, model=desk.model(client_id))
    flagged_at = None if conduct.stored is None else conduct.stored.flagged_at
    return attested(conduct.history, now=now, flagged_at=flagged_at, model=conduct.model)


def acceptances(app: FastAPI) -> Acceptances:
    """Whether a verifier accepted a pseudonym, by the verifier's database."""

    def accepted(client_id: str, pseudonym: bytes) -> bool:
        return acceptances_of(_services(app))(client_id, pseudonym)

    return accepted


def acceptances_of(services: Services) -> Acceptances:
    """The same for a command beside a service of all parties."""

    def accepted(client_id: str, pseudonym: bytes) -> bool:
        with services.store("verifier").reading() as session:
            return records.was_accepted(session, client_id, pseudonym)

    return accepted


def _services(app: FastAPI) -> Services:
    services = getattr(app.state, "services", None)
    if not isinstance(services, Services):
        raise Unavailable
    return services
