"""Do the keys of a duty leave the keyring for good, and does a keeper's folder open for its own duty alone?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.service.errors import Misconfigured
from credence.service.keys import FileMaster, Keyring, KeyringRefused, Purpose, create_master_file
from credence.service.keys.keeper import Duty, Keeping, keeping_of, master_of, split
from credence.service.keys.tally import Cap
from tests.conftest import SeededBytes
from tests.house.test_imports import run
from tests.service.conftest import NOW
from tests.service.keys.conftest import Keeper

PASSPHRASE = "correct horse battery staple"
WEB = "fastapi,starlette,uvicorn,sqlmodel,sqlalchemy,alembic,psycopg,pydantic_settings,httpx2,joserfc,prometheus_client"


@pytest.fixture
def whole(room: Path, curve: Curve, rng: SeededBytes) -> Keyring:
    master = create_master_file(room / "master.key", rng)
    return Keyring.create(room / "keyring.json", master, now=NOW, rng=rng, curve=curve)


def keeping(folder: Path, duty: Duty = Duty.SIGNER) -> Keeping:
    return Keeping(duty, folder / "s", frozenset({os.getuid()}), Cap(10, 100), log_vkey="x")


@pytest.mark.parametrize("duty", list(Duty))
def test_the_keys_move(whole: Keyring, room: Path, rng: SeededBytes, curve: Curve, duty: Duty) -> None:
    if duty is Duty.SIGNER:
        whole.rotate(Purpose.ISSUER_BBS, now=NOW, rng=rng, curve=curve)
    before = {purpose: whole.opened(purpose) for purpose in Purpose}
    part = split(whole, room / "keeper", keeping(room, duty), now=NOW + 9, rng=rng)
    assert {version.purpose for version in part.versions()} == duty.purposes | {Purpose.KEEPER}
    reopened = Keyring.open(room / "keyring.json", FileMaster(room / "master.key"))
    for ring in (whole, reopened):
        for purpose in Purpose:
            if purpose in duty.purposes:
                assert part.opened(purpose) == before[purpose]
                assert ring.live(purpose) == ()
                with pytest.raises(KeyringRefused):
                    ring.secret(purpose)
            else:
                assert ring.opened(purpose) == before[purpose]
    assert reopened.complete(now=NOW, rng=rng, curve=curve) == (), "nothing is made anew in their place"
    secret = before[min(duty.purposes)][0][1]
    assert secret not in {content for _purpose, content in reopened._content.secrets.items()}


def test_they_move_once(whole: Keyring, room: Path, rng: SeededBytes) -> None:
    split(whole, room / "keeper", keeping(room), now=NOW, rng=rng)
    for folder in ("keeper", "another"):
        with pytest.raises(KeyringRefused):
            split(whole, room / folder, keeping(room), now=NOW, rng=rng)
    split(whole, room / "tagger", keeping(room, Duty.TAGGER), now=NOW, rng=rng)


def test_what_fails_on_the_way_has_moved_nothing(whole: Keyring, room: Path, rng: SeededBytes) -> None:
    (room / "keeper").mkdir(mode=0o700)
    (room / "keeper" / "signer.log").write_text("in the way")
    with pytest.raises(KeyringRefused):
        split(whole, room / "keeper", keeping(room), now=NOW, rng=rng)
    reopened = Keyring.open(room / "keyring.json", FileMaster(room / "master.key"))
    assert len(whole.live(Purpose.ISSUER_BBS)) == len(reopened.live(Purpose.ISSUER_BBS)) == 1
    split(whole, room / "another", keeping(room), now=NOW, rng=rng)
    assert whole.live(Purpose.ISSUER_BBS) == ()


@pytest.mark.slow
def test_a_passphrase_opens_a_keepers_keyring_too(whole: Keyring, room: Path, rng: SeededBytes) -> None:
    part = split(whole, room / "keeper", keeping(room), now=NOW, rng=rng, passphrase=PASSPHRASE)
    assert not (room / "keeper" / "master.key").exists()
    (room / "secrets").mkdir()
    (room / "secrets" / "credence_keeper_passphrase").write_text(f"{PASSPHRASE}\n")
    for environment in ({"CREDENCE_SECRETS_DIR": str(room / "secrets")}, {"CREDENCE_KEEPER_PASSPHRASE": PASSPHRASE}):
        opened = Keyring.open(room / "keeper" / "keyring.json", master_of(room / "keeper", environment))
        assert opened.versions() == part.versions()
    for wrong in ({}, {"CREDENCE_KEEPER_PASSPHRASE": PASSPHRASE + "s"}, {"CREDENCE_MASTER_PASSPHRASE": PASSPHRASE}):
        with pytest.raises(KeyringRefused):
            Keyring.open(room / "keeper" / "keyring.json", master_of(room / "keeper", wrong))


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown duty": lambda found: found.update(duty="judge"),
    "an unknown field": lambda found: found.update(more=1),
    "no uid": lambda found: found.update(uids=[]),
    "a uid below zero": lambda found: found.update(uids=[-1]),
    "a cap of nothing": lambda found: found.update(per_minute=0),
    "an age that no log keeps": lambda found: found.update(max_age_seconds=59),
    "an age of a day": lambda found: found.update(max_age_seconds=86_400),
}


def test_a_folder_that_says_something_odd_is_refused(signer: Keeper) -> None:
    path = signer.folder / "keeper.json"
    good = json.loads(path.read_text())
    for name, change in CHANGES.items():
        found = dict(good)
        change(found)
        path.write_text(json.dumps(found))
        try:
            pytest.fail(f"{name}: {keeping_of(signer.folder)}")
        except Misconfigured:
            continue
    path.write_text(json.dumps(good))
    assert keeping_of(signer.folder).since == 0
    path.chmod(0o644)
    with pytest.raises(Misconfigured):
        keeping_of(signer.folder)


def test_a_signer_without_a_ledger_does_not_open(signer: Keeper) -> None:
    with pytest.raises(Misconfigured, match="log"), signer.opened(log_vkey=""):
        pass


def test_no_framework_and_no_database_is_in_a_keepers_process() -> None:
    names = ["keeper", "door", "knocking", "remote", "signer", "tagger", "signer_log", "stamp", "tally"]
    run(WEB, [f"credence.service.keys.{name}" for name in names])
    run(WEB, ["credence.service.cli.keepers"], "\nimport credence.circuits.curve as curves; curves.load()")


@pytest.mark.slow
def test_the_command_runs_without_them(room: Path) -> None:
    """The program itself comes as far as the folder."""
    code = (
        "import sys\n"
        f"sys.argv = ['credence', 'keys', 'signer', {str(room)!r}]\n"
        "from credence.service.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 3, end.code\n"
        f"assert not {set(WEB.split(','))!r} & {{name.split('.')[0] for name in sys.modules}}\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "key file is missing" in ended.stderr
