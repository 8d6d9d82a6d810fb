"""Do we and an independent implementation accept each other's signatures and proofs, and refuse the same changes?

The peer is npm's @digitalbazaar/bbs-signatures; ``make interop`` installs it and runs this.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.bbs.proof import proof_gen, proof_verify
from credence.circuits.bbs.signature import key_gen, sign, sk_to_pk, verify
from credence.circuits.bbs.suite import Interface, core_interface, suite_named
from credence.circuits.curve import Curve
from credence.circuits.encoding import encode_scalar
from credence.circuits.errors import Refused, Step
from tests.conftest import ROOT, SeededBytes

pytestmark = pytest.mark.interop

SUITES = {"bls12-381-sha-256": "BLS12-381-SHA-256", "bls12-381-shake-256": "BLS12-381-SHAKE-256"}
SHAPES: list[tuple[int, list[int]]] = [
    (1, []),
    (1, [0]),
    (3, [1]),
    (10, [0, 3, 7]),
    (10, []),
    (10, list(range(10))),
    (30, [0, 15, 29]),
]
HEADER, PRESENTATION_HEADER = b"a header \x00\xff", b"a presentation header"

Peer = Callable[[list[dict[str, Any]]], list[Any]]


@pytest.fixture(scope="module")
def peer() -> Peer:
    """Asks the peer to do a list of tasks and returns its answers; a task that it could not do fails the test."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the interop test needs node 18 or later")
    if not (ROOT / "node_modules" / "@digitalbazaar" / "bbs-signatures").is_dir():
        pytest.skip("the packages of package.json are not installed; `make interop` does it")

    def ask(tasks: list[dict[str, Any]]) -> list[Any]:
        script = Path(__file__).with_name("peer.mjs")
        text = json.dumps(tasks, default=bytes.hex)
        run = subprocess.run([node, str(script)], input=text, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stderr
        return [answer.get("value", answer) for answer in json.loads(run.stdout)]

    return ask


@dataclass(frozen=True)
class Case:
    """A key, messages and which of them are disclosed, for both sides."""

    interface: Interface
    suite: str
    secret_key: int
    public_key: bytes
    messages: list[bytes]
    disclosed: list[int]

    def task(self, do: str, **rest: Any) -> dict[str, Any]:
        """A task of peer.mjs."""
        return {"do": do, "suite": self.suite, "public_key": self.public_key, "header": HEADER, **rest}

    @property
    def shown(self) -> list[bytes]:
        """The disclosed messages."""
        return [self.messages[index] for index in self.disclosed]

    @property
    def changed(self) -> list[bytes]:
        """The messages with one byte added to the last."""
        return [*self.messages[:-1], self.messages[-1] + b"\x00"]


@pytest.fixture(params=SHAPES, ids=lambda shape: f"{len(shape[1])} of {shape[0]}")
def shape(request: pytest.FixtureRequest) -> tuple[int, list[int]]:
    chosen: tuple[int, list[int]] = request.param
    return chosen


@pytest.fixture(params=SUITES)
def case(request: pytest.FixtureRequest, curve: Curve, rng: SeededBytes, shape: tuple[int, list[int]]) -> Case:
    suite = suite_named(request.param, curve)
    secret_key = key_gen(suite, rng(32))
    messages = [rng(5 * index % 64) for index in range(shape[0])]  # the first one is empty
    public_key = sk_to_pk(curve, secret_key, rng)
    return Case(core_interface(suite), SUITES[request.param], secret_key, public_key, messages, shape[1])


@pytest.mark.parametrize("name", SUITES)
def test_keys_are_derived_alike(curve: Curve, peer: Peer, rng: SeededBytes, name: str) -> None:
    suite, seed = suite_named(name, curve), rng(32)
    secret_key = key_gen(suite, seed)
    ours = encode_scalar(secret_key) + sk_to_pk(curve, secret_key, rng)
    assert peer([{"do": "keys", "suite": SUITES[name], "seed": seed}]) == [ours.hex()]


def test_signatures_are_the_same_bytes_and_verify_on_both_sides(case: Case, peer: Peer, rng: SeededBytes) -> None:
    ours = sign(case.interface, case.secret_key, case.public_key, HEADER, case.messages, rng)
    theirs, good, changed, other_header = peer(
        [
            case.task("sign", secret_key=encode_scalar(case.secret_key), messages=case.messages),
            case.task("verify", signature=ours, messages=case.messages),
            case.task("verify", signature=ours, messages=case.changed),
            case.task("verify", signature=ours, messages=case.messages) | {"header": HEADER + b"x"},
        ]
    )
    assert (good, changed, other_header) == (True, False, False)
    assert theirs == ours.hex()
    verify(case.interface, case.public_key, bytes.fromhex(theirs), HEADER, case.messages)
    with pytest.raises(Refused) as caught:
        verify(case.interface, case.public_key, bytes.fromhex(theirs), HEADER, case.changed)
    assert caught.value.step is Step.PAIRING


def test_the_peer_accepts_our_proofs(case: Case, peer: Peer, rng: SeededBytes) -> None:
    signature = sign(case.interface, case.secret_key, case.public_key, HEADER, case.messages, rng)
    proof = proof_gen(
        case.interface, case.public_key, signature, HEADER, PRESENTATION_HEADER, case.messages, case.disclosed, rng
    )
    task = case.task(
        "check",
        proof=proof,
        presentation_header=PRESENTATION_HEADER,
        disclosed_messages=case.shown,
        disclosed_indexes=case.disclosed,
    )
    refused = [task | {"presentation_header": b"another"}, task | {"header": b"another"}]
    if case.disclosed:
        refused.append(task | {"disclosed_messages": [*case.shown[:-1], case.shown[-1] + b"\x00"]})
    assert peer([task, *refused]) == [True] + [False] * len(refused)


def test_we_accept_the_proofs_of_the_peer(case: Case, peer: Peer, rng: SeededBytes) -> None:
    signature = sign(case.interface, case.secret_key, case.public_key, HEADER, case.messages, rng)
    (made,) = peer(
        [
            case.task(
                "prove",
                signature=signature,
                presentation_header=PRESENTATION_HEADER,
                messages=case.messages,
                disclosed_indexes=case.disclosed,
            )
        ]
    )
    proof = bytes.fromhex(made)

    def check(header: bytes, presentation_header: bytes, shown: list[bytes]) -> None:
        proof_verify(case.interface, case.public_key, proof, header, presentation_header, shown, case.disclosed)

    check(HEADER, PRESENTATION_HEADER, case.shown)
    refused = [(HEADER, b"another", case.shown), (b"another", PRESENTATION_HEADER, case.shown)]
    if case.disclosed:
        refused.append((HEADER, PRESENTATION_HEADER, [*case.shown[:-1], case.shown[-1] + b"\x00"]))
    for statement in refused:
        with pytest.raises(Refused) as caught:
            check(*statement)
        assert caught.value.step is Step.CHALLENGE
