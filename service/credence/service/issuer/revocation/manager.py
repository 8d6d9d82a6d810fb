"""The manager: who is revoked, and what the accumulators' value is from then on.

A revocation, its event and its checkpoint's way into the log are one transaction, which holds the accumulator's row: events
come one after another, whatever processes there are. Nothing is ever taken back, and no handle is revoked twice: the value
of a second time would be a witness for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from sqlmodel import Session

from credence.circuits.encoding import decode_g1, decode_scalar
from credence.circuits.leaf import ACCUMULATOR_CHECKPOINT_LEAF
from credence.circuits.revocation_log import AccumulatorCheckpoint, AccumulatorKey, RevocationEvent
from credence.service.errors import Conflict, NotFound
from credence.service.issuer.cases import Actor, CaseState
from credence.service.issuer.persons.lives import Life
from credence.service.issuer.records import IssuerOutbox, end_life
from credence.service.issuer.review import records as review_records
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.reasons import End, Happening
from credence.service.issuer.revocation import records
from credence.service.issuer.revocation.accumulator import accumulator_keys
from credence.service.issuer.revocation.records import IssuerAccumulator, IssuerCheckpoint, IssuerRevocation
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.ledger import post
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import Run, Store
from credence.service.store.faults import Contended

_PARTY = "issuer"


class AlreadyRevoked(Conflict):
    """The credential was revoked before, for good."""

    default = "The credential is revoked already."


@dataclass(frozen=True, slots=True)
class Target:
    """Which credential: by its attestation's id or by its case's, one of the two."""

    attestation_id: str | None = None
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class Revocation:
    """What a revocation did: the event, whose credential it was, when (unix seconds)."""

    attestation_id: str
    event: RevocationEvent
    revoked_at: int


@dataclass(frozen=True)
class Manager:
    """The accumulators of an issuer. Made by :func:`open_manager`; safe for many threads, and beside other processes."""

    services: Services
    keys: AccumulatorKeys

    @property
    def store(self) -> Store:
        """The issuer's database."""
        return self.services.store(_PARTY)

    @cached_property
    def accumulators(self) -> tuple[AccumulatorKey, ...]:
        """What is published of each."""
        return accumulator_keys(self.services.settings.issuer_id, self.keys)

    def accumulator(self, accumulator_id: str) -> AccumulatorKey:
        """The accumulator of that id. Raises :class:`NotFound`."""
        for key in self.accumulators:
            if key.accumulator_id == accumulator_id:
                return key
        raise NotFound

    def accumulator_of(self, schema: str) -> AccumulatorKey:
        """The accumulator of a schema's credentials. Raises :class:`NotFound` where they cannot be revoked."""
        for key in self.accumulators:
            if key.schema == schema:
                return key
        raise NotFound

    def revoke(self, target: Target, *, reason: str, by: str, run: Run[Revocation] | None = None) -> Revocation:
        """Revokes a credential for good; ``reason`` is a slug, ``by`` the client. ``run`` runs the transaction.

        Raises :class:`NotFound` where no credential was issued for the case or under the id, :class:`AlreadyRevoked`.
        """
        work = partial(self._revoke_by, target=target, reason=reason, by=by, now=self.services.clock())
        revoked = (run or self.store.run)(work)
        logger().info("credential.revoked", party=_PARTY, reason=reason)
        return revoked

    def revoke_in(
        self, session: Session, target: Target, *, reason: str, by: str, now: int, life: Life = Life.REVOKED
    ) -> Revocation:
        """The same within a transaction of this database, which is the caller's, as are the case's step and its due mark.
        ``life`` is what becomes of the attestation. Raises as :meth:`revoke`."""
        return self._revoke(session, target, reason, by, now, life)

    def checkpoint(self) -> int:
        """Hands this minute's checkpoint of every accumulator to the log, unless it has one; how many it handed over."""
        now = self.services.clock()
        return sum(self.store.run(partial(self._tick, key=key, now=now)) for key in self.accumulators)

    def _revoke_by(self, session: Session, target: Target, reason: str, by: str, now: int) -> Revocation:
        """With the case's step, and the end of its due mark. The case is locked before the accumulator, as everywhere."""
        attestation = records.find_attestation(session, target.attestation_id, target.case_id)
        case = None if attestation is None else review_records.lock_case(session, attestation.case_id)
        revoked = self._revoke(session, target, reason, by, now)
        if case is not None:
            state, actor, why = CaseState(case.state), Actor.REVOKER, (reason,)
            review_records.add_step(session, case.id, Happening.REVOKED, state, state, actor, by=by, reasons=why, now=now)
            mark = due_records.open_mark(session, case.id)
            if mark is not None:
                due_records.end_mark(session, mark.id, End.LIFTED, now)
        return revoked

    def _revoke(
        self, session: Session, target: Target, reason: str, by: str, now: int, life: Life = Life.REVOKED
    ) -> Revocation:
        attestation = records.find_attestation(session, target.attestation_id, target.case_id)
        if attestation is None:
            raise NotFound
        key = self.accumulator_of(attestation.schema_id)
        before = records.lock(session, key.accumulator_id)
        if records.is_revoked(session, attestation.revocation_handle):
            raise AlreadyRevoked  # before its second value is even made
        handle = decode_scalar(attestation.revocation_handle, zero_ok=False)
        value = self.keys.divide(key.schema, decode_g1(self.services.curve, before.value), handle).to_bytes()
        event = IssuerRevocation(
            accumulator_id=key.accumulator_id,
            index=before.index + 1,
            handle=attestation.revocation_handle,
            value=value,
            attestation_id=attestation.id,
            reason=reason,
            revoked_by=by,
            revoked_at=now,
        )
        index = event.index
        if not records.add_event(session, event):
            raise AlreadyRevoked if records.is_revoked(session, attestation.revocation_handle) else Contended
        end_life(session, attestation.id, Life.LIVE, life)
        self._publish(session, key, index, value, now)
        return Revocation(attestation.id, RevocationEvent(key.accumulator_id, index, handle, value), now)

    def _tick(self, session: Session, key: AccumulatorKey, now: int) -> bool:
        """Under the lock, so that no minute is ever given to a value that was replaced before it began."""
        before = records.lock(session, key.accumulator_id)
        return self._publish(session, key, before.index, before.value, now)

    def _publish(self, session: Session, key: AccumulatorKey, index: int, value: bytes, now: int) -> bool:
        issuer, minute = self.services.settings.issuer_id, now // 60
        leaf = AccumulatorCheckpoint(issuer, key.accumulator_id, index, value, minute).leaf()
        row = IssuerCheckpoint(accumulator_id=key.accumulator_id, index=index, minute=minute, value=value, leaf=leaf)
        if not records.add_checkpoint(session, row):
            return False
        post(session, IssuerOutbox, kind=ACCUMULATOR_CHECKPOINT_LEAF, leaf=leaf, now=now, rng=self.services.rng)
        return True


def open_manager(services: Services) -> Manager:
    """The manager, whose accumulators have their rows from now on."""
    manager = Manager(services, AccumulatorKeys(services.keyring, services.curve, services.rng))
    with manager.store.reading() as session:
        missing = [key for key in manager.accumulators if not records.has_accumulator(session, key.accumulator_id)]
    if missing:
        manager.store.run(partial(_open, keys=missing, issuer=services.settings.issuer_id))
    return manager


def _open(session: Session, keys: Sequence[AccumulatorKey], issuer: str) -> None:
    for key in keys:
        row = IssuerAccumulator(
            accumulator_id=key.accumulator_id, issuer=issuer, schema_id=key.schema, index=0, value=key.first_value
        )
        records.add_accumulator(session, row)
