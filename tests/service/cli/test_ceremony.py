"""``credence keys ceremony`` as the people in the room go through it, and what does not hold afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from credence.circuits.leaf import ATTESTATION_LEAF
from credence.service.app.installation import open_keyring
from credence.service.cli.opening import opened
from credence.service.issuer.records import IssuerOutbox
from credence.service.keys import Purpose
from credence.service.ledger import post
from credence.service.settings import Settings
from tests.service.cli.conftest import Outcome, Run, run_command

PEOPLE = ("ada", "grace")


def committed(run: Run, room: Path, name: str, *more: str) -> None:
    files = ("--contribution", str(room / f"{name}.secret"), "--out", str(room / f"{name}.commitment"), *more)
    outcome = run("keys", "commit", name, *files)
    assert outcome.code == 0, outcome.complaint


def held(run: Run, room: Path, *more: str) -> Outcome:
    """The ceremony of everybody who committed."""
    files = [word for name in PEOPLE for word in ("--commitment", str(room / f"{name}.commitment"))]
    files += [word for name in PEOPLE for word in ("--contribution", str(room / f"{name}.secret"))]
    return run("keys", "ceremony", "--out", str(room / "transcript.json"), "--yes", *files, *more)


@pytest.fixture(scope="session")
def gone_through(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ceremony that was signed and is in the log; never touched again."""
    room, run = tmp_path_factory.mktemp("ceremony"), run_command
    data, path = ("--data-dir", str(room / "credence-data")), room / "transcript.json"
    (room / "dice").write_text("6 3 1 4 4 2 5 1 6 6 2 3")
    committed(run, room, "ada", "--from", str(room / "dice"), "--signing-key", str(room / "ada.key"))
    committed(run, room, "grace")
    outcome = held(run, room, *data)
    assert outcome.code == 0, outcome.complaint
    assert run("keys", "check-ceremony", str(path), *data).code == 1, "unsigned"
    signed = run("keys", "sign-ceremony", str(path), "--name", "ada", "--signing-key", str(room / "ada.key"))
    assert signed.code == 0, signed.complaint
    return room


@pytest.fixture
def transcript(gone_through: Path, room: Path) -> Path:
    """Of a copy of it, in the room."""
    shutil.copytree(gone_through, room, dirs_exist_ok=True)
    return room / "transcript.json"


def checked(run: Run, path: Path, *more: str) -> Outcome:
    return run("keys", "check-ceremony", str(path), *more)


def test_a_ceremony_makes_an_installation_and_can_be_checked(run: Run, room: Path, transcript: Path) -> None:
    said = json.loads(transcript.read_text())
    assert [each["name"] for each in said["participants"]] == list(PEOPLE)
    assert {key["purpose"] for key in said["keys"]} == {purpose.value for purpose in Purpose}
    assert said["software"].keys() == {"credence", "python", "engine"}
    assert said["issuing"]["key_id"] == open_keyring(Settings.load()).current(Purpose.ISSUER_BBS).key_id
    outcome = checked(run, transcript, "--contribution", str(room / "ada.secret"), "--json")
    assert (outcome.code, outcome.json["ok"]) == (0, True)
    secret = json.loads((room / "ada.secret").read_text())["entropy"]
    assert secret not in transcript.read_text()
    assert held(run, room).code == 1, "there is an installation now"


def test_a_rotated_key_is_still_the_one_that_was_made(run: Run, transcript: Path) -> None:
    assert run("keys", "rotate", "issuer-bbs").code == 0
    assert checked(run, transcript).code == 0


def another_key(said: dict[str, Any]) -> None:
    said["issuing"]["key_id"] = said["keys"][0]["key_id"] = "0" * 16


def another_time(said: dict[str, Any]) -> None:
    said["made_at"] += 1


def nobody_signed(said: dict[str, Any]) -> None:
    said["signatures"] = {}


def one_more(said: dict[str, Any]) -> None:
    said["signatures"]["grace"] = said["signatures"]["ada"]


def another_commitment(said: dict[str, Any]) -> None:
    said["participants"][1]["commitment"] = said["participants"][0]["commitment"]


def other_software(said: dict[str, Any]) -> None:
    said["software"]["credence"] = "0.0.0"


def test_what_was_altered_does_not_hold(run: Run, transcript: Path) -> None:
    whole = transcript.read_text()
    for edit in (another_key, another_time, nobody_signed, one_more, another_commitment, other_software):
        said = json.loads(whole)
        edit(said)
        transcript.write_text(json.dumps(said))
        assert checked(run, transcript).code == 1, edit.__name__
    transcript.write_text(whole)
    assert checked(run, transcript).code == 0


