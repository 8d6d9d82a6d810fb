"""What a verifier staples to its request: the newest checkpoint, the proof that the ledger holds it, the last day's events.

A staple is the same for everybody. Its events have one of four lengths and are filled up with older ones, so that its size
tells nothing but how busy the last day was, and a wallet that was away for long still has nothing to ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from typing import Any, Final, Self

from credence.circuits.encoding import b64u
from credence.circuits.errors import IllFormed, Malformed, Refused, Step
from credence.circuits.fields import Fields
from credence.circuits.merkle import HASH_LENGTH, leaf_hash, verify_inclusion
from credence.circuits.note import Checkpoint, NoteVerifier, open_checkpoint
from credence.circuits.revocation_log.published import (
    EVENT_LENGTH,
    MAX_INDEX,
    AccumulatorCheckpoint,
    AccumulatorKey,
    RevocationEvent,
    check_order,
    decode_events,
    encode_events,
    events_digest,
)

DELTA_SECONDS: Final = 86_400
"""How far back a delta reaches at least."""

MAX_DELTA: Final = 65_536
"""Bytes of events that are sent along; of a longer delta there is the digest, and where to read it."""

SIZES: Final = (1_024, 4_096, 16_384, MAX_DELTA)

SKEW: Final = 60
"""Seconds by which a checkpoint may seem to come from the future."""

_MAX_NOTE: Final = 8_192
_MAX_PATH: Final = 64
_MAX_ADDRESS: Final = 512
_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class CheckpointProof:
    """A checkpoint, and that it is entry ``entry`` of the ledger: audit path, and the ledger's signed note."""

    checkpoint: AccumulatorCheckpoint
    entry: int
    path: tuple[bytes, ...]
    note: str

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one; nothing in it is believed yet."""
        fields = Fields(value, "checkpoint in the ledger")
        proof = cls(
            checkpoint=AccumulatorCheckpoint.parse(fields.raw_object("checkpoint")),
            entry=fields.integer("entry"),
            path=fields.items("path", _hash, maximum=_MAX_PATH),
            note=_text(fields.binary("note", max_length=_MAX_NOTE)),
        )
        fields.done()
        return proof

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "checkpoint": self.checkpoint.to_json(),
            "entry": self.entry,
            "path": [b64u(value) for value in self.path],
            "note": b64u(self.note.encode()),
        }


def _hash(value: object) -> bytes:
    return Fields({"hash": value}, "path").binary("hash", length=HASH_LENGTH)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8", Step.SHAPE) from error


@dataclass(frozen=True, slots=True)
class Delta:
    """The ``count`` events after index ``after``: ``events`` has them, filled up with zeros to one of ``SIZES``.

    A delta that is longer than the largest has the smallest filling and no events: its ``digest`` says what is to be read at
    ``address``, the absolute address of the issuer's events.
    """

    after: int
    count: int
    digest: bytes
    events: bytes
    address: str

    @property
    def is_whole(self) -> bool:
        """Whether the events are sent along."""
        return self.count * EVENT_LENGTH <= MAX_DELTA

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a delta. Raises :class:`Malformed` for another filling than the one accepted, and for an odd address."""
        fields = Fields(value, "delta")
        delta = cls(
            after=fields.integer("after", maximum=MAX_INDEX),
            count=fields.integer("count", maximum=MAX_INDEX),
            digest=fields.binary("digest", length=HASH_LENGTH),
            events=fields.binary("events", max_length=MAX_DELTA),
            address=fields.text("address", max_length=_MAX_ADDRESS),
        )
        fields.done()
        sent = delta.count * EVENT_LENGTH if delta.is_whole else 0
        if len(delta.events) != delta_length(delta.count) or any(delta.events[sent:]):
            raise Malformed("the delta is not filled up as it should be", Step.SHAPE)
        if not delta.address.startswith(("http://", "https://")):
            raise Malformed("not an address of events", Step.SHAPE)
        return delta

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "after": self.after,
            "count": self.count,
            "digest": b64u(self.digest),
            "events": b64u(self.events),
            "address": self.address,
        }


def delta_length(count: int) -> int:
    """Bytes that the events of a delta of ``count`` have once filled up."""
    length = count * EVENT_LENGTH
    return next((size for size in SIZES if length <= size), SIZES[0])


def make_delta(name: str, after: int, events: Sequence[RevocationEvent], address: str) -> Delta:
    """The delta of these events, which follow index ``after``. Raises :class:`IllFormed` where they do not."""
    check_order(name, events)
    if events and events[0].index != after + 1:
        raise IllFormed("events other than those of the delta", Step.CONTEXT)
    encoded = encode_events(events)
    sent = encoded if len(encoded) <= MAX_DELTA else b""
    filled = sent.ljust(delta_length(len(events)), b"\x00")
    return Delta(after, len(events), events_digest(name, after, encoded), filled, address)


