"""What a running service has in its hands.

A route asks for it with ``services: Annotated[Services, Depends(get_services)]``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from fastapi import Request

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.revocation_log import AccumulatorCheckpoint, Staple
from credence.circuits.wire import IssuerDocument
from credence.service.clock import Clock
from credence.service.errors import Unavailable
from credence.service.forgetting import Keeping
from credence.service.keys import Keyring
from credence.service.ledger import LedgerService
from credence.service.settings import Limit, Settings
from credence.service.store import Store
from credence.service.telemetry import NOWHERE, Metrics, Spans

D = TypeVar("D")

TrustedDocuments = Callable[[], Sequence[IssuerDocument]]
"""Answers the documents of the issuers that the verifier believes at present."""


def nobody() -> Sequence[IssuerDocument]:
    """Believes no issuer."""
    return ()


NewestStaple = Callable[[str, str, int], Staple]
"""The newest verified staple of an issuer's accumulator, by the issuer's id and the schema's, and how many seconds after the
end of its minute it may be used.

Raises :class:`~credence.service.errors.Unavailable` where none is known that is new enough.
"""

KnownCheckpoint = Callable[[str, str, int, int], AccumulatorCheckpoint | None]
"""The accumulator checkpoint that the log holds of an issuer, by accumulator id, index and unix minute; None where it holds
none. Raises :class:`~credence.service.errors.Unavailable` where that cannot be found out."""


def no_staple(issuer: str, schema: str, max_age_s: int) -> Staple:
    """Knows of no accumulator."""
    raise Unavailable


def no_checkpoint(issuer: str, accumulator_id: str, index: int, minute: int) -> AccumulatorCheckpoint | None:
    """Knows of no checkpoint."""
    return None


def do_nothing() -> None:
    """Does nothing."""


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """What a venue's own reports of a pseudonym come to: ``tier``, and the best tier that they do not contradict.

    ``raises`` are falls whose margin raise is under way: tier before, tier after, notice, end (unix seconds), and where
    ``ceiling`` fell too, ceiling before, ceiling after.
    ``volume_30d_usd`` is wash-adjusted. Nothing is kept of an evaluation until ``tell`` is called: a fall is told by the
    decision that it is in, once that is committed.
    """

    tier: str
    ceiling: str
    raises: tuple[tuple[str, str, int, int] | tuple[str, str, int, int, str, str], ...]
    volume_30d_usd: Decimal
    tell: Callable[[], None] = field(default=do_nothing, repr=False, compare=False)
    fell_at: int | None = None
    """The notice of the fall that this very reading tells, by the clock of the reading; None where it tells no new one."""


@dataclass(frozen=True, slots=True)
class AttestedStanding:
    """What a credential says of a pseudonym's standing at a venue, as of the whole unix day ``as_of``.

    ``score`` 300-850, ``rungs`` of the ladder R1-R5 that are reached (0-5), evidence and weighted events in thousandths,
    the version of the ``model``. Nothing in it is better for the holder than what the venue's reports come to.
    """

    as_of: int
    score: int
    rungs: int
    evidence_milli: int
    events_milli: int
    model: str


AttestedSource = Callable[[str, bytes], AttestedStanding]
"""Answers what is to be signed of a pseudonym now, by client id and pseudonym; a zero record where nobody reported of it.

Raises :class:`~credence.service.errors.Unavailable` where conduct cannot be read.
"""

StandingSource = Callable[[str, bytes], OwnStanding | None]
"""Answers what a venue's reports of a pseudonym come to now, by client id and pseudonym; None where it reported nothing."""

Acceptances = Callable[[str, bytes], bool]
"""Answers whether a venue's verifier ever accepted a pseudonym, by client id: then one person stands behind it."""


Attacked = Callable[[], Mapping[str, Any] | None]
"""Answers what attacks gain on the tariff that is live, as a report has it; None where no tariff is known."""


def none_attacked() -> Mapping[str, Any] | None:
    """Knows no tariff."""
    return None


def no_standing(client_id: str, pseudonym: bytes) -> OwnStanding | None:
    """Knows of no conduct."""
    return None


def none_attested(client_id: str, pseudonym: bytes) -> AttestedStanding:
    """Cannot read conduct."""
    raise Unavailable


def none_accepted(client_id: str, pseudonym: bytes) -> bool:
    """Knows of no acceptance."""
    return False


LimitOf = Callable[[Limit, str], None]
"""Counts one of a limit for whoever it is counted by. Raises :class:`~credence.service.errors.RateLimited`."""


def unlimited(limit: Limit, key: str) -> None:
    """Counts nothing: for commands that work without HTTP."""


@dataclass(frozen=True)
class Services:
    """Made once by ``create_app``, and by commands that work without HTTP. Everything in it is safe for many threads.

    ``parties`` are those that this process answers for. ``stores`` has one store for each of them, ``auth`` and ``ledger``;
    several names may share one. ``keeping`` seals what is somebody's, and says how long it stays. ``ledger`` reads the log,
    and is sequenced in the process of the party ``log``.
    ``trusted_documents`` is how a verifier hears of issuers, none of which it imports; by default it trusts nobody.
    ``accumulators`` and ``checkpoint`` are how it hears of revocations; by default of none. ``standing`` is how it hears of
    conduct, ``attested`` how an issuer does, and ``accepted`` how whoever keeps that hears of the verifier's acceptances.
    ``attacked`` is how a report on risk hears of what the live tariff pays for.
    ``metrics`` counts what this process does, ``spans`` time it. ``limit`` counts what may be
    done only so often.
    """

    settings: Settings
    clock: Clock
    rng: Rng
    curve: Curve
    stores: Mapping[str, Store]
    keyring: Keyring
    ledger: LedgerService
    keeping: Keeping
    parties: frozenset[str]
    trusted_documents: TrustedDocuments = nobody
    accumulators: NewestStaple = no_staple
    checkpoint: KnownCheckpoint = no_checkpoint
    standing: StandingSource = no_standing
    accepted: Acceptances = none_accepted
    attested: AttestedSource = none_attested
    attacked: Attacked = none_attacked
    metrics: Metrics = field(default_factory=Metrics)
    spans: Spans = NOWHERE
    limit: LimitOf = unlimited

    def store(self, owner: str) -> Store:
        """The store of a party, or of ``auth`` or ``ledger``. Raises :class:`KeyError` for any other name."""
        return self.stores[owner]


def standing_by(name: str, kind: type[D]) -> Callable[[Request], Awaitable[D]]:
    """A dependency: what the application that answers a request has under ``name``, of that ``kind``.

    It raises :class:`Unavailable` before the application has started.
    """

    async def found(request: Request) -> D:
        held = getattr(request.app.state, name, None)
        if not isinstance(held, kind):
            raise Unavailable
        return held

    return found


get_services = standing_by("services", Services)
"""The dependency that answers the services."""
