"""Who is revoked, as a verifier knows it: the newest staple of each trusted issuer's accumulators, and checkpoints shown.

The verifier imports no issuer. It reads what everybody can read, over HTTP or through the application where the issuer is
in the same process, and believes nothing that is not in the log which the issuer's trusted document names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

from credence.circuits.errors import CircuitError
from credence.circuits.note import Checkpoint
from credence.circuits.revocation_log import (
    AccumulatorCheckpoint,
    AccumulatorKey,
    CheckpointProof,
    Staple,
    verify_in_log,
    verify_staple,
)
from credence.circuits.wire import IssuerDocument
from credence.service.clock import Clock
from credence.service.errors import NotFound, ServiceError, Unavailable
from credence.service.logs import logger
from credence.service.runtime import TrustedDocuments

MAX_LAG: Final = 90
"""Seconds after the end of its minute within which a newer checkpoint is heard of, or the verifier is not ready."""

MAX_BACK: Final = 7_200
"""Seconds back that a checkpoint is looked for which nobody here has seen; no session is open for as long."""

MAX_KNOWN: Final = 4_096
"""Checkpoints that are remembered."""

_SKEW: Final = 60


class NoAccumulator(Unavailable):
    """No trusted document of the issuer has an accumulator for the schema."""

    default = "The issuer's credentials of this kind cannot be shown not to be revoked."


class NoStaple(Unavailable):
    """Nothing is known of an accumulator, or nothing that is new enough."""

    default = "The newest revocations of the issuer are not known."


class Source(Protocol):
    """Where an issuer's accumulators are read. Safe for many threads."""

    def staple(self, accumulator_id: str) -> Staple:
        """The newest. Raises :class:`~credence.service.errors.ServiceError`, or :class:`CircuitError` for none."""
        ...

    def checkpoint(self, accumulator_id: str, index: int, minute: int) -> CheckpointProof:
        """One checkpoint. Raises :class:`NotFound` where the log has none, else as :meth:`staple`."""
        ...


SourceOf = Callable[[str], Source | None]
"""The source of an issuer's accumulators by the issuer's id."""


@dataclass(frozen=True)
class _Newest:
    staple: Staple
    log: Checkpoint


class Board:
    """The newest staples of the issuers that ``documents`` names. Safe for many threads.

    Issuers in ``polled`` are read by :meth:`refresh` alone, all others whenever they are asked for.
    """

    def __init__(self, documents: TrustedDocuments, source_of: SourceOf, clock: Clock, polled: Collection[str] = ()) -> None:
        self._documents: Final = documents
        self._source_of: Final = source_of
        self._clock: Final = clock
        self._polled: Final = frozenset(polled)
        self._lock: Final = Lock()
        self._newest: dict[str, _Newest] = {}
        self._known: OrderedDict[tuple[str, int, int], AccumulatorCheckpoint] = OrderedDict()

    def newest(self, issuer: str, schema: str, max_age_s: int) -> Staple:
        """The newest staple of an issuer's accumulator, verified; less than ``max_age_s`` after the end of its minute.

        Raises :class:`NoAccumulator`, :class:`NoStaple`.
        """
        for document, key in self._accumulators():
            if document.issuer == issuer and key.schema == schema:
                if issuer not in self._polled:
                    self._read(document, key)
                return self._current(key, max_age_s)
        raise NoAccumulator

    def checkpoint(self, issuer: str, accumulator_id: str, index: int, minute: int) -> AccumulatorCheckpoint | None:
        """A checkpoint that the log holds; None for one that it does not, or that is older than any session.

        One that nobody here has seen yet is asked for, because a wallet may have been handed it by another process. Whether
        it is new enough for a policy is :func:`~credence.circuits.revocation_log.check_age`'s to say.
        """
        with self._lock:
            found = self._known.get((accumulator_id, index, minute))
        if found is not None:
            return found if found.issuer == issuer else None
        if not -_SKEW <= self._clock() - 60 * minute <= MAX_BACK:
            return None
        for document, key in self._accumulators():
            if document.issuer == issuer and key.accumulator_id == accumulator_id:
                return self._looked_up(document, key, index, minute)
        return None

    def refresh(self) -> None:
        """Reads every polled accumulator once. What cannot be read is logged, and keeps no other from being read."""
        for document, key in self._accumulators():
            if document.issuer in self._polled:
                try:
                    self._read(document, key)
                except NoStaple as error:
                    logger().warning("accumulator.unread", party="verifier", error=type(error.__cause__).__name__)

    def state(self) -> str:
        """``ok``, or of the polled accumulators the worst: ``starting`` (nothing is known), ``stale``."""
        found = {self._state(key) for document, key in self._accumulators() if document.issuer in self._polled}
        return next((word for word in ("starting", "stale") if word in found), "ok")

    def _accumulators(self) -> Iterator[tuple[IssuerDocument, AccumulatorKey]]:
        for document in self._documents():
            for key in document.accumulators:
                yield document, key

    def _state(self, key: AccumulatorKey) -> str:
        newest = self._known_staple(key)
        if newest is None:
            return "starting"
        return "ok" if self._is_current(newest, MAX_LAG) else "stale"

    def _current(self, key: AccumulatorKey, max_age_s: int) -> Staple:
        newest = self._known_staple(key)
        if newest is None or not self._is_current(newest, max_age_s):
            raise NoStaple
        return newest

    def _known_staple(self, key: AccumulatorKey) -> Staple | None:
        with self._lock:
            newest = self._newest.get(key.accumulator_id)
        return None if newest is None else newest.staple

    def _is_current(self, staple: Staple, max_age_s: int) -> bool:
        return self._clock() - 60 * (staple.newest.checkpoint.minute + 1) < max_age_s

    def _read(self, document: IssuerDocument, key: AccumulatorKey) -> None:
        """Takes the newest staple up, if it is one and does not go back. Raises :class:`NoStaple`."""
        source = self._source_of(document.issuer)
        if source is None:
            raise NoStaple
        with self._lock:
            before = self._newest.get(key.accumulator_id)
        try:
            staple = source.staple(key.accumulator_id)
            if before is not None and staple == before.staple:
                return
            found = verify_staple(
                staple,
                document.issuer,
                key,
                document.log_vkey,
                now=self._clock(),
                max_age_s=MAX_LAG,
                seen=None if before is None else before.log,
            )
        except (CircuitError, ServiceError) as error:
            raise NoStaple from error
        with self._lock:
            held = self._newest.get(key.accumulator_id)
            if held is not None and _place(held.staple) > _place(staple):
                return  # another thread was quicker, or the source goes back: what is known stays known
            self._newest[key.accumulator_id] = _Newest(staple, found.log)
            self._remember(found.checkpoint)

    def _looked_up(
        self, document: IssuerDocument, key: AccumulatorKey, index: int, minute: int
    ) -> AccumulatorCheckpoint | None:
        source = self._source_of(document.issuer)
        if source is None:
            return None
        try:
            proof = source.checkpoint(key.accumulator_id, index, minute)
            found = verify_in_log(proof, document.issuer, key, document.log_vkey).checkpoint
        except NotFound:
            return None
        except (CircuitError, ServiceError) as error:
            raise NoStaple from error
        if (found.index, found.minute) != (index, minute):
            raise NoStaple
        with self._lock:
            self._remember(found)
        return found

    def _remember(self, checkpoint: AccumulatorCheckpoint) -> None:
        self._known[checkpoint.accumulator_id, checkpoint.index, checkpoint.minute] = checkpoint
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _place(staple: Staple) -> tuple[int, int]:
    return staple.newest.checkpoint.index, staple.newest.checkpoint.minute
