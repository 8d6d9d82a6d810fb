"""Does a leaf commit to everything it should, and refuse other shapes?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from credence.circuits.errors import IllFormed
from credence.circuits.leaf import salted_leaf


def test_a_leaf_depends_on_kind_salt_and_digest() -> None:
    salt, digest = bytes(32), bytes(31) + b"\x01"
    leaves = {
        salted_leaf("attestation", salt, digest),
        salted_leaf("receipt", salt, digest),
        salted_leaf("attestation", digest, digest),
        salted_leaf("attestation", salt, salt),
    }
    assert len(leaves) == 4
    assert all(len(leaf) == 32 for leaf in leaves)


@pytest.mark.parametrize(
    "call",
    [
        lambda: salted_leaf("", bytes(32), bytes(32)),
        lambda: salted_leaf("k" * 65, bytes(32), bytes(32)),
        lambda: salted_leaf("é", bytes(32), bytes(32)),
        lambda: salted_leaf("a\n", bytes(32), bytes(32)),
        lambda: salted_leaf("receipt", bytes(16), bytes(32)),
        lambda: salted_leaf("receipt", bytes(32), bytes(31)),
    ],
)
def test_leaves_of_other_shapes_are_refused(call: Callable[[], bytes]) -> None:
    """Accepted twins: the calls of ``test_a_leaf_depends_on_kind_salt_and_digest``."""
    with pytest.raises(IllFormed):
        call()
