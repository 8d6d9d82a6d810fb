"""Does the command tell what each attack gains on a tariff, and fail where one gains too much?"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from tests.service.cli.conftest import Run

SHIPPED = resources.files("credence.service.verifier.tariff") / "shipped" / "perp-default.json"


@pytest.mark.slow
def test_attacks_on_the_shipped_tariff_and_on_a_file(run: Run, room: Path) -> None:
    found = run("reputation", "evaluate", "attacks", "--json")
    assert found.code == 0, found.err
    assert found.json["holds"] is True
    assert all(gain <= 0 for name, gain in found.json["gains"].items() if name not in found.json["listed"])
    (room / "tariff.json").write_bytes(SHIPPED.read_bytes())
    assert run("reputation", "evaluate", "attacks", "--tariff", "tariff.json", "--json").out == found.out
    shown = run("reputation", "evaluate", "attacks")
    assert "farm-then-rob" in shown.out
    assert "a ladder has steps" in shown.err


def test_a_tariff_that_is_none_is_refused(run: Run, room: Path) -> None:
    (room / "tariff.json").write_text("{}")
    found = run("reputation", "evaluate", "attacks", "--tariff", "tariff.json")
    assert found.code == 1
    assert found.complaint.startswith("credence: the tariff is refused: ")
