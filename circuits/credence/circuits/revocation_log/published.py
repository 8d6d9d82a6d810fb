"""What an issuer publishes of an accumulator: its key, its events, its checkpoints.

Frozen dataclasses that ``parse`` reads strictly, raising :class:`~credence.circuits.errors.Malformed`, and ``to_json``
writes in the one accepted form. Points stay bytes here: whoever computes with one decodes it first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from credence.circuits.curve import G1_LENGTH, G2_LENGTH, ORDER, SCALAR_LENGTH
from credence.circuits.encoding import Reader, b64u, decode_scalar, encode_scalar, u64le
from credence.circuits.errors import IllFormed, Malformed, Step
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.hashing import Label, sha256_labelled

PAGE: Final = 512
"""Events are read in pages that begin after a multiple of this, so that nobody has to say up to where they have read."""

MAX_INDEX: Final = (1 << 48) - 1
MAX_MINUTE: Final = (1 << 32) - 1

EVENT_LENGTH: Final = SCALAR_LENGTH + G1_LENGTH
"""Bytes of an event inside a delta: handle, value."""

_ISSUER: Final = 128
_ID: Final = re.compile(r"[0-9a-f]{32}")


def accumulator_id(issuer: str, schema: str, public_key: bytes, first_value: bytes) -> str:
    """The id that follows from what an accumulator is: 32 hex digits."""
    parts = (issuer.encode(), schema.encode(), public_key, first_value)
    return sha256_labelled(Label.ACCUMULATOR, *parts)[:16].hex()


def _id(fields: Fields) -> str:
    found = fields.text("accumulator_id", max_length=32)
    if not _ID.fullmatch(found):
        raise Malformed("an accumulator's id has 32 hex digits", Step.SHAPE)
    return found


@dataclass(frozen=True, slots=True)
class AccumulatorKey:
    """One accumulator: ``alpha·BP2`` (96 bytes) and V_0 (48 bytes), for one schema, from ``not_before`` to ``not_after``."""

    accumulator_id: str
    schema: str
    public_key: bytes
    first_value: bytes
    not_before: int
    not_after: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one key."""
        fields = Fields(value, "accumulator")
        key = cls(
            accumulator_id=_id(fields),
            schema=fields.text("schema", max_length=64),
            public_key=fields.binary("public_key", length=G2_LENGTH),
            first_value=fields.binary("first_value", length=G1_LENGTH),
            not_before=fields.integer("not_before"),
            not_after=fields.integer("not_after"),
        )
        fields.done()
        return key

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "accumulator_id": self.accumulator_id,
            "schema": self.schema,
            "public_key": b64u(self.public_key),
            "first_value": b64u(self.first_value),
            "not_before": self.not_before,
            "not_after": self.not_after,
        }


@dataclass(frozen=True, slots=True)
class RevocationEvent:
    """Event ``index``, from 1: ``handle``, in ``[1, ORDER)``, was revoked and the accumulator's value became ``value``."""

    accumulator_id: str
    index: int
    handle: int
    value: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one event."""
        fields = Fields(value, "revocation")
        event = cls(
            accumulator_id=_id(fields),
            index=fields.integer("index", minimum=1, maximum=MAX_INDEX),
            handle=fields.scalar("handle"),
            value=fields.binary("value", length=G1_LENGTH),
        )
        fields.done()
        if not 0 < event.handle < ORDER:
            raise Malformed("a revocation handle is a scalar other than zero", Step.DECODE)
        return event

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "accumulator_id": self.accumulator_id,
            "index": self.index,
            "handle": str(self.handle),
            "value": b64u(self.value),
        }


@dataclass(frozen=True, slots=True)
class AccumulatorCheckpoint:
    """What an issuer puts into the ledger, at once on a revocation and each minute: at ``minute`` (of unix time) the value
    after ``index`` events was ``value`` (48 bytes)."""

    issuer: str
    accumulator_id: str
    index: int
    value: bytes
    minute: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one checkpoint."""
        fields = Fields(value, "accumulator checkpoint")
        fields.choice("type", "credence/accumulator-checkpoint/1")
        checkpoint = cls(
            issuer=fields.text("issuer", max_length=_ISSUER),
            accumulator_id=_id(fields),
            index=fields.integer("index", maximum=MAX_INDEX),
            value=fields.binary("value", length=G1_LENGTH),
            minute=fields.integer("minute", maximum=MAX_MINUTE),
        )
        fields.done()
        return checkpoint

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/accumulator-checkpoint/1",
            "issuer": self.issuer,
            "accumulator_id": self.accumulator_id,
            "index": self.index,
            "value": b64u(self.value),
            "minute": self.minute,
        }

    def leaf(self) -> bytes:
        """The 32 leaf bytes in the ledger. Not salted: a checkpoint is public."""
        return sha256_labelled(Label.ACCUMULATOR_CHECKPOINT, canonical_json(self.to_json()))


def encode_events(events: Sequence[RevocationEvent]) -> bytes:
    """``handle || value`` of each, 80 bytes: what a delta holds. Their indexes follow from the first one's."""
    return b"".join([encode_scalar(event.handle) + event.value for event in events])


def decode_events(name: str, after: int, count: int, data: bytes) -> tuple[RevocationEvent, ...]:
    """The ``count`` events of accumulator ``name`` after index ``after``. Raises :class:`Malformed`, for handle 0 too."""
    reader = Reader(data)
    events = tuple(
        RevocationEvent(name, index, decode_scalar(reader.take(SCALAR_LENGTH), zero_ok=False), reader.take(G1_LENGTH))
        for index in range(after + 1, after + count + 1)
    )
    reader.done()
    return events


def events_digest(name: str, after: int, encoded: bytes) -> bytes:
    """What a delta is known by, 32 bytes, whether or not it is sent along."""
    return sha256_labelled(Label.ACCUMULATOR_DELTA, name.encode(), u64le(after), encoded)


def check_order(name: str, events: Sequence[RevocationEvent]) -> None:
    """Raises :class:`IllFormed` unless the events are of accumulator ``name``, one after another without gap."""
    if any(event.accumulator_id != name for event in events):
        raise IllFormed("an event of another accumulator", Step.CONTEXT)
    if any(event.index != events[0].index + place for place, event in enumerate(events)):
        raise IllFormed("events out of order", Step.CONTEXT)


def read_page(value: object, name: str, after: int, count: int) -> tuple[RevocationEvent, ...]:
    """Exactly the events that were asked for. Raises :class:`Malformed`, :class:`IllFormed`."""
    fields = Fields(value, "events")
    events = fields.items("events", RevocationEvent.parse, minimum=count, maximum=count)
    fields.done()
    check_order(name, events)
    if events and events[0].index != after + 1:
        raise IllFormed("events other than those that were asked for", Step.CONTEXT)
    return events
