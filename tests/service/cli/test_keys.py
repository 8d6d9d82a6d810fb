"""``credence keys``."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def shown(run: Run, purpose: str) -> list[dict[str, object]]:
    return [key for key in run("keys", "list", "--json").json["keys"] if key["purpose"] == purpose]


def test_a_key_is_rotated_and_the_one_before_ends_when_it_may(run: Run, data: Path) -> None:
    (first,) = shown(run, "receipt-ed25519")
    made = run("keys", "rotate", "receipt-ed25519", "--json").json["made"]
    assert [key["key_id"] for key in shown(run, "receipt-ed25519")] == [first["key_id"], made["key_id"]]
    early = run("keys", "retire", "receipt-ed25519", str(first["key_id"]))
    assert early.code == 1
    assert "is in use until" in early.complaint
    assert run("keys", "rotate", "receipt-ed25519").code == 1, "that would end it as well"
    ended = run("keys", "retire", "receipt-ed25519", str(first["key_id"]), "--now", "--json")
    assert ended.json["retired"]["retired"] is not None
    for wrong in (str(first["key_id"]), made["key_id"], "0" * 16):
        outcome = run("keys", "retire", "receipt-ed25519", wrong, "--now")
        assert (outcome.code, "only a live key" in outcome.complaint) == (1, True)


def test_at_most_two_keys_live(run: Run, data: Path) -> None:
    for _ in range(3):
        assert run("keys", "rotate", "api-key", "--now").code == 0
    assert [key["retired"] is None for key in shown(run, "api-key")] == [False, False, True, True]


def test_a_permanent_key_is_refused_with_its_reason(run: Run, data: Path) -> None:
    for purpose, why in (("ledger-ed25519", "begins a new log"), ("issuer-identity-tag", "found again")):
        for flags in ((), ("--now",)):
            outcome = run("keys", "rotate", purpose, *flags)
            assert (outcome.code, why in outcome.complaint) == (1, True)
    assert len(shown(run, "ledger-ed25519")) == 1


def test_an_unknown_purpose_is_a_mistake_of_the_command_line(run: Run, data: Path) -> None:
    outcome = run("keys", "rotate", "receipts")
    assert outcome.code == 2
    assert "receipt-ed25519" in outcome.complaint


def test_another_key_file_opens_the_keyring(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run("keys", "list", "--json").json
    outcome = run("keys", "reseal", "--to-key-file", str(data / "other.key"))
    assert outcome.code == 0, outcome.complaint
    assert run("keys", "list").code == 3, "the key file of before opens nothing"
    monkeypatch.setenv("CREDENCE_MASTER_KEY_FILE", str(data / "other.key"))
    assert run("keys", "list", "--json").json == before


def test_a_keyring_is_resealed_with_one_thing(run: Run, data: Path) -> None:
    (data / "short").write_text("hunter2\n")
    (data / "short").chmod(0o600)
    for wrong, code in (
        ((), 2),
        (("--to-key-file", "a", "--to-passphrase-file", "b"), 2),
        (("--to-command", "kms-client"), 2),
        (("--to-command", '/bin/kms "'), 2),
        (("--to-passphrase-file", str(data / "short")), 3),
        (("--to-command", "/nowhere/kms"), 3),
    ):
        assert run("keys", "reseal", *wrong).code == code, wrong
    assert run("keys", "list").code == 0


def test_a_passphrase_is_read_the_same_way_everywhere(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = data / "words"
    file.write_text("  correct horse battery \r\n")
    file.chmod(0o644)
    outcome = run("keys", "reseal", "--to-passphrase-file", str(file))
    assert (outcome.code, "0600" in outcome.complaint) == (3, True)
    file.chmod(0o600)
    assert run("keys", "reseal", "--to-passphrase-file", str(file)).code == 0
    monkeypatch.setenv("CREDENCE_MASTER_PASSPHRASE", "correct horse battery")
    assert run("keys", "list").code == 0


def test_what_moved_to_a_keeper_is_rotated_there(run: Run, data: Path, room: Path) -> None:
    folder = room / "s"
    assert run("keys", "split", "signer", str(folder)).code == 0
    before = run("keys", "list", "--json").json
    outcome = run("keys", "rotate", "issuer-bbs")
    assert (outcome.code, "--data-dir" in outcome.complaint) == (1, True)
    assert run("keys", "list", "--json").json == before
    assert run("keys", "rotate", "issuer-bbs", "--data-dir", str(folder)).code == 0
    outcome = run("keys", "rotate", "issuer-bbs", "--data-dir", str(folder))
    assert (outcome.code, "a keeper does not know" in outcome.complaint) == (1, True)
    assert run("keys", "rotate", "issuer-bbs", "--data-dir", str(folder), "--now").code == 0


def test_a_keepers_own_passphrase_opens_its_folder(
    run: Run, data: Path, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = room / "words"
    words.write_text("the keeper's own words\n")
    words.chmod(0o600)
    assert run("keys", "split", "signer", str(room / "s"), "--passphrase-file", str(words)).code == 0
    outcome = run("keys", "list", "--data-dir", str(room / "s"))
    assert (outcome.code, "CREDENCE_KEEPER_PASSPHRASE" in outcome.complaint) == (3, True)
    monkeypatch.setenv("CREDENCE_KEEPER_PASSPHRASE", "the keeper's own words")
    assert run("keys", "list", "--data-dir", str(room / "s")).code == 0
