"""What counts for a venue: a candidate that was promoted, and back."""

from __future__ import annotations

import json
from functools import partial

from credence.service.errors import Conflict
from credence.service.logs import logger
from credence.service.reputation.desk import Desk
from credence.service.reputation.fitting.candidate import Candidate
from credence.service.reputation.fitting.moves import MOST_FALLING, Moves
from credence.service.reputation.models import records
from credence.service.reputation.models.records import ReputationModel
from credence.service.reputation.promotion import Promoted


class ModelPromoted(Conflict):
    """Another model of this version counts already: somebody promoted one meanwhile."""

    default = "A model of this version was promoted already."


class ManyFall(Conflict):
    """A candidate would bring more pseudonyms to RX than anybody said is meant."""

    default = f"More than {MOST_FALLING:.0%} of the pseudonyms with a score would fall to RX."


def refuse_falls(moves: Moves, *, despite: bool) -> None:
    """Raises :class:`ManyFall` where too many would fall to RX; with ``despite`` it is logged."""
    if not moves.many_fall:
        return
    if not despite:
        raise ManyFall
    logger().warning("reputation.promoted-despite-falls", party="reputation")


def promote_model(desk: Desk, client_id: str, promoted: Promoted[Candidate]) -> None:
    """Lets a candidate count for the venue's pseudonyms from now on, in every process. Raises :class:`ModelPromoted`.

    Days keep what they counted; beliefs, scores and tiers of all days are computed anew by it.
    """
    candidate = promoted.challenger
    row = ReputationModel(
        client_id=client_id,
        version=json.loads(candidate.document)["version"],
        document=candidate.document,
        trial=json.dumps(candidate.to_json(), sort_keys=True),
        promoted_at=desk.services.clock(),
    )
    if not desk.store.run(partial(records.add_model, row=row)):
        raise ModelPromoted


def withdraw(desk: Desk, client_id: str) -> ReputationModel | None:
    """Takes the newest model back, so that the one before it counts; None where there is none."""
    with desk.store.reading() as session:
        row = records.newest_model(session, client_id)
    if row is None or not desk.store.run(partial(records.withdraw_model, client_id=client_id, version=row.version)):
        return None
    return row
