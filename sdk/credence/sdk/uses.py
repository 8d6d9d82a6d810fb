"""Which uses a wallet made of venues' rate limits: kept so that none is shown twice.

A use shown twice is refused, and tells the venue that the same holder came twice. So a use is taken before it may leave the
wallet, and what was taken is remembered for a month after its epoch. Nothing is forgotten to make room, and what was
forgotten is not guessed at: in an epoch that may be among the forgotten ones no use is taken, so that a clock that was wrong
for an hour makes no use come back.

Uses are taken in no order. A wallet restored from its phrase has forgotten which it made, and one that began with the first
one again would certainly show it twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self

from credence.circuits.encoding import Rng
from credence.circuits.fields import Fields
from credence.circuits.policy.language import PERIODS, LimitAsk
from credence.circuits.ratelimit import MAX_USES
from credence.circuits.wire import MAX_AUDIENCE
from credence.sdk.errors import WalletError

MAX_EPOCHS: Final = 4_096
"""Epochs of limits that are remembered at once."""

MAX_TAKEN: Final = 1 << 18
"""Uses that are remembered at once: some two million bytes of a vault."""

KEPT: Final = 32 * 86_400
"""Seconds after its epoch for which a use is remembered; a request lives for an hour."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The uses (numbers from 0, ascending) of one limit of one audience in one epoch, which is over at ``ends_at``."""

    audience: str
    name: str
    epoch: int
    ends_at: int
    numbers: tuple[int, ...] = field(repr=False)

    @property
    def place(self) -> tuple[str, str, int]:
        """Whose limit it is, and when."""
        return self.audience, self.name, self.epoch

    def to_json(self) -> dict[str, Any]:
        """The form a vault keeps."""
        return {
            "audience": self.audience,
            "name": self.name,
            "epoch": self.epoch,
            "ends_at": self.ends_at,
            "numbers": list(self.numbers),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one. Raises :class:`~credence.circuits.errors.Malformed`."""
        fields = Fields(value, "taken uses")
        taken = cls(
            audience=fields.text("audience", max_length=MAX_AUDIENCE),
            name=fields.text("name", max_length=64),
            epoch=fields.integer("epoch"),
            ends_at=fields.integer("ends_at"),
            numbers=fields.items("numbers", _number, minimum=1, maximum=MAX_USES),
        )
        fields.done()
        return taken


def _number(value: object) -> int:
    return Fields({"number": value}, "use").integer("number", maximum=MAX_USES - 1)


@dataclass(frozen=True, slots=True)
class Uses:
    """All that were taken. ``forgotten`` is the latest end (unix seconds) of an epoch whose uses are no longer known."""

    taken: tuple[Taken, ...] = ()
    forgotten: int = 0

    def to_json(self) -> dict[str, Any]:
        """The form a vault keeps."""
        return {"taken": [each.to_json() for each in self.taken], "forgotten": self.forgotten}

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read them. Raises :class:`~credence.circuits.errors.Malformed`."""
        fields = Fields(value, "uses")
        uses = cls(fields.items("taken", Taken.parse, maximum=MAX_EPOCHS), fields.integer("forgotten"))
        fields.done()
        return uses

    def missing(self, audience: str, limit: LimitAsk, at: int, now: int) -> str | None:
        """In words, why no use can be taken in the epoch of ``at``; None where one can, as of ``now``."""
        if _end(limit, at) <= self.forgotten:
            return f"a use of {limit.name} in a {limit.per} of which this wallet has forgotten its uses"
        others, numbers = self._kept(audience, limit, at, now)
        if all(number in numbers for number in range(limit.uses)):
            return f"a use of {limit.name} that is left in this {limit.per}"
        if len(others) >= MAX_EPOCHS or sum(len(each.numbers) for each in others) + len(numbers) >= MAX_TAKEN:
            return f"a use of {limit.name}: this wallet remembers as many uses as it can"
        return None

    def take(self, audience: str, limit: LimitAsk, at: int, now: int, rng: Rng) -> tuple[int, Uses]:
        """A use of the epoch of ``at`` that was not taken before, any of them alike, and all uses with that one.

        Raises :class:`WalletError` where :meth:`missing` says why there is none.
        """
        if (reason := self.missing(audience, limit, at, now)) is not None:
            raise WalletError(f"There is no {reason.removeprefix('a ')}.")
        others, numbers = self._kept(audience, limit, at, now)
        free = [number for number in range(limit.uses) if number not in numbers]
        number = free[int.from_bytes(rng(16), "little") % len(free)]
        mine = Taken(audience, limit.name, limit.epoch(at), _end(limit, at), tuple(sorted({*numbers, number})))
        gone = (each.ends_at for each in self.taken if each.place != mine.place and _over(each, now))
        return number, Uses((*others, mine), max((self.forgotten, *gone)))

    def _kept(self, audience: str, limit: LimitAsk, at: int, now: int) -> tuple[list[Taken], frozenset[int]]:
        """What is remembered of everything else at ``now``, and the numbers taken in the epoch of ``at``."""
        place = (audience, limit.name, limit.epoch(at))
        others, numbers = [], frozenset[int]()
        for each in self.taken:
            if each.place == place:
                numbers = frozenset(each.numbers)
            elif not _over(each, now):
                others.append(each)
        return others, numbers


def _end(limit: LimitAsk, at: int) -> int:
    return (limit.epoch(at) + 1) * PERIODS[limit.per]


def _over(taken: Taken, now: int) -> bool:
    return taken.ends_at + KEPT <= now
