"""A holder's witness, and how it follows the accumulator over public data: forward alone, to values of the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from credence.circuits.curve import G1, G1_LENGTH, Curve
from credence.circuits.encoding import b64u, decode_g1
from credence.circuits.errors import IllFormed, Refused, Step, Unprovable
from credence.circuits.fields import Fields
from credence.circuits.revocation import MAX_STEPS, Revocation, catch_up, check_witness
from credence.circuits.revocation_log.published import (
    MAX_INDEX,
    PAGE,
    AccumulatorKey,
    RevocationEvent,
    check_order,
    encode_events,
    events_digest,
)
from credence.circuits.revocation_log.staple import CheckpointProof, Stapled, verify_in_log


class Revoked(Unprovable):
    """The credential was revoked by event ``index``, and its own last witness proves that the issuer did it."""

    def __init__(self, index: int) -> None:
        super().__init__("the credential is revoked")
        self.index = index


@dataclass(frozen=True, slots=True)
class WitnessState:
    """A holder's witness (48 bytes) as of event ``index`` of its accumulator."""

    accumulator_id: str
    index: int
    witness: bytes = field(repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one. What it is worth is seen by :func:`accept_witness` and :func:`follow`."""
        fields = Fields(value, "witness")
        state = cls(
            accumulator_id=fields.text("accumulator_id", max_length=32),
            index=fields.integer("index", maximum=MAX_INDEX),
            witness=fields.binary("witness", length=G1_LENGTH),
        )
        fields.done()
        return state

    def to_json(self) -> dict[str, Any]:
        """The accepted form. Secret."""
        return {"accumulator_id": self.accumulator_id, "index": self.index, "witness": b64u(self.witness)}


def accept_witness(
    curve: Curve,
    key: AccumulatorKey,
    issuer: str,
    log_vkey: str,
    state: WitnessState,
    proof: CheckpointProof | None,
    handle: int,
) -> None:
    """Returns iff an issuer's witness for ``handle`` is one, of a value that everybody was shown.

    That is V_0 of the published key where there is no ``proof``, which is accepted at index 0 alone, and else the value of a
    checkpoint of the same index in the ledger. Raises :class:`Refused`; :class:`Malformed`, :class:`IllFormed` for what is
    none.
    """
    value = key.first_value
    index = 0
    if proof is not None:
        found = verify_in_log(proof, issuer, key, log_vkey).checkpoint
        value, index = found.value, found.index
    if state.accumulator_id != key.accumulator_id or state.index != index:
        raise Refused("a witness of another accumulator or index", Step.CONTEXT)
    check_witness(curve, key.public_key, decode_g1(curve, value), decode_g1(curve, state.witness), handle)


def wanted_pages(state: WitnessState, stapled: Stapled) -> tuple[tuple[int, int], ...]:
    """What is missing beside a staple to follow it: ``(after, count)`` of the issuer's pages to read; often nothing.

    Pages begin at multiples of ``PAGE``, so that they say no more than which page a holder has not read. A delta that was
    not sent along is read whole.
    """
    if state.index >= stapled.checkpoint.index or (stapled.events is not None and state.index >= stapled.after):
        return ()
    end = stapled.checkpoint.index if stapled.events is None else stapled.after
    first = min(state.index, stapled.after) // PAGE * PAGE
    return tuple((after, min(PAGE, stapled.checkpoint.index - after)) for after in range(first, end, PAGE))


def follow(
    curve: Curve,
    key: AccumulatorKey,
    state: WitnessState,
    handle: int,
    stapled: Stapled,
    earlier: Sequence[RevocationEvent] = (),
) -> WitnessState:
    """The witness at a staple's checkpoint. ``earlier`` are the events of :func:`wanted_pages`, in order.

    What comes out was checked against the ledger's value, so that forged events lead to nothing. Raises :class:`Revoked`;
    :class:`Refused` for a checkpoint before the witness, for events that are not the accumulator's, and for a witness that
    was none; :class:`IllFormed` for events that are missing or out of order; :class:`Malformed` for points that are none.
    """
    checkpoint = stapled.checkpoint
    if not state.accumulator_id == checkpoint.accumulator_id == key.accumulator_id:
        raise Refused("a checkpoint of another accumulator", Step.CONTEXT)
    if checkpoint.index < state.index:
        raise Refused("the checkpoint goes back", Step.CONTEXT)
    witness, events = decode_g1(curve, state.witness), _needed(state, stapled, earlier)
    for start in range(0, len(events), MAX_STEPS):
        witness = _advance(curve, witness, handle, events[start : start + MAX_STEPS])
    check_witness(curve, key.public_key, decode_g1(curve, checkpoint.value), witness, handle)
    return WitnessState(state.accumulator_id, checkpoint.index, witness.to_bytes())


def _needed(state: WitnessState, stapled: Stapled, earlier: Sequence[RevocationEvent]) -> list[RevocationEvent]:
    """The events from the witness to the checkpoint, each once."""
    name, end = state.accumulator_id, stapled.checkpoint.index
    if state.index == end:
        return []
    check_order(name, earlier)
    last = stapled.events
    if last is None:
        last = tuple(event for event in earlier if stapled.after < event.index <= end)
        if len(last) != end - stapled.after:
            raise IllFormed("events are missing", Step.CONTEXT)
        if events_digest(name, stapled.after, encode_events(last)) != stapled.digest:
            raise Refused("events other than those of the delta", Step.CONTEXT)
    known = [event for event in earlier if event.index <= stapled.after]
    needed = [event for event in (*known, *last) if event.index > state.index]
    if [event.index for event in needed] != list(range(state.index + 1, end + 1)):
        raise IllFormed("events are missing", Step.CONTEXT)
    return needed


def _advance(curve: Curve, witness: G1, handle: int, events: Sequence[RevocationEvent]) -> G1:
    own = next((event for event in events if event.handle == handle), None)
    before = events if own is None else events[: own.index - events[0].index]
    steps = [Revocation(event.handle, decode_g1(curve, event.value)) for event in before]
    reached = catch_up(curve, witness, handle, steps)
    if own is None:
        return reached
    # what revokes a handle is its own last witness, which nobody has but its holder and the issuer
    if reached.to_bytes() != own.value:
        raise Refused("an event that is not the accumulator's", Step.PAIRING)
    raise Revoked(own.index)
