"""Makes known_answers.json: our own answers for what no draft has vectors for, statements with constraints above all.

``python -m tests.circuits.sigma.make_known_answers`` writes the file anew; the tests recompute it on both engines. Nonces
stand in the file, so that another implementation can make the same proofs. An answer that changes is a change of what
proofs are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.encoding import encode_scalar
from credence.circuits.sigma.constraints import Role, generator
from credence.circuits.sigma.proof import hedged_nonces, prove_with_nonces
from credence.circuits.sigma.transcript import Encoding, Operation, derive_session_id, session_tag
from tests.circuits.sigma.subjects import CONTEXT, Subject, equality, everything

FILE = Path(__file__).with_name("known_answers.json")
MAKES = {"equality": equality, "everything": everything}


def counting(count: int) -> bytes:
    """The source of the nonces here: 0, 1, 2, …"""
    return bytes(number % 256 for number in range(count))


def scalars(values: tuple[int, ...] | list[int]) -> list[str]:
    return [encode_scalar(value).hex() for value in values]


def answers(curve: Curve) -> dict[str, Any]:
    """Everything, on one engine."""
    return {
        "generators": {
            role.value.decode(): [generator(curve, role, index).to_bytes().hex() for index in range(3)] for role in Role
        },
        "proofs": [_proof(name, make(curve), encoding) for name, make in MAKES.items() for encoding in Encoding],
    }


def _proof(name: str, made: Subject, encoding: Encoding) -> dict[str, Any]:
    statement, system = made.statement, made.template.constraints
    tag = session_tag(Operation.PRESENT, encoding, CONTEXT, constrained=system is not None)
    nonces = hedged_nonces(statement, made.witness, tag, counting)
    return {
        "statement": name,
        "encoding": encoding.name.lower(),
        "scalars": list(made.template.scalars),
        "elements": list(made.template.elements),
        "context_hash": CONTEXT.hex(),
        "tag": tag.decode(),
        "session_id": derive_session_id(tag).hex(),
        "relation": statement.relation.serialized.hex(),
        "constraints": system.serialized.hex() if system is not None else None,
        "witness": scalars(made.witness.scalars),
        "nonces": scalars(nonces),
        "proof": prove_with_nonces(statement, made.witness, tag, encoding, nonces).hex(),
    }


def main() -> None:
    """Write the file."""
    text = json.dumps(answers(curves.load("native")), indent=1) + "\n"
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
