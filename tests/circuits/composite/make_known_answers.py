"""Makes known_answers.json: whole presentations, and what both sides compute on the way to each.

``python -m tests.circuits.composite.make_known_answers`` writes the file anew; the tests recompute it. Whoever writes a
wallet or a verifier in another language compares, in this order: context, names, ``SerializeLinearRelation`` and
``SerializeQ``, tag, session id, challenge; then reads the presentations. An answer that changes is a change of what
presentations are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.composite.assembly import check_policy
from credence.circuits.composite.message import decode, message_length
from credence.circuits.composite.proving import presentation_tag
from credence.circuits.composite.statement import Compiled, compile_plan
from credence.circuits.credential import PERSON_1, STANDING_1, day_of, text_to_scalar
from credence.circuits.curve import G1_LENGTH, Curve
from credence.circuits.encoding import b64u, encode_scalar, random_scalar
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView, present
from credence.circuits.presentation.statement import PublicCredential, Stated, state
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.sigma.proof import derive_challenge
from credence.circuits.sigma.statement import Statement
from credence.circuits.sigma.transcript import Encoding, derive_session_id
from credence.circuits.wire import Presentation, PresentationRequest
from tests.circuits.journey import ATTRIBUTES, ISSUER, NOW, POLICY, VENUE, make_world
from tests.conftest import SeededBytes

FILE: Final = Path(__file__).with_name("known_answers.json")
SLOTS = {"person": PERSON_1.id, "standing": STANDING_1.id}
HIDDEN: Final[dict[str, Any]] = {
    "all_of": [
        {"attribute": "birth_date", "at_most": "today-18y"},
        {"attribute": "residence", "in": ["DE", "ES", "FR", "PT"]},
        {"attribute": "nationality", "not_in": ["IR", "KP", "SY"]},
    ],
    "disclose": [],
    "rate_limit": {"name": "open-account", "per": "day", "max": 10},
}


OVER: Final = {"east": "east.example", "west": "west.example"}
VENUES: Final[dict[str, Any]] = {
    "credentials": {name: {"schema": STANDING_1.id, "issuers": [ISSUER]} for name in OVER},
    "all_of": [
        {
            "posterior": OVER,
            "score": 640,
            "tangents": [{"alpha_milli": 1_276, "beta_milli": 967}, {"alpha_milli": 2_259, "beta_milli": 805}],
        }
    ],
    "disclose": [],
}


def policies(curve: Curve) -> dict[str, dict[str, Any]]:
    """Nothing hidden is spoken of; hidden values of one credential; everything there is; a bound over two venues."""
    key = b64u((curve.BP1 * 987_654_321).to_bytes())
    everything = {
        "credentials": {name: {"schema": schema, "issuers": [ISSUER]} for name, schema in SLOTS.items()},
        "all_of": [
            {"of": "person", "attribute": "kyc_level", "at_least": 2},
            *({"of": "person", **predicate} for predicate in HIDDEN["all_of"]),
            {"of": "standing", "attribute": "score", "at_least": 640},
            {
                "sum": [
                    {"of": "standing", "attribute": "evidence_milli"},
                    {"of": "standing", "attribute": "events_milli", "times": -5},
                ],
                "at_least": 2_000,
            },
        ],
        "not_revoked": {"of": "person", "max_age_s": 60},
        "rate_limit": HIDDEN["rate_limit"],
        "escrow": {
            "of": "person",
            "trustees": "trustees.example/1",
            "key": key,
            "threshold": 2,
            "members": 3,
            "purpose": "a warrant",
        },
    }
    return {
        "rungs": POLICY,
        "hidden": {**POLICY, **HIDDEN},
        "everything": {**POLICY, **everything},
        "venues": {**POLICY, **VENUES},
    }


def answers(curve: Curve) -> dict[str, Any]:
    """Every answer, on one engine."""
    rng = SeededBytes("known answers")
    world = make_world(curve, rng, schemas=tuple(SLOTS.values()))
    held = {"person": world.held(), "standing": world.standing(rng)}
    alpha, value = random_scalar(rng), first_value(curve, rng)
    view = AccumulatorView(accumulator_public_key(curve, alpha, rng), value.to_bytes(), 7, NOW // 60)
    witness = divide(value, alpha, ATTRIBUTES["revocation_handle"], rng).to_bytes()
    sums = {"evidence_milli": 9_000, "events_milli": 9_500}  # which the second line alone accepts
    held |= {slot: world.standing(rng, venue=text_to_scalar(venue), **sums) for slot, venue in OVER.items()}
    return {
        "issuer_document": world.document.to_json(),
        "credentials": {slot: credential.to_json() for slot, credential in held.items()},
        "accumulator": {"key": view.key.hex(), "value": value.to_bytes().hex(), "index": view.index, "minute": view.minute},
        "witness": witness.hex(),
        "cases": [_case(curve, name, policy, held, view, witness) for name, policy in policies(curve).items()],
    }


def request_for(name: str, policy: Mapping[str, Any]) -> PresentationRequest:
    """The venue's question."""
    nonce = hashlib.sha256(name.encode()).digest()
    return PresentationRequest(f"session-{name}", VENUE, policy, nonce, b"", b"0xaccount", NOW, NOW + 300)


