"""Where cases are written down: nothing goes in that the verifier does not refuse at the step that the case names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from credence.circuits.composite.statement import compile_plan
from credence.circuits.curve import G1_LENGTH, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import b64u, b64u_decode, encode_scalar
from credence.circuits.errors import Refused, Step
from credence.circuits.presentation import NOT_ACCEPTED
from credence.circuits.sigma.transcript import Encoding
from credence.service.conformance.changes import changed
from credence.service.conformance.presentation_vectors import documents_of, judge, judge_batch, step_of
from tests.circuits.composite.subjects import Subject
from tests.service.conformance.malicious.scenes import Scene

PROOF: Final = "/presentation/proof"


@dataclass(frozen=True)
class Layout:
    """Where each point and each scalar of a message lies: (name, offset), in order."""

    points: tuple[tuple[str, int], ...]
    scalars: tuple[tuple[str, int], ...]
    length: int

    def point(self, name: str) -> int:
        return dict(self.points)[name]

    def scalar(self, name: str) -> int:
        return dict(self.scalars)[name]


def layout_of(subject: Subject, encoding: Encoding) -> Layout:
    """From the compiled plan alone, as docs/protocol.md says."""
    compiled = compile_plan(subject.plan)
    template = compiled.template
    constrained = template.constraints is not None
    rows = [f"T_{at}" for at in range(1, template.structure.num_equations + 1)]
    parts: list[tuple[str, int]] = [(name, G1_LENGTH) for name in compiled.sent]
    answers = [(name, SCALAR_LENGTH) for name in (*template.scalars, *(["tau"] if constrained else []))]
    if encoding is Encoding.BATCHABLE:
        parts += [(name, G1_LENGTH) for name in (*rows, *(["C_1", "C_0"] if constrained else []))] + answers
    else:
        parts += [("x", SCALAR_LENGTH), *answers, *([("C_1", G1_LENGTH)] if constrained else [])]
    points, scalars, at = [], [], 0
    for name, size in parts:
        (points if size == G1_LENGTH else scalars).append((name, at))
        at += size
    return Layout(tuple(points), tuple(scalars), at)


@dataclass(frozen=True)
class Twin:
    """An accepted case."""

    group: Group
    tcId: int
    document: Mapping[str, Any]
    scene: Scene
    encoding: Encoding

    @property
    def proof(self) -> bytes:
        return b64u_decode(self.document["presentation"]["proof"])

    @property
    def layout(self) -> Layout:
        return layout_of(self.scene.subject, self.encoding)

    def refuse(self, cause: str, step: Step, comment: str, *changes: Mapping[str, Any], reason: str = NOT_ACCEPTED) -> int:
        """Write a case down: the twin with these changes."""
        return self.group.book.refuse(self, cause, step, comment, changes, reason)

    def forged(self, cause: str, step: Step, comment: str, proof: bytes, *changes: Mapping[str, Any]) -> int:
        """The twin with another proof."""
        return self.refuse(cause, step, comment, replace(PROOF, b64u(proof)), *changes)

    def spliced(self, cause: str, step: Step, comment: str, offset: int, removed: int, inserted: bytes) -> int:
        """The twin with other bytes in its proof."""
        return self.refuse(cause, step, comment, splice(offset, removed, inserted))


@dataclass
class Group:
    """One scene's cases."""

    book: Book
    scene: Scene
    tests: list[dict[str, Any]] = field(default_factory=list)

    def accept(self, comment: str, encoding: Encoding = Encoding.BATCHABLE, seed: str = "honest") -> Twin:
        """The honest proof of the scene, which has to be accepted."""
        return self.accept_as(comment, self.scene.wrap(self.scene.prove(encoding, seed), encoding), encoding)

    def accept_as(self, comment: str, presentation: Mapping[str, Any], encoding: Encoding, *changes: Any) -> Twin:
        """A presentation that has to be accepted; changes are to what the verifier knows."""
        whole = changed({**self.scene.known(), "presentation": presentation}, changes)
        error = judge(self.book.curve, whole) if self.book.judged else None
        if error is not None:
            raise AssertionError(f"{self.scene.name}: {comment}: refused at {step_of(error)}: {error!r}")
        number = self.book.number()
        test = {"tcId": number, "comment": comment, "flags": [], "result": "valid", "presentation": presentation}
        self.tests.append({**test, **({"changes": list(changes)} if changes else {})})
        return Twin(self, number, whole, self.scene, encoding)

    def to_json(self) -> dict[str, Any]:
        return {"type": "Presentation", "name": self.scene.name, **self.scene.known(), "tests": self.tests}


