"""Can an operator announce a version of a tariff, and see from when it counts?"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from credence.service.app import attack_venue
from credence.service.reputation.attacks.running import AttackReport
from credence.service.reputation.attacks.setting import Finding, Setting
from credence.service.verifier.tariff import shipped_tariff
from tests.service.cli.conftest import Run

SHIPPED: dict[str, Any] = json.loads(shipped_tariff().canonical)


NOTHING = Finding("wash", "trade with oneself", -3.0, "nothing", 1)


@pytest.fixture(autouse=True)
def found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What attacks come to, told and not run: patient tests run them."""
    findings = [NOTHING]
    if "slow" not in request.keywords:
        report = partial(AttackReport, tables={}, setting=Setting())
        monkeypatch.setattr(attack_venue, "attacks_on", lambda tariff: report(tuple(findings)))
    return findings


@pytest.fixture
def holed(written: Path, room: Path) -> Path:
    """The same, but that relief ends for no position, so that a robber keeps it."""
    document = json.loads(written.read_text())
    for row in document["instrument_classes"]:
        row["stress_move"] = "0.01"
    (room / "holed.json").write_text(json.dumps(document))
    return room / "holed.json"


@pytest.fixture
def written(room: Path) -> Path:
    document = copy.deepcopy(SHIPPED)
    document["version"] = "3"
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
    assert [(row["version"], row["state"]) for row in listing["versions"]] == [(3, "announced"), (2, "active")]
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


def test_a_version_on_which_an_attack_gains_is_refused(run: Run, data: Path, written: Path, found: list[Finding]) -> None:
    found[:] = [NOTHING, replace(NOTHING, gain=5.0), replace(NOTHING, name="rob", gain=9.0, bound=9.0)]
    refused = run("verifier", "tariff", "announce", written)
    assert refused.code == 1
    assert "an attack gains more than it may: wash (" in refused.complaint
    assert "wash: gains 5.00 USD in 30 days where 0.00 may be: nothing" in refused.err
    assert run("verifier", "tariff", "status").code == 1, "nothing was announced"
    found[1:2] = []
    made = run("verifier", "tariff", "announce", written, "--json").json
    assert (made["is_new"], made["attacks"]["holds"]) == (True, True)


@pytest.mark.slow
def test_attacks_are_run_on_the_very_file(
    run: Run, data: Path, written: Path, holed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = Mock()
    monkeypatch.setattr("credence.service.cli.tariff_attacks.logger", lambda: logged)
    refused = run("verifier", "tariff", "announce", holed)
    assert refused.code == 1
    assert "an attack gains more than it may: farm-then-rob (" in refused.complaint
    made = run("verifier", "tariff", "announce", holed, "--despite-attacks", "--json")
    assert (made.code, made.json["is_new"], made.json["attacks"]["holds"]) == (0, True, False)
    ((event,), said) = logged.warning.call_args
    assert (event, said["reason"]) == ("tariff.announced-despite-attacks", "farm-then-rob")
    document = json.loads(written.read_text())
    document["version"] = str(int(document["version"]) + 1)
    written.write_text(json.dumps(document))
    assert run("verifier", "tariff", "announce", written, "--json").json["attacks"]["holds"] is True


def test_tangents_are_shown_with_their_loss_and_need_no_installation(run: Run, room: Path) -> None:
    shown = run("verifier", "tariff", "tangents")
    assert shown.code == 0
    assert [line.split()[0] for line in shown.out.splitlines()[2:]] == ["640", "685", "720", "760"]
    assert "1.276 + 0.967 x events" in shown.out
    assert run("verifier", "tariff", "tangents", "--json").json == SHIPPED["posterior"]
    (row,) = run("verifier", "tariff", "tangents", "--score", "700", "--json").json["tangents"]
    assert float(row["loss"]) <= 2.1


def test_tangents_of_a_tariff_are_checked(run: Run, data: Path, room: Path, written: Path) -> None:
    assert run("verifier", "tariff", "tangents", written, "--json").json == SHIPPED["posterior"]
    document = copy.deepcopy(SHIPPED)
    document["posterior"]["tangents"][3]["lines"][1]["beta_milli"] = "4180"
    written.write_text(json.dumps(document))
    assert "accepts what is below that score" in run("verifier", "tariff", "tangents", written).complaint
    refused = run("verifier", "tariff", "announce", written)
    assert (refused.code, "accepts what is below that score" in refused.complaint) == (1, True)
    del document["posterior"]
    written.write_text(json.dumps(document))
    assert "has no tangents" in run("verifier", "tariff", "tangents", written).complaint


@pytest.mark.parametrize(
    "wrong", [("--score", "300"), ("--score", "851"), ("--prior", "0"), ("--hazard", "1.5"), ("--prior", "x")]
)
def test_what_no_tangents_can_be_computed_for(run: Run, wrong: tuple[str, str]) -> None:
    assert run("verifier", "tariff", "tangents", *wrong).code == 2
