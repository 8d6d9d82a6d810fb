"""Merkle trees as transparency logs build them: RFC 6962 section 2.1, verification as in RFC 9162 section 2.1.

Everything is a pure function of 32-byte SHA-256 hashes. A leaf hash is ``SHA-256(00 || data)``, a node ``SHA-256(01 || left
|| right)``; a tree of n > 1 leaves splits at the largest power of two below n. :class:`Tree` keeps the hashes of all perfect
subtrees, so that roots and proofs at every size up to its own cost a logarithmic number of hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from credence.circuits.errors import IllFormed, Malformed, Refused

HASH_LENGTH: Final = 32
"""Bytes of every hash here."""

MAX_SIZE: Final = (1 << 63) - 1
"""Leaves a tree may have (C2SP tlog-checkpoint); bounds the work of judging a proof."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """An append-only tree held in memory, 64 bytes a leaf.

    Not safe for use by several threads at once while it grows.
    """

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        # _levels[k] is the concatenation of the hashes of all perfect subtrees of 2^k leaves, from the left
        self._levels: list[bytearray] = [bytearray()]
        for value in leaf_hashes:
            self.append(value)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_LENGTH

    def append(self, value: bytes) -> None:
        """Adds a leaf by its hash at the right. Raises :class:`Malformed` unless it has 32 bytes."""
        if len(value) != HASH_LENGTH:
            raise Malformed("a leaf hash has 32 bytes")
        self._levels[0] += value
        level = 0
        while (count := len(self._levels[level]) // HASH_LENGTH) % 2 == 0:
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level + 1] += node_hash(self._node(level, count - 2), self._node(level, count - 1))
            level += 1

    def leaf(self, index: int) -> bytes:
        """The leaf hash at ``index``. Raises :class:`IllFormed` out of range."""
        if not 0 <= index < self.size:
            raise IllFormed("leaf index out of range")
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """Root over the first ``size`` leaves (default: all). Raises :class:`IllFormed` for a size out of range."""
        size = self._checked(size)
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Audit path of leaf ``index`` in the tree of ``size`` leaves, from the leaf up (RFC 6962 section 2.1.1).

        Raises :class:`IllFormed` unless ``0 <= index < size <= self.size``.
        """
        size = self._checked(size)
        if not 0 <= index < size:
            raise IllFormed("leaf index out of range")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency_proof(self, first: int, size: int | None = None) -> list[bytes]:
        """Proof that the tree of ``size`` leaves extends that of ``first`` (RFC 6962 section 2.1.2).

        Raises :class:`IllFormed` unless ``1 <= first <= size <= self.size``.
        """
        size = self._checked(size)
        if not 1 <= first <= size:
            raise IllFormed("the first size is out of range")
        proof: list[bytes] = []
        start, end = 0, size
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(start, middle))
                start = middle
        if start:  # the old root itself is known to the verifier and left out
            proof.append(self._range(start, end))
        return proof[::-1]

    def _checked(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise IllFormed("tree size out of range")
        return size

    def _node(self, level: int, index: int) -> bytes:
        at = index * HASH_LENGTH
        return bytes(self._levels[level][at : at + HASH_LENGTH])

    def _range(self, start: int, end: int) -> bytes:
        """Hash over the leaves ``[start, end)`` of a subtree that the splitting rule reaches."""
        width = end - start
        if width & (width - 1) == 0:
            return self._node(width.bit_length() - 1, start // width)
        middle = start + _split(width)
        return node_hash(self._range(start, middle), self._range(middle, end))


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; :data:`EMPTY_ROOT` for none. Raises :class:`Malformed` for a hash of another length."""
    return Tree(leaf_hashes).root()


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree over all of ``leaf_hashes``; see :meth:`Tree.inclusion_proof`."""
    return Tree(leaf_hashes).inclusion_proof(index)


def consistency_proof(leaf_hashes: Sequence[bytes], first: int) -> list[bytes]:
    """Proof that all of ``leaf_hashes`` extend the first ``first``; see :meth:`Tree.consistency_proof`."""
    return Tree(leaf_hashes).consistency_proof(first)


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Returns iff ``leaf_hash`` is leaf ``index`` of the tree of ``size`` leaves with ``root`` (RFC 9162 section 2.1.3.2).

    Raises :class:`Malformed` for a hash that has not 32 bytes, :class:`IllFormed` for an index or size out of range, and
    :class:`Refused` for a proof of another length or of something else.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise IllFormed("leaf index or tree size out of range")
    _check_hashes(leaf_hash, *proof)
    at, last, value = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise Refused("inclusion proof too long")
        if at & 1 or at == last:
            value = node_hash(sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise Refused("inclusion proof too short")
    if value != root:
        raise Refused("inclusion proof leads to another root")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Returns iff the tree (``size2``, ``root2``) extends the tree (``size1``, ``root1``) (RFC 9162 section 2.1.4.2).

    Raises :class:`IllFormed` unless ``1 <= size1 <= size2`` (everything extends the empty tree, so such a proof would say
    nothing), :class:`Malformed` for a hash that has not 32 bytes, :class:`Refused` where the proof does not show it.
    """
    if size1 < 1:
        raise IllFormed("consistency with the empty tree says nothing")
    verify_subtree_consistency(0, size1, size2, root1, root2, proof)


def verify_subtree_inclusion(
    leaf_hash: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Returns iff ``leaf_hash`` is leaf ``index`` of a log whose subtree over the leaves ``[start, end)`` has ``root``.

    Subtrees as in draft-ietf-plants-merkle-tree-certs: ``start`` is a multiple of the power of two that covers the range.
    Raises as :func:`verify_inclusion`, and :class:`IllFormed` for a range that is no subtree.
    """
    _check_subtree(start, end)
    verify_inclusion(leaf_hash, index - start, end - start, proof, root)


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Returns iff the tree (``size``, ``root``) has ``subtree_root`` over its leaves ``[start, end)``.

    An empty range claims nothing: it verifies with :data:`EMPTY_ROOT` and no proof. Raises :class:`IllFormed` for a range
    that is no subtree or beyond ``size``, :class:`Malformed` for a hash that has not 32 bytes, else :class:`Refused`.
    """
    _check_subtree(start, end)
    if end > size or size > MAX_SIZE:
        raise IllFormed("the subtree ends beyond the tree")
    _check_hashes(*proof)
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            raise Refused("not the empty subtree")
        return
    if proof:  # without a proof nothing is hashed: equality below is all there is
        _check_hashes(subtree_root)
    first, inner, last = start, end - 1, size - 1
    while first != inner and (inner & 1 or end == size):
        first, inner, last = first >> 1, inner >> 1, last >> 1
    rest = iter(proof)
    # a subtree that is one node of the larger tree is where the path starts; otherwise the proof names that node
    old = new = subtree_root if first == inner else next(rest, b"")
    for value in rest:
        if last == 0:
            raise Refused("consistency proof too long")
        if inner & 1 or inner == last:
            if first < inner:
                old = node_hash(value, old)
            new = node_hash(value, new)
            while not inner & 1 and inner:
                first, inner, last = first >> 1, inner >> 1, last >> 1
        else:
            new = node_hash(new, value)
        first, inner, last = first >> 1, inner >> 1, last >> 1
    if last:
        raise Refused("consistency proof too short")
    if old != subtree_root or new != root:
        raise Refused("consistency proof leads to other roots")


def _split(width: int) -> int:
    """The largest power of two below ``width`` (> 1)."""
    return 1 << ((width - 1).bit_length() - 1)


def _check_subtree(start: int, end: int) -> None:
    if not 0 <= start <= end:
        raise IllFormed("not a range of leaves")
    if start % (1 << max(end - start - 1, 0).bit_length()):
        raise IllFormed("the range is no subtree")


def _check_hashes(*values: bytes) -> None:
    if any(len(value) != HASH_LENGTH for value in values):
        raise Malformed("a hash has 32 bytes")