@dataclass
class Book:
    """The whole corpus while it is made."""

    curve: Curve
    judged: bool = True
    groups: list[Group] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0
    _seen: set[str] = field(default_factory=set)

    def number(self) -> int:
        self._count += 1
        return self._count

    def group(self, scene: Scene) -> Group:
        """A group for a scene."""
        self.groups.append(Group(self, scene))
        return self.groups[-1]

    def refuse(
        self, twin: Twin, cause: str, step: Step, comment: str, changes: Sequence[Mapping[str, Any]], reason: str
    ) -> int:
        """Write a case down, after the verifier has refused it at that step; no case stands twice."""
        whole = changed(twin.document, changes)
        what = f"{twin.scene.name}/{twin.encoding.name}: {cause}: {comment}"
        key = json.dumps(whole, sort_keys=True)
        if key in self._seen or key == json.dumps(twin.document, sort_keys=True):
            raise AssertionError(f"{what}: this case is there already")
        self._seen.add(key)
        if self.judged:
            self._judge(whole, what, step, reason)
        test: dict[str, Any] = {"tcId": self.number(), "comment": comment, "flags": [cause], "cause": cause}
        test |= {"result": "invalid", "twin": twin.tcId, "step": step.name.lower()}
        if reason != NOT_ACCEPTED:
            test["reason"] = reason
        twin.group.tests.append({**test, "changes": [dict(change) for change in changes]})
        return int(test["tcId"])

    def _judge(self, whole: Mapping[str, Any], what: str, step: Step, reason: str) -> None:
        error = judge(self.curve, whole)
        if error is None:
            raise AssertionError(f"{what}: ACCEPTED")
        if step_of(error) != step.name.lower():
            raise AssertionError(f"{what}: refused at {step_of(error) or 'no step'} and not at {step.name}: {error!r}")
        if isinstance(error, Refused) and error.reason != reason:
            raise AssertionError(f"{what}: refused as {error.reason}")

    def batch(self, cause: str, comment: str, members: Sequence[int], refused: Sequence[int], twin: int, step: Step) -> int:
        """Several cases judged together, of which those at the positions ``refused`` have to be refused at that step."""
        test = {
            "tcId": self.number(),
            "comment": comment,
            "flags": [cause],
            "cause": cause,
            "result": "invalid",
            "twin": twin,
        }
        test |= {"step": step.name.lower(), "members": list(members), "refused": list(refused)}
        return self._batch(test)

    def good_batch(self, comment: str, members: Sequence[int]) -> int:
        """Several accepted cases, which are accepted together."""
        test = {"tcId": self.number(), "comment": comment, "flags": [], "result": "valid", "members": list(members)}
        return self._batch(test)

    def _batch(self, test: dict[str, Any]) -> int:
        if self.judged:
            documents = documents_of({"testGroups": [group.to_json() for group in self.groups]})
            judge_batch(self.curve, [documents[member] for member in test["members"]], test)
        self.batches.append(test)
        return int(test["tcId"])


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


def splice(offset: int, removed: int, inserted: bytes) -> dict[str, Any]:
    return {"op": "splice", "path": PROOF, "offset": offset, "remove": removed, "insert": inserted.hex()}


def plus(data: bytes, number: int) -> bytes:
    """A scalar's bytes with a number added, modulo the order."""
    return encode_scalar((int.from_bytes(data, "big") + number) % ORDER)
