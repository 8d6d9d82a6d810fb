"""Does the published JSON Schema take what the language takes, and refuse what has another shape?"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from credence.circuits.errors import CircuitError, Malformed
from credence.circuits.policy import load_policy
from credence.circuits.policy.document import SCHEMA
from tests.circuits.policy.test_reading import FULL, POLICY

VALID = jsonschema_rs.validator_for(json.dumps(dict(SCHEMA)))

MINIMAL: dict[str, Any] = {
    "name": "p",
    "version": 1,
    "credentials": {"person": {"schema": "credence/person/1", "issuers": ["issuer.example"]}},
    "all_of": [{"attribute": "kyc_level", "at_least": 1}],
    "tariff": "perp-default",
}
SEVERAL: dict[str, Any] = {**FULL, "not_revoked": [{"max_age_s": 60}, {"of": "standing", "max_age_s": 3_600}]}
OVER_STANDINGS: dict[str, Any] = {
    **MINIMAL,
    "credentials": {
        **MINIMAL["credentials"],
        **{name: {"schema": "credence/standing/1", "issuers": ["issuer.example"]} for name in ("here", "there")},
    },
    "all_of": [
        {
            "posterior": {"here": "venue-a.example", "there": "venue-b.example"},
            "score": 640,
            "tangents": [{"alpha_milli": 1_276, "beta_milli": 967}, {"alpha_milli": 2_259, "beta_milli": 805}],
        }
    ],
}
ACCEPTED = (MINIMAL, POLICY, FULL, SEVERAL, OVER_STANDINGS)
WRONG: tuple[Any, ...] = (None, 7, -1, 1 << 60, True, "", "Upper Case", "x" * 5000, [], {}, [7], {"canary": 1}, "\x07")
"""None of these is right where every value of an accepted document stands, or it is where another one was."""


BOUNDS = (("at_least",), ("at_most",))
Path = tuple[str, ...]


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The document with each wrong value in the place of each of its values, with a member too many, and with one missing;
    beside each, where it was changed.
    """
    for wrong in WRONG:
        yield path, wrong
    if isinstance(value, dict):
        yield path, {**value, "canary": 1}
        for key, inner in value.items():
            yield path, {name: other for name, other in value.items() if name != key}
            for where, changed in places(inner, (*path, key)):
                yield where, {**value, key: changed}
    elif isinstance(value, list):
        yield path, value * 100
        for index, inner in enumerate(value):
            for where, changed in places(inner, path):
                yield where, [*value[:index], changed, *value[index + 1 :]]


@pytest.mark.parametrize("document", ACCEPTED, ids=["minimal", "policy", "full", "several", "standings"])
def test_what_the_language_takes_is_valid(document: dict[str, Any]) -> None:
    load_policy(document)
    assert VALID.is_valid(document), [str(error) for error in VALID.iter_errors(document)]


@pytest.mark.parametrize("document", ACCEPTED, ids=["minimal", "policy", "full", "several", "standings"])
def test_what_is_not_valid_is_refused_and_what_has_no_shape_is_not_valid(document: dict[str, Any]) -> None:
    """The schema refuses no policy, and takes nothing that is malformed; what cannot mean what it says is another matter."""
    seen = {"policy": 0, "malformed": 0, "means nothing": 0}
    for path, changed in places(document):
        try:
            load_policy(copy.deepcopy(changed))
        except Malformed:
            seen["malformed"] += 1
            # which bound belongs to which attribute is for the language to say
            assert path[-1:] in BOUNDS or not VALID.is_valid(changed), (path, changed)
        except CircuitError:
            seen["means nothing"] += 1
        else:
            seen["policy"] += 1
            assert VALID.is_valid(changed), (path, changed)
    assert all(seen.values()), seen


def test_it_is_a_schema_that_says_so_of_itself() -> None:
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    jsonschema_rs.meta.validate(json.loads(json.dumps(dict(SCHEMA))))
