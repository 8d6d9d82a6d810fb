"""Do our Merkle trees match RFC 6962, does every proof verify, and is every changed proof refused?"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits import merkle
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused

LEAVES = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(70)]
ALIEN = hashlib.sha256(b"in no tree").digest()


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, written as the definition is."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(len(value), "big")


@pytest.mark.parametrize("size", range(71))
def test_root_is_the_definition(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == plain_root(LEAVES[:size])
    assert merkle.Tree(LEAVES).root(size) == plain_root(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, 71))
def test_every_leaf_of_every_size_has_a_proof(size: int) -> None:
    tree, root = merkle.Tree(LEAVES), merkle.root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(LEAVES[:size], index)
        assert proof == tree.inclusion_proof(index, size)
        merkle.verify_inclusion(LEAVES[index], index, size, proof, root)


@pytest.mark.parametrize("size2", range(1, 41))
def test_every_size_is_consistent_with_every_earlier_one(size2: int) -> None:
    tree = merkle.Tree(LEAVES)
    for size1 in range(1, size2 + 1):
        proof = merkle.consistency_proof(LEAVES[:size2], size1)
        assert proof == tree.consistency_proof(size1, size2)
        merkle.verify_consistency(size1, size2, tree.root(size1), tree.root(size2), proof)


@given(data=st.data())
def test_changed_inclusion_proofs_are_refused(data: st.DataObject) -> None:
    """Accepted twin: the unchanged proof, verified first."""
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    leaf, root = LEAVES[index], merkle.root(LEAVES[:size])
    proof = merkle.inclusion_proof(LEAVES[:size], index)
    merkle.verify_inclusion(leaf, index, size, proof, root)

    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    changed = {
        "leaf bit": (flipped(leaf, bit), index, size, proof, root),
        "root bit": (leaf, index, size, proof, flipped(root, bit)),
        "proof bit": (leaf, index, size, [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]], root),
        "node dropped": (leaf, index, size, [*proof[:at], *proof[at + 1 :]], root),
        "node inserted": (leaf, index, size, [*proof[:at], ALIEN, *proof[at:]], root),
        "node appended": (leaf, index, size, [*proof, ALIEN], root),
        "node shortened": (leaf, index, size, [*proof[:at], proof[at][:-1], *proof[at + 1 :]], root),
        "another leaf's proof": (leaf, other, size, merkle.inclusion_proof(LEAVES[:size], other), root),
        "another index": (leaf, other, size, proof, root),
        "index beyond": (leaf, size, size, proof, root),
        "negative index": (leaf, -1, size, proof, root),
        "node given as leaf": (merkle.node_hash(leaf, proof[0]), index >> 1, (size + 1) >> 1, proof, root),
    }
    for arguments in changed.values():
        with pytest.raises(CircuitError):
            merkle.verify_inclusion(*arguments)


@given(data=st.data())
def test_changed_consistency_proofs_are_refused(data: st.DataObject) -> None:
    """Accepted twin: the unchanged proof, verified first."""
    size2 = data.draw(st.integers(2, 40))
    size1 = data.draw(st.integers(1, size2 - 1))
    tree = merkle.Tree(LEAVES)
    root1, root2, proof = tree.root(size1), tree.root(size2), tree.consistency_proof(size1, size2)
    merkle.verify_consistency(size1, size2, root1, root2, proof)

    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed = {
        "root1 bit": (size1, size2, flipped(root1, bit), root2, proof),
        "root2 bit": (size1, size2, root1, flipped(root2, bit), proof),
        "proof bit": (size1, size2, root1, root2, [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]]),
        "node dropped": (size1, size2, root1, root2, [*proof[:at], *proof[at + 1 :]]),
        "node inserted": (size1, size2, root1, root2, [*proof[:at], ALIEN, *proof[at:]]),
        "node appended": (size1, size2, root1, root2, [*proof, ALIEN]),
        "no proof": (size1, size2, root1, root2, []),
        "roots swapped": (size1, size2, root2, root1, proof),
        "rolled back": (size2, size1, root2, root1, proof),
        "same size": (size2, size2, root1, root2, []),
        "from nothing": (0, size2, merkle.EMPTY_ROOT, root2, []),
        "root1 shortened": (size1, size2, root1[:-1], root2, proof),
    }
    for arguments in changed.values():
        with pytest.raises(CircuitError):
            merkle.verify_consistency(*arguments)


@pytest.mark.parametrize("size", range(1, 33))
def test_every_subtree_is_consistent_with_its_tree(size: int) -> None:
    """A subtree proof at start > 0 is made here from the definition, since the log itself never makes one."""
    tree = merkle.Tree(LEAVES[:size])
    for width_bits in range(6):
        for start in range(0, size, 1 << width_bits):
            end = min(start + (1 << width_bits), size)
            proof = subtree_proof(LEAVES[:size], start, end)
            inner = merkle.root(LEAVES[start:end])
            merkle.verify_subtree_consistency(start, end, size, inner, tree.root(), proof)
            with pytest.raises(Refused):
                merkle.verify_subtree_consistency(start, end, size, ALIEN, tree.root(), proof)
            index = end - 1
            path = merkle.inclusion_proof(LEAVES[start:end], index - start)
            merkle.verify_subtree_inclusion(LEAVES[index], index, start, end, path, inner)


def subtree_proof(leaves: list[bytes], start: int, end: int, known: bool = True) -> list[bytes]:
    """SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs."""
    size = len(leaves)
    if (start, end) == (0, size):
        return [] if known else [plain_root(leaves)]
    split = 1
    while split * 2 < size:
        split *= 2
    if end <= split:
        return [*subtree_proof(leaves[:split], start, end, known), plain_root(leaves[split:])]
    if start >= split:
        return [*subtree_proof(leaves[split:], start - split, end - split, known), plain_root(leaves[:split])]
    return [*subtree_proof(leaves[split:], 0, end - split, False), plain_root(leaves[:split])]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: merkle.Tree([b"short"]), Malformed),
        (lambda: merkle.root([bytes(33)]), Malformed),
        (lambda: merkle.Tree(LEAVES).root(71), IllFormed),
        (lambda: merkle.Tree(LEAVES).root(-1), IllFormed),
        (lambda: merkle.Tree(LEAVES).leaf(70), IllFormed),
        (lambda: merkle.Tree(LEAVES).leaf(-1), IllFormed),
        (lambda: merkle.inclusion_proof(LEAVES, 70), IllFormed),
        (lambda: merkle.inclusion_proof(LEAVES, -1), IllFormed),
        (lambda: merkle.inclusion_proof([], 0), IllFormed),
        (lambda: merkle.consistency_proof(LEAVES, 0), IllFormed),
        (lambda: merkle.consistency_proof(LEAVES, 71), IllFormed),
        (lambda: merkle.verify_inclusion(LEAVES[0], 0, 1 << 63, [], LEAVES[0]), IllFormed),
        (lambda: merkle.verify_consistency(1, 1 << 63, ALIEN, ALIEN, []), IllFormed),
        (lambda: merkle.verify_consistency(0, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, []), IllFormed),
        (lambda: merkle.verify_subtree_inclusion(LEAVES[3], 3, 3, 5, [], LEAVES[3]), IllFormed),
    ],
)
def test_arguments_out_of_range_are_refused(call: Callable[[], object], error: type[CircuitError]) -> None:
    """Accepted twins: the same calls at the nearest value in range, in the tests above."""
    with pytest.raises(error):
        call()


@pytest.mark.parametrize(("index", "size"), [(0, 1), (69, 70)])
def test_the_tree_answers_at_the_ends_of_its_range(index: int, size: int) -> None:
    tree = merkle.Tree(LEAVES)
    assert tree.size == 70
    assert tree.leaf(index) == LEAVES[index]
    assert tree.root() == tree.root(70)
    assert tree.root(0) == merkle.EMPTY_ROOT
    assert tree.consistency_proof(size, size) == []


# --- official vectors: transparency-dev/merkle ---


@pytest.mark.official
def test_official_roots(shared: Path) -> None:
    vectors = json.loads((shared / "vectors/tlog/rfc6962-roots.json").read_text())
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in vectors["leaves"]]
    for size, expected in enumerate(vectors["rootsBySize"]):
        assert merkle.root(hashes[:size]).hex() == expected


def judge_inclusion(vector: dict[str, Any], proof: list[bytes]) -> None:
    leaf, root = base64.b64decode(vector["leafHash"]), base64.b64decode(vector["root"])
    merkle.verify_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof, root)


def judge_consistency(vector: dict[str, Any], proof: list[bytes]) -> None:
    root1, root2 = base64.b64decode(vector["root1"]), base64.b64decode(vector["root2"])
    merkle.verify_consistency(vector["size1"], vector["size2"], root1, root2, proof)


def judge_subtree_inclusion(vector: dict[str, Any], proof: list[bytes]) -> None:
    leaf, root = base64.b64decode(vector["leafHash"]), base64.b64decode(vector["root"])
    merkle.verify_subtree_inclusion(leaf, vector["leafIdx"], vector["start"], vector["end"], proof, root)


def judge_subtree_consistency(vector: dict[str, Any], proof: list[bytes]) -> None:
    root1, root2 = base64.b64decode(vector["root1"]), base64.b64decode(vector["root2"])
    merkle.verify_subtree_consistency(vector["start"], vector["end"], vector["size"], root1, root2, proof)


@pytest.mark.official
@pytest.mark.parametrize(
    ("folder", "judge", "accepted", "refused"),
    [
        ("inclusion", judge_inclusion, 3, 67),
        ("consistency", judge_consistency, 3, 64),
        ("subtreeinclusion", judge_subtree_inclusion, 8, 124),
        ("subtreeconsistency", judge_subtree_consistency, 6, 64),
    ],
)
def test_official_proofs(
    shared: Path, folder: str, judge: Callable[[dict[str, Any], list[bytes]], None], accepted: int, refused: int
) -> None:
    seen = {True: 0, False: 0}
    for path in sorted((shared / "vectors/tlog/rfc6962-merkle-proofs" / folder).rglob("*.json")):
        vector = json.loads(path.read_text())
        proof = [base64.b64decode(node) for node in vector["proof"] or []]
        seen[vector["wantErr"]] += 1
        if vector["wantErr"]:
            with pytest.raises(CircuitError):
                judge(vector, proof)
        else:
            judge(vector, proof)
    assert seen == {False: accepted, True: refused}
