"""Makes known_answers.json: this project's own answers, so that a copy without the official vectors can compare.

``python -m tests.circuits.bbs.make_known_answers`` writes the file anew; the tests recompute it on both engines. An answer
that changes is a change of what credentials and proofs are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from credence.circuits import curve as curves
from credence.circuits.bbs import blind, nym_proof, proof, pseudonym, signature, suite
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.hashing import EXPAND_LENGTH

FILE = Path(__file__).with_name("known_answers.json")
SUITES = ("bls12-381-sha-256", "bls12-381-shake-256")

KEY_MATERIAL = b"known answers of Credence, key material number one"
KEY_INFO = b"test key"
HEADER = b"header"
PRESENTATION_HEADER = b"presentation header"
CONTEXT = b"venue.example"
MESSAGES = [b"", b"a", b"the third message"]
COMMITTED = [b"committed", bytes(range(64))]
NYMS = [2**200 + 1, 3]
ENTROPY = 2**254
SCALARS = [20454, 0, 1, 2**128 - 1]
SECRETS = [2**251 + 5, 2**252 + 7, 2**253 + 11]


def drawn_from(used: suite.Suite, seed: str) -> Rng:
    """Expanded bytes, 48 at a time, as much as the largest answer needs."""
    octets = used.expand(seed.encode(), b"CREDENCE-KNOWN-ANSWERS", EXPAND_LENGTH * 40)
    at = 0

    def rng(length: int) -> bytes:
        nonlocal at
        piece = octets[at : at + length]
        at += length
        return piece

    return rng


def answers(curve: Curve, name: str) -> dict[str, Any]:
    """Every answer of one suite."""
    used = suite.suite_named(name, curve)
    secret_key = signature.key_gen(used, KEY_MATERIAL, KEY_INFO)
    public_key = signature.sk_to_pk(curve, secret_key, drawn_from(used, "public key"))
    return {
        "suite": name,
        "secret_key": f"{secret_key:064x}",
        "public_key": public_key.hex(),
        "P1": used.P1.to_bytes().hex(),
        "core": _core(used, secret_key, public_key),
        "blind": _blind(used, secret_key, public_key),
        "pseudonym": _pseudonym(used, secret_key, public_key),
        "credence": _credence(used, secret_key, public_key),
    }


def _generators(interface: suite.Interface) -> dict[str, Any]:
    return {
        "api_id": interface.api_id.decode(),
        "generators": [point.to_bytes().hex() for point in interface.generators(3)],
        "blind_generators": [point.to_bytes().hex() for point in interface.blind_generators(2)],
    }


def _core(used: suite.Suite, secret_key: int, public_key: bytes) -> dict[str, Any]:
    interface = suite.core_interface(used)
    signed = signature.sign(interface, secret_key, public_key, HEADER, MESSAGES, drawn_from(used, "sign"))
    shown = proof.proof_gen(
        interface, public_key, signed, HEADER, PRESENTATION_HEADER, MESSAGES, [0, 2], drawn_from(used, "proof")
    )
    return {**_generators(interface), "signature": signed.hex(), "proof": shown.hex()}


def _blind(used: suite.Suite, secret_key: int, public_key: bytes) -> dict[str, Any]:
    interface = suite.blind_interface(used)
    made, factor = blind.commit(interface, COMMITTED, drawn_from(used, "commit"))
    signed = blind.blind_sign(interface, secret_key, public_key, made, HEADER, MESSAGES, drawn_from(used, "sign"))
    shown = blind.blind_proof_gen(
        interface,
        public_key,
        signed,
        HEADER,
        PRESENTATION_HEADER,
        MESSAGES,
        COMMITTED,
        [1],
        [0],
        factor,
        drawn_from(used, "proof"),
    )
    return {
        **_generators(interface),
        "commitment_with_proof": made.hex(),
        "secret_prover_blind": f"{factor:064x}",
        "signature": signed.hex(),
        "proof": shown.hex(),
    }


def _pseudonym(used: suite.Suite, secret_key: int, public_key: bytes) -> dict[str, Any]:
    interface = suite.pseudonym_interface(used)
    made, factor = pseudonym.commit_with_nym(interface, COMMITTED, NYMS, drawn_from(used, "commit"))
    signed = pseudonym.blind_sign_with_nym(
        interface,
        secret_key,
        public_key,
        made,
        len(NYMS),
        ENTROPY,
        HEADER,
        MESSAGES,
        drawn_from(used, "sign"),
    )
    secrets = pseudonym.finalized_nyms(NYMS, ENTROPY)
    shown, nym = pseudonym.proof_gen_with_nym(
        interface,
        public_key,
        signed,
        HEADER,
        PRESENTATION_HEADER,
        CONTEXT,
        secrets,
        MESSAGES,
        COMMITTED,
        [1],
        [0],
        factor,
        drawn_from(used, "proof"),
    )
    return {
        **_generators(interface),
        "commitment_with_proof": made.hex(),
        "secret_prover_blind": f"{factor:064x}",
        "nym_secrets": [f"{secret:064x}" for secret in secrets],
        "signature": signed.hex(),
        "proof": shown.hex(),
        "pseudonym": nym.hex(),
    }


def _credence(used: suite.Suite, secret_key: int, public_key: bytes) -> dict[str, Any]:
    """Scalars signed as they are; the second secret is the nym, and the signer adds to the second and third."""
    interface = suite.credence_interface(used)
    made, factor = blind.core_commit(interface, SECRETS, drawn_from(used, "commit"))
    addends = {1: ENTROPY, 2: 9}
    signed = blind.core_blind_sign(
        interface, secret_key, public_key, made, HEADER, SCALARS, rng=drawn_from(used, "sign"), addends=addends
    )
    vector = signed_scalars(factor)
    generators = blind.blind_parameters(interface, len(SCALARS), len(SECRETS))
    plain = proof.core_proof_gen(
        interface,
        public_key,
        signed,
        generators,
        HEADER,
        PRESENTATION_HEADER,
        vector,
        [0, 2],
        drawn_from(used, "proof"),
    )
    shown, nym = nym_proof.core_proof_gen_with_nym(
        interface,
        public_key,
        signed,
        generators,
        HEADER,
        PRESENTATION_HEADER,
        vector,
        [0, 2],
        CONTEXT,
        [6],
        drawn_from(used, "proof with nym"),
    )
    return {
        **_generators(interface),
        "commitment_with_proof": made.hex(),
        "secret_prover_blind": f"{factor:064x}",
        "signature": signed.hex(),
        "proof": plain.hex(),
        "proof_with_nym": shown.hex(),
        "pseudonym": nym.hex(),
    }


def signed_scalars(factor: int) -> list[int]:
    """The vector that the credence answer signs."""
    return [*SCALARS, factor, SECRETS[0], (SECRETS[1] + ENTROPY) % curves.ORDER, SECRETS[2] + 9]


def main() -> None:
    """Write the file."""
    made = [answers(curves.load("native"), name) for name in SUITES]
    FILE.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
