"""What is handed out: staples, pages of events, checkpoints with their proof, and a first witness for a new credential.

Nothing is handed out for a value that the log does not hold yet, but the first one, which the issuer's document holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Final

from credence.circuits.encoding import decode_g1, decode_scalar, encode_scalar
from credence.circuits.note import open_checkpoint
from credence.circuits.revocation_log import (
    DELTA_SECONDS,
    MAX_DELTA,
    PAGE,
    AccumulatorCheckpoint,
    AccumulatorKey,
    CheckpointProof,
    Delta,
    RevocationEvent,
    Staple,
    WitnessState,
    delta_length,
    make_delta,
)
from credence.circuits.revocation_log.published import EVENT_LENGTH
from credence.service.errors import Conflict, InvalidRequest, NotFound, Unavailable
from credence.service.issuer.revocation import records
from credence.service.issuer.revocation.manager import Manager
from credence.service.issuer.revocation.records import IssuerCheckpoint, IssuerRevocation
from credence.service.ledger import NotFound as NotInLog


class NotLogged(Unavailable):
    """No checkpoint of the accumulator is in the log yet."""

    default = "The log holds no checkpoint of the accumulator yet."


class CredentialRevoked(Conflict):
    """Nothing is issued again that was revoked."""

    default = "The credential is revoked."


Grant = tuple[WitnessState, CheckpointProof | None]


class Stapler:
    """Reads for everybody what a manager wrote. Safe for many threads; keeps the newest staple of each accumulator."""

    def __init__(self, manager: Manager) -> None:
        self._manager: Final = manager
        self._lock: Final = Lock()
        self._newest: dict[str, Staple] = {}

    def staple(self, accumulator_id: str) -> Staple:
        """The newest checkpoint in the log and the events before it.

        Raises :class:`NotFound` for an unknown accumulator, :class:`NotLogged` before the first checkpoint.
        """
        key = self._manager.accumulator(accumulator_id)
        note, size = self._note()
        with self._manager.store.reading() as session:
            row = records.newest_logged(session, accumulator_id, size, until=self._minute())
        if row is None:
            raise NotLogged
        with self._lock:
            kept = self._newest.get(accumulator_id)
        if kept is not None and _names(kept.newest.checkpoint) == (row.index, row.minute):
            return kept
        made = Staple(self._proof(row, note, size), self._delta(key, row))
        with self._lock:
            self._newest[accumulator_id] = made
        return made

    def checkpoint(self, accumulator_id: str, index: int, minute: int) -> CheckpointProof:
        """One checkpoint with its proof. Raises :class:`NotFound` where the log does not hold it."""
        self._manager.accumulator(accumulator_id)
        note, size = self._note()
        with self._manager.store.reading() as session:
            row = records.find_logged(session, accumulator_id, index, minute, size)
        if row is None:
            raise NotFound
        return self._proof(row, note, size)

    def page(self, accumulator_id: str, after: int, count: int) -> tuple[RevocationEvent, ...]:
        """Exactly ``count`` events after index ``after``, a multiple of ``PAGE``: what is answered never changes.

        Raises :class:`NotFound`, and :class:`InvalidRequest` for a page that begins elsewhere or has not ``count`` events.
        """
        self._manager.accumulator(accumulator_id)
        if after % PAGE or not 1 <= count <= PAGE:
            raise InvalidRequest(f"A page begins after a multiple of {PAGE} and has 1 to {PAGE} events.")
        with self._manager.store.reading() as session:
            rows = records.events(session, accumulator_id, after, count)
        if len(rows) < count:
            raise InvalidRequest("The accumulator does not have so many events.")
        return _events(rows)

    def grant(self, schema: str, handle: int) -> Grant:
        """A witness for a handle that is not revoked, and the checkpoint it is of; None for the first value.

        Raises :class:`CredentialRevoked`.
        """
        manager = self._manager
        key = manager.accumulator_of(schema)
        note, size = self._note()
        with manager.store.reading() as session:
            # the value first: what is not revoked after it was not revoked before
            row = records.newest_logged(session, key.accumulator_id, size, until=self._minute())
            if records.is_revoked(session, encode_scalar(handle)):
                raise CredentialRevoked
        proof = None if row is None or row.index == 0 else self._proof(row, note, size)
        value = key.first_value if proof is None else proof.checkpoint.value
        index = 0 if proof is None else proof.checkpoint.index
        witness = manager.keys.divide(schema, decode_g1(manager.services.curve, value), handle)
        return WitnessState(key.accumulator_id, index, witness.to_bytes()), proof

    def _minute(self) -> int:
        return self._manager.services.clock() // 60

    def _note(self) -> tuple[str, int]:
        """The log's newest signed checkpoint; an empty one before the first."""
        ledger = self._manager.services.ledger
        try:
            note = ledger.note()
        except NotInLog:
            return "", 0
        return note, open_checkpoint(note, ledger.verifier).size

    def _proof(self, row: IssuerCheckpoint, note: str, size: int) -> CheckpointProof:
        services = self._manager.services
        found = services.ledger.inclusion(row.leaf, size)
        checkpoint = AccumulatorCheckpoint(services.settings.issuer_id, row.accumulator_id, row.index, row.value, row.minute)
        return CheckpointProof(checkpoint, found.index, found.proof, note)

    def _delta(self, key: AccumulatorKey, row: IssuerCheckpoint) -> Delta:
        """The events of the last day, and as many before them as have room."""
        name, since = key.accumulator_id, 60 * row.minute - DELTA_SECONDS
        with self._manager.store.reading() as session:
            first = records.first_since(session, name, since)
            count = 0 if first is None else max(0, row.index - first + 1)
            if count * EVENT_LENGTH <= MAX_DELTA:
                count = min(row.index, delta_length(count) // EVENT_LENGTH)
            rows = records.events(session, name, row.index - count, count)
        address = f"{self._manager.services.settings.base_url}/v1/issuer/accumulators/{name}/events"
        return make_delta(name, row.index - count, _events(rows), address)


def _names(checkpoint: AccumulatorCheckpoint) -> tuple[int, int]:
    return checkpoint.index, checkpoint.minute


def _events(rows: Sequence[IssuerRevocation]) -> tuple[RevocationEvent, ...]:
    return tuple(
        RevocationEvent(row.accumulator_id, row.index, decode_scalar(row.handle, zero_ok=False), row.value) for row in rows
    )
