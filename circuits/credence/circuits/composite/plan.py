"""What a presentation shows, resolved to numbers: the structure of a statement, before any point is known.

A plan is hashable and says everything a statement's structure depends on, so that compiled statements can be kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from credence.circuits.credential import HOLDER_SECRETS, NEVER_DISCLOSED, Schema
from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.inequality import Inequality
from credence.circuits.predicates.posterior import Either
from credence.circuits.predicates.range import Interval
from credence.circuits.ratelimit import MAX_USES

MAX_CREDENTIALS: Final = 8

HANDLE: Final = "revocation_handle"
SUBJECT: Final = "subject_handle"
NYM: Final = "nym_secret"
USE_KEY: Final = "use_key"
_SHARED: Final = frozenset(attribute.name for attribute in HOLDER_SECRETS)


@dataclass(frozen=True, slots=True)
class Slot:
    """One credential of a plan. ``api`` names the suite's interface, ``domain`` is the BBS domain of key and header.

    ``disclosed``: (attribute, scalar); ``ranges``: (attribute, interval); ``inside``, ``outside``: (attribute, values). Each
    attribute stands at most once in each, and a disclosed one in no other. Raises :class:`IllFormed`, also for a schema
    without the holder's secrets and for an attribute that is never disclosed.
    """

    name: str
    schema: Schema
    api: str
    domain: int
    disclosed: tuple[tuple[str, int], ...] = ()
    ranges: tuple[tuple[str, Interval], ...] = ()
    inside: tuple[tuple[str, tuple[int, ...]], ...] = ()
    outside: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def __post_init__(self) -> None:
        if self.schema.holder != HOLDER_SECRETS:
            raise _refused("a schema without the holder's secrets")
        known, shown = self.schema.attributes, {name for name, _ in self.disclosed}
        if not shown.isdisjoint(NEVER_DISCLOSED):
            raise _refused("an attribute that identifies a credential is disclosed")
        for said in (self.disclosed, self.ranges, self.inside, self.outside):
            names = [name for name, _ in said]
            if len(set(names)) != len(names) or not set(names) <= known.keys():
                raise _refused("an attribute that the schema does not have, or that is named twice")
        hidden = {name for said in (self.ranges, self.inside, self.outside) for name, _ in said}
        if not hidden.isdisjoint(shown | NEVER_DISCLOSED):
            raise _refused("a predicate is about a disclosed attribute or a secret")

    def scalar(self, attribute: str) -> str:
        """The name of a hidden attribute's scalar; the holder's secrets have one name in every slot."""
        return attribute if attribute in _SHARED else f"{self.label}.m.{attribute}"

    def domains(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The hidden attributes that may be computed with, by the names of their scalars, with the ends of their domains."""
        shown = {name for name, _ in self.disclosed}
        for attribute in self.schema.issuer:
            if attribute.name not in shown | NEVER_DISCLOSED:
                yield self.scalar(attribute.name), (attribute.minimum, attribute.maximum)

    @property
    def label(self) -> str:
        """What the slot's own names begin with."""
        return f"c.{self.name}"

    @property
    def form(self) -> Slot:
        """The slot with ones for what one credential says openly: its domain, and the values it discloses."""
        return replace(self, domain=1, disclosed=tuple((name, 1) for name, _ in self.disclosed))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one proof shows. ``slots`` are ascending by name; the others name slots.

    ``uses`` is n of the rate limit. ``committed`` is the api in whose blind generators the holder's secrets are committed to
    once more, for a signature that is to be made over them.

    Raises :class:`IllFormed` for no slot or too many, for slots out of order, for a slot
    that is not there, and for a handle that the slot's schema does not have.
    """

    slots: tuple[Slot, ...]
    not_revoked: tuple[str, ...] = ()
    pseudonym: str | None = None
    limited: str | None = None
    uses: int = 0
    escrow: str | None = None
    inequalities: tuple[Inequality, ...] = ()
    committed: str | None = None
    posterior: Either | None = None

    def __post_init__(self) -> None:
        names = [slot.name for slot in self.slots]
        if not 1 <= len(names) <= MAX_CREDENTIALS or names != sorted(set(names)):
            raise _refused("one to eight credentials, in the order of their names")
        if len(set(self.not_revoked)) != len(self.not_revoked) or list(self.not_revoked) != sorted(self.not_revoked):
            raise _refused("revocation is asked of each slot once, in the order of their names")
        for slot in self.not_revoked:
            self._needs(slot, HANDLE)
        if self.pseudonym is not None:
            self._needs(self.pseudonym, NYM)
        if (self.limited is None) != (self.uses == 0) or not 0 <= self.uses <= MAX_USES:
            raise _refused("a rate limit has a slot and a number of uses")
        if self.limited is not None:
            self._needs(self.limited, USE_KEY)
        if self.escrow is not None:
            self._needs(self.escrow, SUBJECT)
        domains = {name: domain for slot in self.slots for name, domain in slot.domains()}
        either = () if self.posterior is None else (self.posterior.first,)  # the second is over the same values
        for summand in (summand for each in (*self.inequalities, *either) for summand in each.summands):
            if domains.get(summand.value) != (summand.minimum, summand.maximum):
                raise _refused("an inequality over a value that no credential hides, or with another domain")

    def slot(self, name: str) -> Slot:
        """The slot of that name. Raises :class:`IllFormed`."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise _refused("a credential that is not in the plan")

    @property
    def form(self) -> Plan:
        """The plan with every slot's form: what all presentations under a policy on a day have in common, suites given."""
        return replace(self, slots=tuple(slot.form for slot in self.slots))

    def _needs(self, slot: str, attribute: str) -> None:
        if attribute not in self.slot(slot).schema.attributes:
            raise _refused("a schema without the handle that is asked for")


def _refused(reason: str) -> IllFormed:
    return IllFormed(reason, Step.INSTANCE)
