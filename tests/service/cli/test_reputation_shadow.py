"""Is a venue told what a tariff would do to its pseudonyms, and of small groups nothing?"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.service.cli.opening import opened
from credence.service.reputation.desk import open_desk
from credence.service.verifier.tariff import shipped_tariff
from tests.service.cli.conftest import VENUE, Run

FIRST = 1_740_787_200  # 2025-03-01
DAYS = (FIRST, FIRST + 86_400)


def b64(number: int) -> str:
    return b64u(bytes([number]) * 48)


@pytest.fixture
def reported(run: Run, data: Path) -> None:
    """Twenty-one pseudonyms with a volume of 1.5M in two days; one has a margin snapshot on the first, all on the second."""
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    lines: list[dict[str, Any]] = [
        {
            "id": f"{number}-{day}",
            "kind": "account_day",
            "pseudonym": b64(number),
            "at": day,
            "source": "engine",
        }
        | {"pnl": "1", "notional": "750000", "trades": 1, "wins": 1, "exposed_hours": 24}
        for number in range(21)
        for day in DAYS
    ]
    snapshot = {"equity": "1000", "maintenance": "500", "initial": "800", "notional": "10000"}
    lines += [
        {"id": f"s-{at}-{number}", "kind": "margin_snapshot", "pseudonym": b64(number), "at": at, "source": "engine"}
        | snapshot
        for number, at in ((0, FIRST + 3_600), *((number, FIRST + 120_000) for number in range(21)))
    ]
    with opened(data) as services:
        assert {line.outcome.value for line in open_desk(services).report(VENUE, lines)} == {"accepted"}


@pytest.fixture
def tariff(room: Path) -> Path:
    document = copy.deepcopy(json.loads(shipped_tariff().canonical))
    document["version"] = "3"
    document["volume_tiers"][1]["from_usd"] = "2000000"
    document["standing_tiers"]["R1"]["im_factor"] = "1.20"
    (room / "new.json").write_text(json.dumps(document))
    return room / "new.json"


@pytest.mark.slow
def test_who_would_move_and_what_it_costs(run: Run, reported: None, tariff: Path) -> None:
    asked = ("reputation", "shadow", "--client", VENUE, "--tariff", tariff, "--as-of", "2025-03-02")
    found = run(*asked, "--kyc-level", 2, "--risk-tier", "standard", "--json").json
    assert (found["from"]["version"], found["to"]["version"], found["k"]) == (2, 3, 20)
    (group,) = found["groups"]
    assert (group["group"], group["pseudonyms"], group["mixed"]) == ("R1, level 2, standard", 21, 21)
    assert group["fees_change_usd"] == "1575"  # 21 x 1.5M taken x 50 ppm
    assert group["initial_margin_change_usd"] == "-210"  # 21 x 10,000 x 2 % x (1.20 - 1.25)
    assert found["volume_tiers"] == {"V1 to V0": 21}
    assert "rows" not in found
    words = run(*asked, "--kyc-level", 2, "--risk-tier", "standard")
    assert "V1 to V0: 21" in words.out
    assert b64(0) not in words.out
    alone = run(*asked[:-1], "2025-03-01", "--kyc-level", 2, "--risk-tier", "standard")
    assert re.search(r"^all +21( +-){7} *$", alone.out, re.MULTILINE), alone.out  # the one position would say whose it is
    rows = run(*asked, "--rows", "--json").json["rows"]
    assert b64(20) in run(*asked, "--rows").out
    assert {row["pseudonym"] for row in rows} == {b64(number) for number in range(21)}
    assert {row["group"] for row in rows} == {"R0, level 0, standard"}  # nothing was proven of them, and nothing assumed


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--risk-tier", "none"), 2, "--risk-tier is one of"),
        (("--class", "none"), 2, "--class is one of"),
        (("--as-of", "yesterday"), 2, "--as-of is a date"),
        ((), 1, "reported of no pseudonym"),
    ],
)
def test_what_is_refused(more: tuple[str, ...], code: int, words: str, run: Run, data: Path, tariff: Path) -> None:
    outcome = run("reputation", "shadow", "--client", VENUE, "--tariff", tariff, *more)
    assert outcome.code == code
    assert words in outcome.complaint
