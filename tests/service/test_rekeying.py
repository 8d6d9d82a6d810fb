"""Does a running process take up another keyring by itself, and go on where that is none?"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.service.app.installation import open_keyring
from credence.service.app.rekeying import Rekeying
from credence.service.keys import FileMaster, Keyring, KeyringRefused, PassphraseMaster, Purpose, create_master_file
from credence.service.keys.files import MAX_BYTES, read_private, write_private
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Starter
from tests.service.test_keys import CHEAP, PASSPHRASE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


@pytest.fixture
def master(tmp_path: Path, rng: SeededBytes) -> FileMaster:
    return create_master_file(tmp_path / "master.key", rng)


@pytest.fixture
def keyring(path: Path, master: FileMaster, rng: SeededBytes, curve: Curve) -> Keyring:
    return Keyring.create(path, master, now=NOW, rng=rng, curve=curve)


def test_what_another_process_did_is_taken_up_once(keyring: Keyring, path: Path, master: FileMaster, curve: Curve) -> None:
    other = Keyring.open(path, master)
    assert keyring.refresh() is False
    made = other.rotate(Purpose.RECEIPT, now=NOW, rng=secrets.token_bytes, curve=curve)
    assert keyring.current(Purpose.RECEIPT) != made
    assert [keyring.refresh(), keyring.refresh()] == [True, False]
    assert keyring.current(Purpose.RECEIPT) == made
    assert keyring.opened(Purpose.RECEIPT) == other.opened(Purpose.RECEIPT)
    assert [version for version, _ in keyring.opened(Purpose.RECEIPT)] == list(keyring.live(Purpose.RECEIPT))


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"{}"), lambda path: path.unlink()])
def test_a_file_that_is_no_keyring_leaves_the_keys_as_they_are(
    keyring: Keyring, path: Path, spoil: Callable[[Path], object]
) -> None:
    whole, before = path.read_bytes(), keyring.opened(Purpose.API_KEY)
    spoil(path)
    with pytest.raises(KeyringRefused):
        keyring.refresh()
    assert keyring.refresh() is False, "the same file is not looked at twice"
    assert keyring.opened(Purpose.API_KEY) == before
    path.write_bytes(whole)
    path.chmod(0o600)
    assert keyring.refresh() is False
    assert keyring.opened(Purpose.API_KEY) == before


def test_a_keyring_moves_to_another_master(
    keyring: Keyring, path: Path, master: FileMaster, tmp_path: Path, rng: SeededBytes, curve: Curve
) -> None:
    running, before = Keyring.open(path, master), {purpose: keyring.opened(purpose) for purpose in Purpose}
    keyring.reseal(PassphraseMaster(PASSPHRASE, CHEAP), rng)
    again = Keyring.open(path, PassphraseMaster(PASSPHRASE))
    assert {purpose: again.opened(purpose) for purpose in Purpose} == before
    with pytest.raises(KeyringRefused, match="not opened by a key file"):
        Keyring.open(path, master)
    with pytest.raises(KeyringRefused):
        running.refresh()
    assert {purpose: running.opened(purpose) for purpose in Purpose} == before
    keyring.rotate(Purpose.RECEIPT, now=NOW, rng=rng, curve=curve)  # it goes on under the new master
    other = create_master_file(tmp_path / "other.key", rng)
    keyring.reseal(other, rng)
    assert Keyring.open(path, other).versions() == keyring.versions()
    with pytest.raises(KeyringRefused, match="another key"):
        Keyring.open(path, master)


def test_a_keyring_that_no_master_locks_stays_as_it_is(keyring: Keyring, path: Path, rng: SeededBytes) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyringRefused, match="12 characters"):
        keyring.reseal(PassphraseMaster("hunter2", CHEAP), rng)
    assert path.read_bytes() == before


def test_a_file_that_could_not_be_read_again_is_not_written(path: Path) -> None:
    write_private(path, bytes(MAX_BYTES))
    with pytest.raises(KeyringRefused, match="too large"):
        write_private(path, bytes(MAX_BYTES + 1), replace=True)
    assert read_private(path) == bytes(MAX_BYTES)


def test_every_look_is_followed_and_a_failure_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[str] = []

    def look() -> bool:
        looks.append("look")
        if len(looks) == 1:
            raise KeyringRefused("the keyring file is malformed")
        return True

    def follow() -> None:
        looks.append("follow")
        if len(looks) == 2:
            raise RuntimeError

    async def run() -> None:
        task = Rekeying(look, follow, 0.001)
        running = asyncio.create_task(task.run())
        for _ in range(2_000):
            if len(looks) >= 6:
                break
            await asyncio.sleep(0.001)
        task.stop()
        await asyncio.wait_for(running, 5)

    asyncio.run(run())
    assert looks[:4] == ["look", "follow", "look", "follow"]


def test_a_running_service_uses_a_key_that_a_command_made(
    started: Starter, installed: Settings, rng: SeededBytes, curve: Curve
) -> None:
    running = started(("verifier", "log"))
    made = open_keyring(installed).rotate(Purpose.RECEIPT, now=NOW, rng=rng, curve=curve)
    assert running.services.keyring.refresh() in (True, False)  # by itself within a second, or now
    keys = running.client.get("/v1/verifier/document").json()["receipt_keys"]
    assert keys[0]["key_id"] == made.key_id
    assert len(keys) == 2
