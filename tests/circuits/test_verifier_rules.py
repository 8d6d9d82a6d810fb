"""Is exactly that policy published which is in its verifier's rules, and these in the log?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteSigner
from credence.circuits.verifier_rules import (
    MAX_PREVIOUS,
    PolicyProof,
    Published,
    PublishedTariff,
    VerifierRules,
    check_rules_grown,
    check_rules_succession,
    marks_tree,
    policy_mark,
    verify_published,
)

AUDIENCE = "verifier.example/venue-a"
HASHES = [bytes([number]) * 32 for number in range(5)]
TARIFF = PublishedTariff("perp-default", 1, bytes(32), 10)
LOG = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER_LOG = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))


def edition(**changes: Any) -> VerifierRules:
    tree = marks_tree(policy_mark(AUDIENCE, each) for each in HASHES)
    given = {"tariffs": (TARIFF,), "policies": tree.size, "root": tree.root()}
    return VerifierRules("verifier.example", LOG.verifier.vkey, **{**given, **changes})


def proof_of(rules: VerifierRules, policy_hash: bytes = HASHES[2], signer: NoteSigner = LOG) -> PolicyProof:
    marks = sorted(policy_mark(AUDIENCE, each) for each in HASHES)
    place = marks.index(policy_mark(AUDIENCE, policy_hash))
    log = Tree(leaf_hash(leaf) for leaf in (bytes(32), rules.leaf(), bytes([9]) * 32))
    note = signer.sign(Checkpoint(signer.name, log.size, log.root()).text())
    path = tuple(marks_tree(marks).inclusion_proof(place))
    return PolicyProof(rules, 1, tuple(log.inclusion_proof(1)), note, place, path)


@pytest.fixture
def rules() -> VerifierRules:
    return edition()


def test_every_policy_in_the_rules_is_published(rules: VerifierRules) -> None:
    for policy_hash in HASHES:
        found = verify_published(proof_of(rules, policy_hash), AUDIENCE, policy_hash, "perp-default")
        assert (found.rules, found.log.size) == (rules, 3)
    with pytest.raises(TypeError):
        Published(rules, found.log, object())


REFUSED: dict[str, Callable[[PolicyProof], tuple[PolicyProof, str, bytes, str]]] = {
    "another policy": lambda proof: (proof, AUDIENCE, HASHES[1], "perp-default"),
    "another venue's": lambda proof: (proof, "verifier.example/venue-b", HASHES[2], "perp-default"),
    "another verifier's": lambda proof: (proof, "other.example/venue-a", HASHES[2], "perp-default"),
    "a tariff of nobody else's": lambda proof: (proof, AUDIENCE, HASHES[2], "perp-other"),
    "another place": lambda proof: (replace(proof, place=proof.place ^ 1), AUDIENCE, HASHES[2], "perp-default"),
    "rules outside the log": lambda proof: (
        replace(proof, rules=replace(proof.rules, previous=(bytes(32),))),
        AUDIENCE,
        HASHES[2],
        "perp-default",
    ),
    "another entry": lambda proof: (replace(proof, entry=0), AUDIENCE, HASHES[2], "perp-default"),
    "a note of another log": lambda proof: (proof_of(proof.rules, signer=OTHER_LOG), AUDIENCE, HASHES[2], "perp-default"),
}


@pytest.mark.parametrize("cause", REFUSED)
def test_nothing_else_is(rules: VerifierRules, cause: str) -> None:
    with pytest.raises(CircuitError):
        verify_published(*REFUSED[cause](proof_of(rules)))


def test_rules_and_proofs_are_read_as_they_are_written(rules: VerifierRules) -> None:
    whole = replace(rules, previous=(bytes(32), bytes([1]) * 32))
    assert VerifierRules.parse(json.loads(json.dumps(whole.to_json()))) == whole
    proof = proof_of(whole)
    assert PolicyProof.parse(json.loads(json.dumps(proof.to_json()))) == proof


UNREADABLE: dict[str, dict[str, Any]] = {
    "another type": {"type": "credence/verifier-rules/2"},
    "an unknown member": {"more": 1},
    "a tariff twice": {"tariffs": [TARIFF.to_json(), TARIFF.to_json()]},
    "tariffs that descend": {"tariffs": [replace(TARIFF, version=2).to_json(), TARIFF.to_json()]},
    "a negative count": {"policies": -1},
    "a short root": {"root": b64u(bytes(31))},
    "an edition twice": {"previous": [b64u(bytes(32))] * 2},
    "too many of before": {"previous": [b64u(number.to_bytes(32, "big")) for number in range(MAX_PREVIOUS + 1)]},
}


@pytest.mark.parametrize("cause", UNREADABLE)
def test_other_forms_are_refused(rules: VerifierRules, cause: str) -> None:
    with pytest.raises(Malformed):
        VerifierRules.parse({**rules.to_json(), **UNREADABLE[cause]})


def test_marks_stand_once_and_in_order() -> None:
    marks = [policy_mark(AUDIENCE, each) for each in HASHES]
    assert marks_tree([*marks, marks[0]]).root() == marks_tree(reversed(marks)).root()


def after(rules: VerifierRules, **changes: Any) -> VerifierRules:
    return replace(rules, **{"previous": (rules.digest(), *rules.previous), **changes})


def test_rules_are_continued(rules: VerifierRules) -> None:
    second = after(rules, policies=6)
    third = after(second, tariffs=(replace(TARIFF, version=2),))
    check_rules_succession(rules, second)
    check_rules_succession(second, third)
    check_rules_succession(rules, third)


BROKEN: dict[str, Callable[[VerifierRules], VerifierRules]] = {
    "does not name it": lambda rules: after(rules, previous=(bytes(32),)),
    "names others before it": lambda rules: after(rules, previous=(rules.digest(), bytes(32))),
    "another verifier": lambda rules: after(rules, verifier="other.example"),
    "another log": lambda rules: after(rules, log_vkey=OTHER_LOG.verifier.vkey),
    "fewer policies": lambda rules: after(rules, policies=rules.policies - 1),
    "another tariff under its version": lambda rules: after(rules, tariffs=(replace(TARIFF, digest=bytes([1]) * 32),)),
}


@pytest.mark.parametrize("cause", BROKEN)
def test_what_breaks_it_does_not_continue(cause: str) -> None:
    first = after(edition())
    with pytest.raises(Refused):
        check_rules_succession(first, BROKEN[cause](first))


def test_tariffs_only_come(rules: VerifierRules) -> None:
    second = after(rules, tariffs=(TARIFF, replace(TARIFF, version=2)))
    third = after(second, tariffs=(replace(TARIFF, version=2), replace(TARIFF, name="spot")))
    for earlier, later in ((rules, second), (second, third), (second, after(second))):
        check_rules_grown(earlier, later)
    for tariffs in ((), (TARIFF,), (TARIFF, replace(TARIFF, version=3)), (replace(TARIFF, name="spot"),)):
        check_rules_succession(second, after(second, tariffs=tariffs))
        with pytest.raises(Refused, match="tariff of before is missing"):
            check_rules_grown(second, after(second, tariffs=tariffs))
    with pytest.raises(Refused, match="do not name"):
        check_rules_grown(rules, after(rules, previous=()))