@dataclass(frozen=True, slots=True)
class Staple:
    """The newest checkpoint in the ledger, and the events that lead to it."""

    newest: CheckpointProof
    delta: Delta

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a staple; :func:`verify_staple` judges it."""
        fields = Fields(value, "staple")
        fields.choice("type", "credence/staple/1")
        staple = cls(CheckpointProof.parse(fields.raw_object("newest")), Delta.parse(fields.raw_object("delta")))
        fields.done()
        return staple

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {"type": "credence/staple/1", "newest": self.newest.to_json(), "delta": self.delta.to_json()}


@dataclass(frozen=True, slots=True)
class InLog:
    """A checkpoint that the ledger holds, as of its own checkpoint ``log``. Built by :func:`verify_in_log` alone."""

    checkpoint: AccumulatorCheckpoint
    log: Checkpoint
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("an InLog is the result of verify_in_log")


@dataclass(frozen=True, slots=True)
class Stapled:
    """A staple that holds. ``events`` are those sent along, all after index ``after``; None where only ``digest`` came.

    Built by :func:`verify_staple` alone.
    """

    checkpoint: AccumulatorCheckpoint
    log: Checkpoint
    after: int
    digest: bytes
    events: tuple[RevocationEvent, ...] | None
    address: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a Stapled is the result of verify_staple")


def verify_in_log(
    proof: CheckpointProof, issuer: str, key: AccumulatorKey, log_vkey: str, *, seen: Checkpoint | None = None
) -> InLog:
    """The checkpoint, if it is of this issuer's accumulator and in the ledger whose verifier key is ``log_vkey``.

    ``seen`` is the newest ledger checkpoint that the caller knows: another root at its size is a fork. That the ledger only
    grew between two sizes is for the caller to ask the ledger. Raises :class:`Refused`; :class:`Malformed` and
    :class:`IllFormed` for a proof that is none.
    """
    checkpoint = proof.checkpoint
    if checkpoint.issuer != issuer or checkpoint.accumulator_id != key.accumulator_id:
        raise Refused("a checkpoint of another accumulator", Step.CONTEXT)
    log = open_checkpoint(proof.note, NoteVerifier.parse(log_vkey))
    verify_inclusion(leaf_hash(checkpoint.leaf()), proof.entry, log.size, proof.path, log.root)
    if seen is not None and (seen.origin, seen.size) == (log.origin, log.size) and seen.root != log.root:
        raise Refused("the ledger has forked", Step.CONTEXT)
    if checkpoint.index == 0 and checkpoint.value != key.first_value:
        raise Refused("another first value than the published one", Step.CONTEXT)
    return InLog(checkpoint, log, _SEAL)


def verify_staple(
    staple: Staple,
    issuer: str,
    key: AccumulatorKey,
    log_vkey: str,
    *,
    now: int,
    max_age_s: int,
    seen: Checkpoint | None = None,
) -> Stapled:
    """Returns what a staple says, if it holds at ``now``: of this accumulator, in the ledger, not older than ``max_age_s``.

    Age counts from the end of the checkpoint's minute. Whether the events are the accumulator's is seen by who follows them.
    Raises as :func:`verify_in_log`, and :class:`Refused` for a checkpoint that is stale or from the future, for a key
    outside its time, and for a delta that ends elsewhere.
    """
    found = verify_in_log(staple.newest, issuer, key, log_vkey, seen=seen)
    checkpoint, delta, name = found.checkpoint, staple.delta, key.accumulator_id
    if not key.not_before <= now <= key.not_after:
        raise Refused("an accumulator outside its time", Step.CONTEXT)
    _check_current(checkpoint, now, max_age_s)
    if delta.after + delta.count != checkpoint.index:
        raise Refused("the delta ends elsewhere than the checkpoint", Step.CONTEXT)
    events = None
    if delta.is_whole:
        encoded = delta.events[: delta.count * EVENT_LENGTH]
        events = decode_events(name, delta.after, delta.count, encoded)
        if events_digest(name, delta.after, encoded) != delta.digest:
            raise Refused("the delta has another digest", Step.CONTEXT)
        if events and events[-1].value != checkpoint.value:
            raise Refused("the delta ends elsewhere than the checkpoint", Step.CONTEXT)
    return Stapled(checkpoint, found.log, delta.after, delta.digest, events, delta.address, _SEAL)


def _check_current(newest: AccumulatorCheckpoint, now: int, max_age_s: int) -> None:
    if now - 60 * (newest.minute + 1) >= max_age_s:
        raise Refused("a stale checkpoint", Step.CONTEXT)
    if 60 * newest.minute > now + SKEW:
        raise Refused("a checkpoint from the future", Step.CONTEXT)


def check_age(shown: AccumulatorCheckpoint, newest: AccumulatorCheckpoint, *, now: int, max_age_s: int) -> None:
    """Returns iff a presentation may refer to ``shown`` at ``now``, for a verifier that knows ``newest``; both in the log.

    ``newest`` must be current (at most ``max_age_s`` after the end of its minute). While it has the same index, ``shown``
    may be of any minute: the value is the same. Once a later index is known, ``shown`` is good until ``max_age_s`` after its
    own minute began, and so never for longer than that after the revocation. Raises :class:`Refused`.
    """
    if shown.accumulator_id != newest.accumulator_id or shown.issuer != newest.issuer:
        raise Refused("a checkpoint of another accumulator", Step.CONTEXT)
    _check_current(newest, now, max_age_s)
    if 60 * shown.minute > now + SKEW:
        raise Refused("a checkpoint from the future", Step.CONTEXT)
    if shown.index < newest.index and now - 60 * shown.minute >= max_age_s:
        raise Refused("a stale checkpoint", Step.CONTEXT)
    if shown.index == newest.index and shown.value != newest.value:
        raise Refused("two values for one index", Step.CONTEXT)
