"""Is the file of numbers read whole or not at all, and is it known by what it says?"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from credence.service.reputation.belief.model import ModelRefused, parse_model, shipped_model

SHIPPED = (resources.files("credence.service.reputation.belief") / "shipped" / "belief-default.json").read_bytes()


def changed(**members: Any) -> bytes:
    return json.dumps({**json.loads(SHIPPED), **members}).encode()


def table(name: str, **members: Any) -> dict[str, Any]:
    return {name: {**json.loads(SHIPPED)[name], **members}}


def test_the_shipped_numbers_are_the_designs() -> None:
    model = shipped_model()
    assert (model.risk_prior, model.hazard, model.sufficient, model.event_rate * 30) == (2.0, 0.02, 0.5, 2.0)
    assert list(model.severity.values()) == [0.25, 0.5, 1.0, 5.0]
    assert model.version.startswith("belief-default/2/")


def test_another_number_is_another_version_and_another_layout_is_not() -> None:
    assert parse_model(json.dumps(json.loads(SHIPPED), indent=7).encode()).version == shipped_model().version
    assert parse_model(changed(risk_prior="3")).version != shipped_model().version


REFUSED = {
    "no-json": b"{",
    "no-object": b"[]",
    "twice": b'{"model": "a", "model": "b"}',
    "too-large": b" " * 20_000 + SHIPPED,
    "unknown": changed(more="1"),
    "missing": json.dumps({key: value for key, value in json.loads(SHIPPED).items() if key != "risk_prior"}).encode(),
    "name": changed(model="Belief Default"),
    "version": changed(version=True),
    "version-zero": changed(version=0),
    "a-number": changed(risk_prior=2),
    "zero": changed(risk_prior="0"),
    "negative": changed(risk_prior="-2"),
    "words": changed(risk_prior="two"),
    "severity-order": changed(**table("severity", call="0.2")),
    "severity-key": changed(severity={"call": "1"}),
    "half-life-order": changed(**table("half_life_days", calls="400")),
    "exposure-forgotten-first": changed(**table("half_life_days", exposure="700")),
    "certain": changed(liquidation_hazard_30_days="1"),
    "no-table": changed(severity="1"),
    "less-than-recent": changed(evidence_per_recent="0.5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_not_as_it_has_to_be_is_refused(case: str) -> None:
    with pytest.raises(ModelRefused):
        parse_model(REFUSED[case])
    assert parse_model(changed()).risk_prior == 2.0
