"""``credence keys``."""

from __future__ import annotations

from pathlib import Path

from credence.service.keys import Purpose
from tests.service.cli.conftest import Run


def test_the_keys_are_listed_and_never_shown(run: Run, data: Path) -> None:
    outcome = run("keys", "list", "--json")
    assert outcome.code == 0
    assert {key["purpose"] for key in outcome.json["keys"]} == {purpose.value for purpose in Purpose}
    assert all(set(key) == {"purpose", "key_id", "created", "retired"} for key in outcome.json["keys"])
    assert "issuer-bbs" in run("keys", "list").out


def test_a_complete_keyring_stays_as_it_is(run: Run, data: Path) -> None:
    assert run("keys", "complete", "--json").json == {"made": []}
    assert run("doctor").code == 0


def test_without_an_installation_there_are_no_keys(run: Run, room: Path) -> None:
    for command in ("list", "complete"):
        outcome = run("keys", command)
        assert outcome.code == 3
        assert "credence init" in outcome.complaint
