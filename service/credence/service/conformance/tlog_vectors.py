"""Vectors of transparency logs: RFC 6962 roots and proofs, proofs over subtrees, C2SP signed notes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator

from credence.circuits.merkle import (
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from credence.circuits.note import NoteVerifier, open_note
from credence.service.conformance.case import Case, Setting
from credence.service.conformance.fixture import Fixture, Note, expect, expect_refused

FAMILY = "tlog"


def read_tlog(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a file about logs."""
    if fixture.has("leafIdx", "treeSize", "root", "leafHash", "wantErr"):
        return [_proof(fixture, "inclusion", _inclusion)]
    if fixture.has("leafIdx", "start", "end", "root", "leafHash", "wantErr"):
        return [_proof(fixture, "subtree-inclusion", _subtree_inclusion)]
    if fixture.has("size1", "size2", "root1", "root2", "wantErr"):
        return [_proof(fixture, "consistency", _consistency)]
    if fixture.has("start", "end", "size", "root1", "root2", "wantErr"):
        return [_proof(fixture, "subtree-consistency", _subtree_consistency)]
    if fixture.has("leaves", "rootsBySize"):
        return list(_roots(fixture))
    if fixture.has("vkey", "note", "text"):
        return [Case(f"{FAMILY}/signed-note", fixture.name.as_posix(), lambda _: _note(fixture))]
    return None


def _hash(fixture: Fixture, name: str) -> bytes:
    return base64.b64decode(fixture.get(name) or "")


def _path(fixture: Fixture) -> list[bytes]:
    return [base64.b64decode(node) for node in fixture.get("proof") or ()]


def _proof(fixture: Fixture, kind: str, judge: Callable[[Fixture], None]) -> Case:
    def check(_: Note) -> None:
        if fixture.get("wantErr"):
            expect_refused(lambda: judge(fixture))
        else:
            judge(fixture)

    return Case(f"{FAMILY}/{kind}", fixture.name.as_posix(), check)


def _inclusion(fixture: Fixture) -> None:
    leaf, index, size = _hash(fixture, "leafHash"), fixture.get("leafIdx"), fixture.get("treeSize")
    verify_inclusion(leaf, index, size, _path(fixture), _hash(fixture, "root"))


def _subtree_inclusion(fixture: Fixture) -> None:
    leaf, index = _hash(fixture, "leafHash"), fixture.get("leafIdx")
    start, end = fixture.get("start"), fixture.get("end")
    verify_subtree_inclusion(leaf, index, start, end, _path(fixture), _hash(fixture, "root"))


def _consistency(fixture: Fixture) -> None:
    roots = _hash(fixture, "root1"), _hash(fixture, "root2")
    verify_consistency(fixture.get("size1"), fixture.get("size2"), *roots, _path(fixture))


def _subtree_consistency(fixture: Fixture) -> None:
    sizes = fixture.get("start"), fixture.get("end"), fixture.get("size")
    verify_subtree_consistency(*sizes, _hash(fixture, "root1"), _hash(fixture, "root2"), _path(fixture))


def _roots(fixture: Fixture) -> Iterator[Case]:
    hashes = [leaf_hash(leaf) for leaf in fixture.octet_list("leaves")]
    for size, stated in enumerate(fixture.get("rootsBySize")):

        def check(_: Note, size: int = size, stated: str = stated) -> None:
            expect("root", root(hashes[:size]).hex(), stated)

        yield Case(f"{FAMILY}/roots", f"{fixture.name.as_posix()} size {size}", check)


def _note(fixture: Fixture) -> None:
    verifier = NoteVerifier.parse(fixture.get("vkey"))
    expect("verifier key", verifier.vkey, fixture.get("vkey"))
    expect("text", open_note(fixture.get("note"), [verifier]), fixture.get("text"))
