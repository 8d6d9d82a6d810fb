"""Can an operator announce a version of a tariff, and see from when it counts?"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from credence.service.verifier.tariff import shipped_tariff
from tests.service.cli.conftest import Run

SHIPPED: dict[str, Any] = json.loads(shipped_tariff().canonical)


@pytest.fixture
def written(room: Path) -> Path:
    document = copy.deepcopy(SHIPPED)
    document["version"] = "2"
    document["volume_tiers"][0]["taker_ppm"] = "510"
    (room / "new.json").write_text(json.dumps(document))
    return room / "new.json"


def test_a_version_is_announced_and_waits(run: Run, data: Path, written: Path) -> None:
    assert run("verifier", "tariff", "status").code == 1
    made = run("verifier", "tariff", "announce", written, "--json")
    assert made.code == 0
    assert made.json["activates_at"] - made.json["announced_at"] == 604_800
    assert [change["direction"] for change in made.json["changes"]] == ["dearer"]
    listing = run("verifier", "tariff", "status", "--json").json
    assert [(row["version"], row["state"]) for row in listing["versions"]] == [(2, "announced"), (1, "active")]
    again = run("verifier", "tariff", "announce", written)
    assert "announced already" in again.err
    assert "- taker fee (ppm) dearer: RX, from 0 USD, enhanced: 630 -> 643" in again.out
    words = run("verifier", "tariff", "status")
    assert [line.split()[1] for line in words.out.splitlines()[1:]] == ["announced", "active"]


def test_a_dearer_one_is_not_started_at_once(run: Run, data: Path, written: Path) -> None:
    refused = run("verifier", "tariff", "announce", written, "--at-once")
    assert refused.code == 1
    assert "Only a version that is cheaper" in refused.complaint


@pytest.mark.parametrize(
    ("content", "code", "words"), [("{}", 1, "shape"), ("\xff", 1, "shape"), (None, 2, "cannot be read")]
)
def test_what_is_no_tariff(content: str | None, code: int, words: str, run: Run, data: Path, room: Path) -> None:
    if content is not None:
        (room / "none.json").write_text(content)
    outcome = run("verifier", "tariff", "announce", room / "none.json")
    assert outcome.code == code
    assert words in outcome.complaint
