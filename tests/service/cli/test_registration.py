"""Is a client registered once, its receipt good for the log, and its keys changed without a gap?"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from credence.service.auth import OPERATIONS, ROLES, Role
from tests.service.auth.signing import Edwards, Weierstrass
from tests.service.cli.conftest import Run, Service

KEY = re.compile(r"cred_[a-z2-7]{16}_[a-z2-7]{52}")
NORTH = "north.example"


def register(run: Run, client_id: str = NORTH, role: str = "venue") -> dict[str, Any]:
    outcome = run("client", "register", client_id, "--role", role, "--name", "The venue")
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = outcome.json
    return found


def key_set(room: Path, *jwks: dict[str, str]) -> Path:
    path = room / "jwks.json"
    path.write_text(json.dumps({"keys": jwks}))
    return path


def the_client(run: Run) -> dict[str, Any]:
    (found,) = run("client", "list", "--json").json["clients"]
    return dict(found)


def test_a_receipt_is_printed_and_printed_again(run: Run, data: Path) -> None:
    receipt = register(run)
    assert receipt.keys() == {"type", "client_id", "role", "registered_at", "salt", "leaf", "entry_index"}
    assert (receipt["client_id"], receipt["role"], receipt["entry_index"]) == (NORTH, "venue", None)
    assert run("client", "receipt", NORTH).json == receipt
    assert (the_client(run)["role"], the_client(run)["keys"]) == ("venue", [])


def test_what_its_policies_may_have_disclosed(run: Run, data: Path) -> None:
    asked = ("--disclose", "residence", "--disclose", "kyc_level")
    receipt = run("client", "register", NORTH, "--role", "venue", *asked).json
    assert receipt["disclose"] == ["kyc_level", "residence"]
    assert run("client", "receipt", NORTH).json == receipt
    wrong = run("client", "register", "south.example", "--role", "venue", "--disclose", "holder_secret")
    assert wrong.code == 2
    assert "no credential discloses" in wrong.complaint


def test_an_id_is_registered_once(run: Run, data: Path) -> None:
    receipt = register(run)
    for verb in (("register", NORTH, "--role", "operator"), ("add", NORTH, "--scope", "issuer:cases")):
        outcome = run("client", *verb)
        assert outcome.code == 1
        assert "taken" in outcome.complaint
    assert run("client", "receipt", NORTH).json == receipt


def test_a_client_that_was_only_added_has_no_receipt(run: Run, data: Path) -> None:
    assert run("client", "add", NORTH, "--scope", "verifier:sessions").code == 2  # which is a venue's
    assert run("client", "add", NORTH, "--scope", "issuer:cases").code == 0
    outcome = run("client", "receipt", NORTH)
    assert outcome.code == 1
    assert "no such registration" in outcome.complaint


def test_keys_carry_what_the_role_does(run: Run, data: Path) -> None:
    register(run)
    outcome = run("client", "key", NORTH, "--scope", "issuer:cases")
    assert outcome.code == 2
    assert "registered as venue" in outcome.complaint
    assert run("client", "key", NORTH, "--scope", "verifier:sessions").code == 0


def test_a_receipt_is_proven_in_the_log(run: Run, service: Service, room: Path) -> None:
    outcome = run("client", "register", "logged.example", "--role", "venue", "--data-dir", service.data)
    file = room / "receipt.json"
    file.write_text(outcome.out)
    prove = ("ledger", "prove", "--receipt", file, "--url", service.url, "--log-key", service.log_key, "--json")
    end = time.monotonic() + 10
    while (proven := run(*prove)).code != 0 and time.monotonic() < end:
        time.sleep(0.05)
    assert proven.json["leaf"] == outcome.json["leaf"]
    again = run("client", "receipt", "logged.example", "--data-dir", service.data)
    assert again.json["entry_index"] == proven.json["index"]
    file.write_text(json.dumps({**outcome.json, "role": "operator"}))
    changed = run(*prove)
    assert changed.code == 2
    assert "does not lead to its leaf" in changed.complaint


def test_a_key_is_rotated(run: Run, data: Path) -> None:
    register(run)
    first = run("client", "key", NORTH, "--scope", "verifier:sessions", "--json").json
    outcome = run("client", "rotate", NORTH, "--overlap", "3", "--days", "30")
    assert outcome.code == 0
    assert KEY.fullmatch(outcome.out.strip())
    assert first["prefix"] in outcome.err
    by_prefix = {key["prefix"]: key for key in the_client(run)["keys"]}
    before, after = by_prefix[first["prefix"]], by_prefix[outcome.out.split("_")[1]]
    assert (before["state"], after["state"]) == ("live", "live")
    assert before["scopes"] == after["scopes"]
    assert abs(before["expires_at"] - after["created_at"] - 3 * 86_400) <= 1
    again = run("client", "rotate", NORTH)
    assert again.code == 1
    assert "two live keys" in again.complaint
    assert run("client", "revoke", "--key", first["prefix"]).code == 0
    rotated = run("client", "rotate", NORTH, "--json").json
    assert rotated["before"] == after["prefix"]


def test_public_keys_are_handed_in_as_a_set(run: Run, data: Path, room: Path) -> None:
    register(run)
    one, two = Edwards(bytes([1]) * 32).jwk, Weierstrass(2).jwk
    found = run("client", "jwks", NORTH, key_set(room, one), "--json").json
    assert (len(found["added"]), found["kept"], found["ending"]) == (1, [], [])
    (key,) = the_client(run)["keys"]
    assert (key["kind"], key["thumbprint"], key["scopes"]) == (
        "public-key",
        found["added"][0],
        ["reputation:events", "verifier:policies", "verifier:sessions", "verifier:webhooks"],
    )
    outcome = run("client", "jwks", NORTH, key_set(room, two), "--scope", "verifier:sessions", "--overlap", "0")
    assert outcome.code == 0
    assert {key["state"]: key["scopes"] for key in the_client(run)["keys"]} == {
        "expired": ["reputation:events", "verifier:policies", "verifier:sessions", "verifier:webhooks"],
        "live": ["verifier:sessions"],
    }
    live = next(key["thumbprint"] for key in the_client(run)["keys"] if key["state"] == "live")
    assert run("client", "revoke", "--key", live).code == 0
    assert live in run("client", "list").out.replace("\n", "")
    again = run("client", "jwks", NORTH, key_set(room, two))
    assert again.code == 1
    assert "registered before" in again.complaint


def test_roles_are_those_of_the_matrix(run: Run) -> None:
    found = run("client", "roles", "--json").json["roles"]
    assert {role: set(scopes) for role, scopes in found.items()} == {
        role.value: {scope.value for scope in scopes} for role, scopes in ROLES.items()
    }
    shown = {name for scopes in found.values() for names in scopes.values() for name in names}
    assert shown == {name for name, access in OPERATIONS.items() if access.scopes}
    assert "readSession" in run("client", "roles").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("register", NORTH), "--role"),
        (("register", NORTH, "--role", "king"), ", ".join(Role)),
        (("register", "North!", "--role", "venue"), "lower-case"),
        (("rotate", NORTH, "--overlap", "32"), "--overlap"),
        (("jwks", NORTH, "absent.json"), "the JWK Set cannot be read"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], words: str, run: Run, data: Path) -> None:
    outcome = run("client", *arguments)
    assert outcome.code == 2
    assert words in outcome.complaint
    assert run("client", "list", "--json").json == {"clients": []}


def test_a_private_key_is_not_taken(run: Run, data: Path, room: Path) -> None:
    register(run)
    outcome = run("client", "jwks", NORTH, key_set(room, {**Edwards(bytes(32)).jwk, "d": "secret-half"}))
    assert outcome.code == 2
    assert "never leaves its owner" in outcome.complaint
    assert "secret-half" not in outcome.err
    assert the_client(run)["keys"] == []
