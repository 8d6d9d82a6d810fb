"""Does a count of denied decisions open its own leaf and no other?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.denials import DENIALS_LEAF, DeniedCount
from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.fields import json_digest
from credence.circuits.leaf import salted_leaf

COUNT = DeniedCount("verifier.example", 28_000_000, 3, bytes(range(32)))


def test_a_count_is_read_back() -> None:
    assert DeniedCount.parse(COUNT.to_json()) == COUNT
    assert b64u(COUNT.salt) not in repr(COUNT)


def test_the_leaf_commits_to_all_of_it() -> None:
    content = {"type": "credence/denied-count/1", "verifier": "verifier.example", "minute": 28_000_000, "denied": 3}
    assert COUNT.leaf() == salted_leaf(DENIALS_LEAF, COUNT.salt, json_digest(content))
    changes: list[dict[str, Any]] = [{"verifier": "v"}, {"minute": 1}, {"denied": 4}, {"salt": bytes(32)}]
    assert len({replace(COUNT, **change).leaf() for change in [{}, *changes]}) == 5


@pytest.mark.parametrize(
    "member",
    [
        {"type": "credence/denied-count/2"},
        {"denied": 0},
        {"denied": "3"},
        {"minute": -1},
        {"salt": b64u(bytes(31))},
        {"x": 1},
    ],
    ids=str,
)
def test_other_forms_are_refused(member: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        DeniedCount.parse({**COUNT.to_json(), **member})
