"""Vectors in the form in which the drafts' authors publish theirs, made here, for judging the judge.

What is right in them is right because the official vectors pass the same runner (tests/circuits/bbs/test_official.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from credence.circuits.bbs import blind, nym_proof, possession, proof, pseudonym, signature, suite
from credence.circuits.bbs.suite import Interface, Suite
from credence.circuits.curve import Curve
from credence.service.conformance.blind_vectors import commit_dst, proof_dst
from credence.service.conformance.fixture import DEFAULT_SEED, MockedRng, no_blinding

KEY_MATERIAL = b"published vectors, made for tests"
HEADER, PRESENTATION_HEADER, CONTEXT = b"\x11\x22", b"\x33", b"venue"
MESSAGES = [b"one", b"", b"three"]
COMMITTED = [b"four", b"five"]
NYMS, ENTROPY = [11, 22], 33


def seeded(used: Suite, dst: bytes, count: int) -> MockedRng:
    return MockedRng(used, DEFAULT_SEED, dst, count)


def hexes(values: list[bytes]) -> list[str]:
    return [value.hex() for value in values]


def mock_parameters(used: Suite) -> dict[str, Any]:
    return {
        "SEED": DEFAULT_SEED.decode(),
        "commit": {"DST": commit_dst(used).decode()},
        "proof": {"DST": proof_dst(used).decode()},
    }


def random_scalars_trace(scalars: list[int]) -> dict[str, Any]:
    names = ("r1", "r2", "e_tilde", "r1_tilde", "r3_tilde")
    trace: dict[str, Any] = {name: f"{scalar:064x}" for name, scalar in zip(names, scalars, strict=False)}
    return {**trace, "m_tilde_scalars": [f"{scalar:064x}" for scalar in scalars[5:]]}


def init_trace(init: possession.InitResult, scalars: list[int]) -> dict[str, Any]:
    points = {name: getattr(init, name).to_bytes().hex() for name in ("Abar", "Bbar", "D", "T1", "T2")}
    return {"random_scalars": random_scalars_trace(scalars), **points, "domain": f"{init.domain:064x}"}


class Published:
    """All files of one suite, by their usual names."""

    def __init__(self, curve: Curve, name: str) -> None:
        self.used = suite.suite_named(name, curve)
        self.secret_key = signature.key_gen(self.used, KEY_MATERIAL, b"", b"dst")
        self.public_key = signature.sk_to_pk(curve, self.secret_key, no_blinding)
        self.pair = {"secretKey": f"{self.secret_key:064x}", "publicKey": self.public_key.hex()}

    def write(self, folder: Path) -> None:
        """Write every file under ``folder``."""
        for name, value in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value), encoding="utf-8")

    def files(self) -> dict[str, Any]:
        """Name to content."""
        return {
            "keypair.json": {"keyMaterial": KEY_MATERIAL.hex(), "keyInfo": "", "keyDst": b"dst".hex(), "keyPair": self.pair},
            "core/signature001.json": self.core_signature(),
            "core/proof001.json": self.core_proof(),
            "blind/commit001.json": self.commitment(suite.blind_interface(self.used), []),
            "blind/signature001.json": self.blind_signature(),
            "blind/proof001.json": self.blind_proof(),
            "nym/nymCommit001.json": self.commitment(suite.pseudonym_interface(self.used), NYMS),
            "nym/nymSignature001.json": self.nym_signature(),
            "nym/nymProof001.json": self.nym_proof(),
        }

    def signed_trace(self, interface: Interface, generators: Any, header: bytes, vector: list[int]) -> dict[str, str]:
        domain = interface.domain(self.public_key, generators, header)
        point = signature.signed_point(interface, domain, generators, vector)
        return {"B": point.to_bytes().hex(), "domain": f"{domain:064x}"}

    def core_signature(self) -> dict[str, Any]:
        interface = suite.core_interface(self.used)
        made = signature.sign(interface, self.secret_key, self.public_key, HEADER, MESSAGES, no_blinding)
        vector = interface.messages_to_scalars(MESSAGES)
        return {
            "signerKeyPair": self.pair,
            "header": HEADER.hex(),
            "messages": hexes(MESSAGES),
            "signature": made.hex(),
            "result": {"valid": True},
            "trace": self.signed_trace(interface, interface.generators(4), HEADER, vector),
        }

    def core_proof(self) -> dict[str, Any]:
        interface, signed = suite.core_interface(self.used), bytes.fromhex(self.core_signature()["signature"])
        dst, vector = interface.api_id + b"MOCK_RANDOM_SCALARS_DST_", interface.messages_to_scalars(MESSAGES)
        made = proof.proof_gen(
            interface, self.public_key, signed, HEADER, PRESENTATION_HEADER, MESSAGES, [1], seeded(self.used, dst, 7)
        )
        scalars = possession.draw_scalars(2, seeded(self.used, dst, 7))
        decoded = signature.Signature.decode(interface.curve, signed)
        init = possession.proof_init(
            interface, self.public_key, decoded, interface.generators(4), scalars, HEADER, vector, [1]
        )
        return {
            "signerPublicKey": self.public_key.hex(),
            "signature": signed.hex(),
            "header": HEADER.hex(),
            "presentationHeader": PRESENTATION_HEADER.hex(),
            "messages": hexes(MESSAGES),
            "disclosedIndexes": [1],
            "proof": made.hex(),
            "result": {"valid": True},
            "trace": {**init_trace(init, scalars), "challenge": made[-32:].hex()},
        }

    def commitment(self, interface: Interface, nyms: list[int]) -> dict[str, Any]:
        vector = [*interface.messages_to_scalars(COMMITTED), *nyms]
        made, factor = blind.core_commit(interface, vector, seeded(self.used, commit_dst(self.used), len(vector) + 2))
        value: dict[str, Any] = {
            "mockRngParameters": mock_parameters(self.used),
            "committedMessages": hexes(COMMITTED),
            "proverBlind": f"{factor:x}",
            "commitmentWithProof": made.hex(),
            "result": {"valid": True},
        }
        return {**value, "proverNyms": [f"{nym:x}" for nym in nyms]} if nyms else value

    def blind_signature(self) -> dict[str, Any]:
        interface = suite.blind_interface(self.used)
        made = self.commitment(interface, [])
        signed = blind.blind_sign(
            interface,
            self.secret_key,
            self.public_key,
            bytes.fromhex(made["commitmentWithProof"]),
            HEADER,
            MESSAGES,
            no_blinding,
        )
        vector = blind.signed_vector(interface, MESSAGES, int(made["proverBlind"], 16), COMMITTED)
        generators = blind.blind_parameters(interface, len(MESSAGES), len(COMMITTED))
        return {
            **made,
            "signerKeyPair": self.pair,
            "header": HEADER.hex(),
            "messages": hexes(MESSAGES),
            "signature": signed.hex(),
            "trace": self.signed_trace(interface, generators, HEADER, vector),
        }

    def blind_proof(self) -> dict[str, Any]:
        interface, signed = suite.blind_interface(self.used), self.blind_signature()
        made = blind.blind_proof_gen(
            interface,
            self.public_key,
            bytes.fromhex(signed["signature"]),
            HEADER,
            PRESENTATION_HEADER,
            MESSAGES,
            COMMITTED,
            [0],
            [1],
            int(signed["proverBlind"], 16),
            seeded(self.used, proof_dst(self.used), 5 + 4),
        )
        return {
            "mockRngParameters": mock_parameters(self.used),
            "signerPublicKey": self.public_key.hex(),
            "signature": signed["signature"],
            "commitmentWithProof": signed["commitmentWithProof"],
            "proverBlind": signed["proverBlind"],
            "header": HEADER.hex(),
            "presentationHeader": PRESENTATION_HEADER.hex(),
            "revealedMessages": {"0": MESSAGES[0].hex()},
            "revealedCommittedMessages": {"1": COMMITTED[1].hex()},
            "L": len(MESSAGES),
            "proof": made.hex(),
            "result": {"valid": True},
            "trace": signed["trace"],
        }

    def nym_signature(self) -> dict[str, Any]:
        interface = suite.pseudonym_interface(self.used)
        made = self.commitment(interface, NYMS)
        signed = pseudonym.blind_sign_with_nym(
            interface,
            self.secret_key,
            self.public_key,
            bytes.fromhex(made["commitmentWithProof"]),
            len(NYMS),
            ENTROPY,
            HEADER,
            MESSAGES,
            no_blinding,
        )
        secrets = pseudonym.finalized_nyms(NYMS, ENTROPY)
        vector = [*blind.signed_vector(interface, MESSAGES, int(made["proverBlind"], 16), COMMITTED), *secrets]
        generators = blind.blind_parameters(interface, len(MESSAGES), len(COMMITTED) + len(NYMS))
        header = pseudonym.nym_header(HEADER, len(NYMS))
        return {
            **made,
            "signerKeyPair": self.pair,
            "signer_nym_entropy": f"{ENTROPY:x}",
            "nym_secrets": [f"{secret:x}" for secret in secrets],
            "header": HEADER.hex(),
            "messages": hexes(MESSAGES),
            "signature": signed.hex(),
            "trace": self.signed_trace(interface, generators, header, vector),
        }

    def nym_proof(self) -> dict[str, Any]:
        interface, signed = suite.pseudonym_interface(self.used), self.nym_signature()
        secrets = [int(secret, 16) for secret in signed["nym_secrets"]]
        made, nym = pseudonym.proof_gen_with_nym(
            interface,
            self.public_key,
            bytes.fromhex(signed["signature"]),
            HEADER,
            PRESENTATION_HEADER,
            CONTEXT,
            secrets,
            MESSAGES,
            COMMITTED,
            [0],
            [1],
            int(signed["proverBlind"], 16),
            seeded(self.used, proof_dst(self.used), 5 + 6),
        )
        value = nym_proof.nym_polynomial(interface, CONTEXT, secrets)
        extra = {"OP": interface.pseudonym_base(CONTEXT).to_bytes().hex(), "poly_eval_pseudo": f"{value:x}"}
        shown = {name: item for name, item in self.blind_proof().items() if name.startswith("revealed")}
        return {
            **{name: item for name, item in signed.items() if name != "signerKeyPair"},
            **shown,
            "signerPublicKey": self.public_key.hex(),
            "context_id": CONTEXT.hex(),
            "presentationHeader": PRESENTATION_HEADER.hex(),
            "L": len(MESSAGES),
            "proof": made.hex(),
            "pseudonym": nym.hex(),
            "trace": {**signed["trace"], **extra, "pseudonym": nym.hex(), "challenge": made[-32:].hex()},
        }
