"""Are API keys given once, listed without their secrets, and ended at once?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.service.cli.conftest import Run

KEY = re.compile(r"cred_[a-z2-7]{16}_[a-z2-7]{52}")
SCOPES = ("--scope", "issuer:cases", "--scope", "issuer:review")


def test_a_key_is_shown_once_and_alone(run: Run, data: Path) -> None:
    outcome = run("client", "add", "desk.example", "--name", "The desk", *SCOPES)
    assert outcome.code == 0
    assert KEY.fullmatch(outcome.out.strip())
    assert not KEY.search(outcome.err)
    listed = run("client", "list", "--json")
    assert not KEY.search(listed.out)
    assert listed.json["clients"][0]["keys"][0]["prefix"] == outcome.out.split("_")[1]


def test_json(run: Run, data: Path) -> None:
    added = run("client", "add", "desk.example", "--scope", "issuer:cases", "--days", "1", "--json").json
    assert set(added) == {"client_id", "key", "prefix", "scopes", "expires_at"}
    listed = run("client", "list", "--json").json
    assert listed == {"clients": [listed["clients"][0]]}
    client = listed["clients"][0]
    assert (client["client_id"], client["name"], client["revoked_at"]) == ("desk.example", "desk.example", None)
    (key,) = client["keys"]
    assert key["expires_at"] - key["created_at"] == 86_400
    assert (key["state"], key["scopes"]) == ("live", ["issuer:cases"])


def test_an_id_is_never_given_twice(run: Run, data: Path) -> None:
    assert run("client", "add", "desk.example", *SCOPES).code == 0
    assert run("client", "revoke", "desk.example").code == 0
    outcome = run("client", "add", "desk.example", *SCOPES)
    assert outcome.code == 1
    assert outcome.out == ""
    assert "taken" in outcome.complaint


def test_a_second_key_and_the_end_of_the_first(run: Run, data: Path) -> None:
    first = run("client", "add", "desk.example", *SCOPES, "--json").json["prefix"]
    second = run("client", "key", "desk.example", "--scope", "issuer:cases", "--json").json["prefix"]
    assert run("client", "revoke", "--key", first).code == 0
    (client,) = run("client", "list", "--json").json["clients"]
    assert {key["prefix"]: key["state"] for key in client["keys"]} == {first: "revoked", second: "live"}
    again = run("client", "revoke", "--key", first)
    assert again.code == 1
    assert "no such key" in again.complaint


def test_a_revoked_client_has_no_live_key_and_gets_none(run: Run, data: Path) -> None:
    run("client", "add", "desk.example", *SCOPES)
    assert run("client", "revoke", "desk.example").code == 0
    assert "revoked" in run("client", "list").out
    outcome = run("client", "key", "desk.example", *SCOPES)
    assert outcome.code == 1
    assert "no such client" in outcome.complaint


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "desk.example"), "--scope"),
        (("add", "desk.example", "--scope", "everything"), "issuer:cases"),
        (("add", "Venue!", *SCOPES), "lower-case"),
        (("add", "desk.example", *SCOPES, "--days", "400"), "--days"),
        (("revoke",), "--key"),
        (("revoke", "desk.example", "--key", "abc"), "--key"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], words: str, run: Run, data: Path) -> None:
    outcome = run("client", *arguments)
    assert outcome.code == 2
    assert words in outcome.complaint
    assert run("client", "list", "--json").json == {"clients": []}