def _case(
    curve: Curve,
    name: str,
    policy: Mapping[str, Any],
    held: Mapping[str, HeldCredential],
    view: AccumulatorView,
    witness: bytes,
) -> dict[str, Any]:
    request, loaded = request_for(name, policy), load_policy(policy)
    demand = check_policy(loaded, day_of(NOW))
    public = {
        asked.name: PublicCredential(
            asked.schema,
            held[asked.name].suite,
            held[asked.name].public_key,
            held[asked.name].issuer,
            held[asked.name].expiry_epoch,
            {attribute: held[asked.name].attributes[attribute] for attribute in asked.disclosed},
        )
        for asked in demand.slots
    }
    views = {asked.slot: view for asked in loaded.not_revoked}
    stated = state(curve, request, loaded, demand, public, views)
    compiled = compile_plan(stated.plan)
    use = 3 if loaded.rate_limit is not None else 0
    chosen = {slot: held[slot] for slot in loaded.credentials}
    shown = {
        encoding: present(
            curve,
            request,
            chosen,
            NOW,
            SeededBytes(f"{name} {encoding.name}"),
            accumulators=views,
            witnesses=dict.fromkeys(views, witness),
            use=use,
            encoding=encoding,
        )
        for encoding in Encoding
    }
    system = compiled.template.constraints
    return {
        "name": name,
        "request": request.to_json(),
        "policy_hash": loaded.digest.hex(),
        "use": use,
        "context": stated.public.context.hex(),
        "domains": {slot.name: encode_scalar(slot.domain).hex() for slot in stated.plan.slots},
        "elements": list(compiled.template.elements),
        "scalars": list(compiled.template.scalars),
        "sent": list(compiled.sent),
        "bound": list(compiled.template.bound),
        "structure": compiled.template.structure.serialized.hex(),
        "constraints": None if system is None else system.serialized.hex(),
        "presentations": [_shown(curve, compiled, stated, encoding, shown[encoding]) for encoding in Encoding],
    }


def statement_of(
    curve: Curve, compiled: Compiled, stated: Stated, encoding: Encoding, proof: bytes
) -> tuple[Statement, bytes]:
    """The statement with the points of a message, and the rest of the message."""
    message = decode(curve, compiled, encoding, proof)
    return compiled.bind(curve, {**stated.public.points(curve, stated.plan), **message.points}), message.proof


def _shown(
    curve: Curve, compiled: Compiled, stated: Stated, encoding: Encoding, presentation: Presentation
) -> dict[str, Any]:
    statement, proof = statement_of(curve, compiled, stated, encoding, presentation.proof)
    tag = presentation_tag(stated.public, encoding, constrained=statement.constraints is not None)
    if encoding is Encoding.BATCHABLE:
        commitments = len(compiled.template.structure.equations) + 2 * (statement.constraints is not None)
        challenge = derive_challenge(statement, tag, proof[: commitments * G1_LENGTH])
    else:
        challenge = int.from_bytes(proof[:32], "big")
    return {
        "encoding": encoding.name.lower(),
        "bytes": message_length(compiled, encoding),
        "tag": tag.decode(),
        "session_id": derive_session_id(tag).hex(),
        "statement_sha256": hashlib.sha256(statement.serialized).hexdigest(),
        "challenge": encode_scalar(challenge).hex(),
        "presentation": presentation.to_json(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(answers(curves.load("native")), indent=1) + "\n", encoding="utf-8")
