"""Makes renewal_answers.json: a renewal in both encodings, and what both sides compute on the way to it.

``python -m tests.circuits.make_renewal_answers`` writes the file anew; the tests recompute it. An answer that changes is a
change of what renewals are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.composite.proving import presentation_tag
from credence.circuits.composite.statement import compile_plan
from credence.circuits.curve import Curve
from credence.circuits.renewal.statement import operation_digest, state_renewal
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.renewing import make_office
from tests.conftest import SeededBytes

FILE: Final = Path(__file__).with_name("renewal_answers.json")
BLIND: Final = 0x1234_5678_9ABC_DEF0


def answers(curve: Curve) -> dict[str, Any]:
    """Every answer, on one engine."""
    rng = SeededBytes("renewal answers")
    office = make_office(curve, rng)
    ask = office.ask(rng, suffix="desk")
    (key,) = office.world.document.keys
    stated = state_renewal(curve, ask, key, office.shown(), office.view)
    compiled = compile_plan(stated.plan)
    renewed = {each: office.renew(ask, rng, blind=BLIND, encoding=each) for each in Encoding}
    proven = office.check(ask, renewed[Encoding.COMPACT].request)
    answer = office.sign(proven, rng)
    held = office.accept(renewed[Encoding.COMPACT], answer)
    assert office.person.witness is not None
    return {
        "issuer_document": office.world.document.to_json(),
        "person": office.person.to_json(),
        "ask": ask.to_json(),
        "accumulator": {
            "key": office.view.key.hex(),
            "value": office.view.value.hex(),
            "index": office.view.index,
            "minute": office.view.minute,
        },
        "blind": str(BLIND),
        "operation_digest": operation_digest(ask, key).hex(),
        "context": stated.public.context.hex(),
        "scalars": list(compiled.template.scalars),
        "elements": list(compiled.template.elements),
        "sent": list(compiled.sent),
        "pseudonym": proven.pseudonym.hex(),
        "commitment": proven.commitment.hex(),
        "tags": {each.name.lower(): presentation_tag(stated.public, each, constrained=False).decode() for each in Encoding},
        "requests": {each.name.lower(): made.request.to_json() for each, made in renewed.items()},
        "answer": answer.to_json(),
        "standing": held.to_json(),
    }


def written(curve: Curve) -> str:
    """The file."""
    return json.dumps(answers(curve), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(curves.load()), encoding="utf-8")