def test_a_transcript_that_is_not_in_the_log_does_not_hold(run: Run, room: Path, transcript: Path) -> None:
    """Signed and all: the log is asked for the very transcript."""
    said = json.loads(transcript.read_text())
    said["participants"].pop()
    transcript.write_text(json.dumps(said))
    signed = run("keys", "sign-ceremony", str(transcript), "--name", "ada", "--signing-key", str(room / "ada.key"))
    assert signed.code == 0
    outcome = checked(run, transcript)
    assert (outcome.code, "does not hold the transcript" in outcome.complaint) == (1, True)


@pytest.mark.slow
def test_a_contribution_that_was_not_committed_to_makes_no_keys(run: Run, room: Path) -> None:
    for name in PEOPLE:
        committed(run, room, name)
    good = (room / "grace.secret").read_text()
    swapped = json.loads(good) | {"entropy": json.loads((room / "ada.secret").read_text())["entropy"]}
    (room / "grace.secret").write_text(json.dumps(swapped))
    outcome = held(run, room)
    assert (outcome.code, "not what was committed to" in outcome.complaint) == (1, True)
    assert not Settings.load().keyring_path.exists()
    (room / "grace.secret").write_text(good)
    assert held(run, room).code == 0


def test_everybody_who_committed_contributes(run: Run, room: Path) -> None:
    for name in (*PEOPLE, "late"):
        committed(run, room, name)
    for extra in (("--commitment", str(room / "late.commitment")), ("--contribution", str(room / "late.secret"))):
        outcome = held(run, room, *extra)
        assert (outcome.code, "everybody who committed" in outcome.complaint) == (2, True)
    assert run("keys", "ceremony", "--out", str(room / "none.json"), "--yes").code == 2


def test_nobody_signs_for_somebody_else(run: Run, room: Path, transcript: Path) -> None:
    committed(run, room, "eve", "--signing-key", str(room / "eve.key"))
    for name in ("ada", "grace", "eve"):
        outcome = run("keys", "sign-ceremony", str(transcript), "--name", name, "--signing-key", str(room / "eve.key"))
        assert outcome.code == 1
    assert checked(run, transcript).code == 0


def test_a_contribution_is_never_written_over(run: Run, room: Path) -> None:
    committed(run, room, "ada")
    before = (room / "ada.secret").read_bytes()
    files = ("--contribution", str(room / "ada.secret"), "--out", str(room / "other"))
    assert run("keys", "commit", "ada", *files).code == 1
    assert (room / "ada.secret").read_bytes() == before
    assert (room / "ada.secret").stat().st_mode & 0o077 == 0


def test_without_anybody_who_signs_there_was_no_ceremony(run: Run, transcript: Path) -> None:
    whole = transcript.read_text()
    transcript.write_text(json.dumps({**json.loads(whole), "participants": [], "signatures": {}}))
    outcome = checked(run, transcript)
    assert (outcome.code, "nobody took part" in outcome.complaint) == (1, True)
    transcript.write_text(whole)
    assert checked(run, transcript).code == 0


def test_it_says_whose_keys_signed(run: Run, transcript: Path) -> None:
    said = json.loads(transcript.read_text())
    ada = next(each["public_key"] for each in said["participants"] if each["name"] == "ada")
    assert f"signed by ada {ada}" in checked(run, transcript).out
    assert checked(run, transcript, "--json").json["signed"] == {"ada": ada}
    assert checked(run, transcript, "--json").json["entry_index"] == 0


def test_no_credential_came_before_it(run: Run, transcript: Path) -> None:
    leaf = bytes([9]) * 32
    with opened(None) as services:
        drawn = {"kind": ATTESTATION_LEAF, "leaf": leaf, "now": services.clock(), "rng": services.rng}
        services.store("issuer").run(lambda session: post(session, IssuerOutbox, **drawn))
        services.ledger.sequence()
    assert checked(run, transcript).code == 0
    with opened(None) as services, services.store("issuer").engine.begin() as connection:
        connection.execute(text("UPDATE issuer_outbox SET entry_index = -1 WHERE leaf = :leaf"), {"leaf": leaf})
    outcome = checked(run, transcript)
    assert (outcome.code, "before the transcript" in outcome.complaint) == (1, True)
