"""What is known of a pseudonym, as it is answered: to its venue over HTTP, and to the operator by a command."""

from __future__ import annotations

from typing import Final

from credence.circuits.days import write_day
from credence.circuits.encoding import b64u
from credence.service.reputation.believing import belief_of, other_beliefs_of
from credence.service.reputation.desk import Conduct, Desk
from credence.service.reputation.forms import ConductAnswer, SummaryAnswer
from credence.service.reputation.summary import SPAN, summed

_DAY: Final = 86_400


def conduct_answer(desk: Desk, conduct: Conduct) -> ConductAnswer:
    """Statistics, beliefs and standing as they are now. A fall that it finds is told by this."""
    standing = desk.stand(conduct)
    today, history, model = desk.services.clock() // _DAY, conduct.history, conduct.model
    recent = [row for row in conduct.days if today - SPAN < row.day <= today]
    return ConductAnswer(
        pseudonym=b64u(conduct.pseudonym),
        first_day=write_day(conduct.days[0].day),
        last_day=write_day(conduct.days[-1].day),
        days=len(conduct.days),
        last_30_days=SummaryAnswer.model_validate(summed(recent, conduct.hazards, model.event_rate).to_json()),
        belief=dict(belief_of(history, today, model)),
        beliefs={name: dict(found) for name, found in other_beliefs_of(history, today, model).items()},
        standing={**standing.to_json(), "words": standing.words()},
    )
