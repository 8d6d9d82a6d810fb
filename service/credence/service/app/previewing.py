"""What a candidate model would do to a venue's pseudonyms before it counts: who would stand elsewhere, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from credence.service.app.shadowing import DEFAULT_CLASS, active_tariff, behold, in_force, known
from credence.service.reputation.belief.model import BeliefModel
from credence.service.runtime import Services
from credence.service.verifier.tariff import DEFAULT_TARIFF, Tariff
from credence.service.verifier.terms.shadow import Tally, compare_accounts

if TYPE_CHECKING:
    from credence.service.reputation.fitting.moves import Moves

_DAY = 86_400
_AMOUNTS = ("fees_change_usd", "initial_margin_change_usd", "maintenance_margin_change_usd")


@dataclass(frozen=True)
class Preview:
    """A candidate held against the model in force over the pseudonyms of a venue as they are today, ``tally`` as the active
    version of ``tariff`` prices both; None where that cannot be said. ``is_sample``: there are more than were looked at."""

    moves: Moves
    tariff: Tariff | None
    tally: Tally
    is_sample: bool

    def to_json(self) -> dict[str, Any]:
        """Counts and sums; None for those of fewer than 20 pseudonyms, and for what would tell of them."""
        return {**self.moves.to_json(), "is_sample": self.is_sample, "cost": self._cost()}

    def _cost(self) -> dict[str, Any] | None:
        total, _ = self.tally.shown()
        if self.tariff is None or total is None:
            return None
        said = total.to_json()
        return {"tariff": self.tariff.name, "version": self.tariff.version, **{name: said[name] for name in _AMOUNTS}}


def preview(services: Services, client_id: str, candidate: BeliefModel, *, kyc_level: int | None = None) -> Preview:
    """Every pseudonym that the venue reported of, under both models; the first 5,000 where there are more, as a fit reads.

    What it proved is that of its newest accepted session; ``kyc_level`` stands for it where there was none, as a proof that
    one person is behind it too, from 1 on. The rest is as in the shadow of a tariff: open positions are of one class, and
    everybody trades as before.
    """
    from credence.service.reputation.fitting.histories import MOST_ACCOUNTS
    from credence.service.reputation.fitting.moves import Moves

    today = services.clock() // _DAY
    hazards, counts = in_force(services, client_id)
    tariff = active_tariff(services, DEFAULT_TARIFF)
    if tariff is not None and DEFAULT_CLASS not in {row.name for row in tariff.instrument_classes}:
        tariff = None
    moves, tally = Moves(), Tally()
    people = known(services, client_id, kyc_level=kyc_level)
    for each in islice(people, MOST_ACCOUNTS):
        old, new = (behold(each, hazards, model, DEFAULT_CLASS, today) for model in (counts, candidate))
        moves.add(old.state, new.state)
        if tariff is not None:
            for row in compare_accounts(tariff, [(old.account, new.account)]):
                tally.add(row)
    return Preview(moves, tariff, tally, is_sample=next(people, None) is not None)
