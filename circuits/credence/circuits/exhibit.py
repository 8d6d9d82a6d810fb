"""An exhibit: one accepted presentation that sealed a handle, with everything that checking it again takes.

The venue that was shown the presentation hands it out, to an authority and by it to the trustees. Each of them checks the
whole of it, as the verifier did, before anything is opened: that its policy's label and trustees stood in the proof's
context, that the receipt is of this presentation, and that the log holds what it relied on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from credence.circuits.curve import G1_LENGTH, Curve
from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.escrow.generation import TrusteeSet
from credence.circuits.fields import Fields, Json
from credence.circuits.policy import EscrowAsk, load_policy
from credence.circuits.presentation import Accepted, AccumulatorView, verify_presentation
from credence.circuits.receipt import Receipt
from credence.circuits.revocation_log import AccumulatorCheckpoint
from credence.circuits.wire import MAX_SLOTS, IssuerDocument, Presentation, PresentationRequest


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What a venue hands out: request, answer, signed receipt, and by slot the accumulators' values (48 bytes)."""

    request: PresentationRequest
    presentation: Presentation
    receipt: Json = field(repr=False)
    values: Mapping[str, bytes]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read an exhibit. Raises :class:`Malformed`; nothing is checked before :func:`check_exhibit`."""
        fields = Fields(value, "exhibit")
        fields.choice("type", "credence/exhibit/1")
        request = PresentationRequest.parse(fields.raw_object("request"))
        presentation = Presentation.parse(fields.raw_object("presentation"))
        receipt = fields.raw_object("receipt")
        inner = fields.nested("values")
        names = inner.names()
        if len(names) > MAX_SLOTS:
            raise Malformed("more accumulators than slots", Step.SHAPE)
        values = {name: inner.binary(name, length=G1_LENGTH) for name in names}
        fields.done()
        return cls(request, presentation, receipt, MappingProxyType(values))

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/exhibit/1",
            "request": self.request.to_json(),
            "presentation": self.presentation.to_json(),
            "receipt": dict(self.receipt),
            "values": {slot: b64u(value) for slot, value in self.values.items()},
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """An exhibit that holds. ``leaves`` are what has to be in a log besides, each 32 bytes, with that log's verifier key:
    the issuers' documents and the accumulators' checkpoints that it relied on.
    """

    accepted: Accepted
    escrow: EscrowAsk
    leaves: tuple[tuple[str, bytes], ...]


def check_exhibit(
    curve: Curve, exhibit: Exhibit, receipt: Receipt, documents: Sequence[IssuerDocument], rng: Rng
) -> Checked:
    """Checks the whole presentation as of the moment of its receipt, whose signature the caller has checked.

    ``documents`` are the issuers' as the caller knows them. That a value of an accumulator was new enough is the verifier's
    word, in its receipt; that the log holds it is for the caller to see. Raises :class:`Malformed` for what is no exhibit,
    :class:`Refused` where the receipt is of another presentation, request or policy, or does not accept it, where the proof
    does not hold, and where it seals nothing.
    """
    request, presentation = exhibit.request, exhibit.presentation
    policy = load_policy(request.policy)
    if policy.escrow is None:
        raise Refused("the policy has nothing sealed", Step.CONTEXT)
    if receipt.decision != "accepted":
        raise Refused("the receipt is of a presentation that was not accepted", Step.RECEIPT)
    told = (receipt.policy_hash, receipt.audience, receipt.session_id)
    if told != (policy.digest, request.audience, request.session_id):
        raise Refused("the receipt is of another request", Step.RECEIPT)
    relied: dict[tuple[str, bytes], None] = {}

    def found(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        slot = next((e.slot for e in presentation.accumulators if (e.index, e.minute) == (index, minute)), "")
        value = exhibit.values.get(slot)
        if value is None:
            return None
        for document in documents:
            key = document.accumulator_of(schema) if document.issuer == issuer else None
            if key is not None:
                leaf = AccumulatorCheckpoint(issuer, key.accumulator_id, index, value, minute).leaf()
                relied[document.log_vkey, leaf] = None
                return AccumulatorView(key.public_key, value, index, minute)
        return None

    accepted = verify_presentation(
        curve, request, presentation, documents, request.audience, receipt.decided_at, rng, accumulators=found
    )
    if accepted.presentation_digest != receipt.presentation_digest:
        raise Refused("the receipt is of another presentation", Step.RECEIPT)
    if accepted.pseudonym != receipt.pseudonym:
        raise Refused("the receipt is of another pseudonym", Step.RECEIPT)
    shown = {each.issuer for each in presentation.credentials}
    leaves = [(document.log_vkey, document.leaf()) for document in documents if document.issuer in shown]
    return Checked(accepted, policy.escrow, (*leaves, *relied))


def check_label(checked: Checked, trustees: TrusteeSet, purpose: str) -> None:
    """Returns iff the handle was sealed to this set of trustees for this purpose. Raises :class:`Refused`."""
    ask = checked.escrow
    asked = (ask.trustees, ask.key, ask.threshold, ask.members)
    if asked != (trustees.id, trustees.key, trustees.threshold, trustees.members):
        raise Refused("the handle is sealed to other trustees", Step.CONTEXT)
    if ask.purpose != purpose:
        raise Refused("the handle is sealed for another purpose", Step.CONTEXT)
