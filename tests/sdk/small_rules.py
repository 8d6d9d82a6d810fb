"""The rules of the small service's verifiers: whatever policy a request has is published by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.circuits.merkle import Tree
from credence.circuits.note import NoteSigner
from credence.circuits.policy import load_policy
from credence.circuits.verifier_rules import (
    MAX_PREVIOUS,
    PolicyProof,
    PublishedTariff,
    VerifierRules,
    marks_tree,
    policy_mark,
)
from credence.circuits.wire import PresentationRequest


class Log(Protocol):
    """As much of the small service's log as is needed here."""

    signer: NoteSigner
    tree: Tree
    leaves: list[bytes]

    def add(self, *leaves: bytes) -> None: ...

    def publish(self) -> str: ...


class SmallRules:
    """``editions`` are the newest by verifier, ``every`` is answered by digest, and ``held`` are the marks of each;
    ``marks`` and ``tariffs`` are what was published so far."""

    def __init__(self) -> None:
        self.marks: set[bytes] = set()
        self.tariffs: set[str] = set()
        self.editions: dict[str, VerifierRules] = {}
        self.every: dict[str, dict[str, Any]] = {}
        self.held: dict[str, set[bytes]] = {}

    def proof(self, request: PresentationRequest, log: Log) -> PolicyProof | None:
        """That a request's policy is in its verifier's rules, which are published anew where it was not; None for one that
        cannot be read."""
        try:
            policy = load_policy(request.policy)
        except CircuitError:
            return None
        verifier, mark = request.audience.partition("/")[0], policy_mark(request.audience, policy.digest)
        self.marks.add(mark)
        self.tariffs.add(policy.tariff)
        tree, before = marks_tree(self.marks), self.editions.get(verifier)
        tariffs = tuple(PublishedTariff(name, 1, bytes(32), 0) for name in sorted(self.tariffs))
        previous = () if before is None else (before.digest(), *before.previous)[:MAX_PREVIOUS]
        rules = VerifierRules(verifier, log.signer.vkey, tariffs, tree.size, tree.root(), previous)
        if before is not None and replace(rules, previous=before.previous) == before:
            rules = before
        else:
            self.editions[verifier] = rules
            self.every[b64u(rules.digest())] = {"type": "credence/published-edition/1", "rules": rules.to_json()}
            self.held[b64u(rules.digest())] = set(self.marks)
            log.add(rules.leaf())
        note, entry, place = log.publish(), log.leaves.index(rules.leaf()), sorted(self.marks).index(mark)
        path = tuple(log.tree.inclusion_proof(entry, log.tree.size))
        return PolicyProof(rules, entry, path, note, place, tuple(tree.inclusion_proof(place)))

    def shown(self, verifier: str) -> dict[str, Any] | None:
        """What the verifier's document has of them."""
        rules = self.editions.get(verifier)
        return None if rules is None else rules.to_json()

    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The marks of an edition above one, as they are answered."""
        held = self.held.get(query["edition"], self.marks)
        marks = [b64u(mark) for mark in sorted(held) if mark > b64u_decode(query.get("after", ""))]
        return {"type": "credence/published-policies/1", "marks": marks}
