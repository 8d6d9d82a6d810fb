"""Can a sandbox be switched on over something that matters, or be told by an environment that is another's?"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.service.app import initialise, open_services
from credence.service.app.sandboxed import MARK, PASSPHRASE, sandbox_mark
from credence.service.errors import InvalidRequest
from credence.service.keys import KeyringRefused
from credence.service.sandbox import FolderRefused, Sandbox, claim
from credence.service.sandbox.installation import sandbox_settings
from credence.service.sandbox.names import LATEST, START
from credence.service.sandbox.predictable import PredictableBytes
from credence.service.sandbox.still_clock import StillClock
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import NOW


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_installation_is_not_taken(pristine: Path) -> None:
    before = contents(pristine)
    with pytest.raises(FolderRefused, match="not empty"):
        claim(pristine)
    assert contents(pristine) == before


def test_a_folder_with_another_mark_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text("mine\n")
    with pytest.raises(FolderRefused):
        claim(tmp_path)
    assert contents(tmp_path) == {MARK: b"mine\n"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderRefused):
        claim(tmp_path / "file")


def test_a_folder_of_ones_own_is_taken_again_and_what_others_put_there_stays(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "new" / "deeper"):
        folder = claim(path)
        (folder.installation).mkdir()
        (path / "notes.txt").write_text("mine")
        claim(path).empty()
        assert contents(folder.installation).keys() == {MARK}
        assert (path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["keyring.json", "master.key", "credence.sqlite3"])
def test_an_installation_beside_a_sandbox_is_not_taken(tmp_path: Path, name: str) -> None:
    claim(tmp_path)
    claim(tmp_path)  # the twin
    (tmp_path / name).write_text("theirs")
    with pytest.raises(FolderRefused, match="installation"):
        claim(tmp_path)
    assert (tmp_path / name).read_text() == "theirs"


def test_a_sandbox_is_known_by_its_mark_and_by_what_opens_it(sandbox: Sandbox, tmp_path: Path, pristine: Path) -> None:
    of_sandbox = sandbox._settings
    assert sandbox_mark(of_sandbox) == str(of_sandbox.data_dir / MARK)
    copied = Settings.load(data_dir=tmp_path, keyring_file=of_sandbox.keyring_path)
    assert sandbox_mark(copied) == str(of_sandbox.data_dir / MARK)
    assert sandbox_mark(Settings.load(data_dir=tmp_path, master_passphrase=PASSPHRASE)) == "its passphrase"
    assert sandbox_mark(Settings.load(data_dir=pristine, master_passphrase=PASSPHRASE + "!")) is None
    assert sandbox_mark(Settings.load(data_dir=pristine)) is None


def test_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_DATABASE_URL", "postgresql://u@127.0.0.1:1/people")
    monkeypatch.setenv("CREDENCE_DATA_DIR", str(tmp_path / "theirs"))
    monkeypatch.setenv("CREDENCE_MASTER_KEY_FILE", str(tmp_path / "theirs" / "master.key"))
    assert "people" in Settings.load().database_of("issuer")
    found = sandbox_settings(tmp_path / "ours", "http://127.0.0.1:1", {})
    assert found.database_of("issuer") == f"sqlite:///{tmp_path / 'ours' / 'credence.sqlite3'}"
    assert found.master_key_file is None


def test_a_sandbox_is_not_served_as_an_installation(tmp_path: Path, curve: Curve, rng: SeededBytes) -> None:
    """The keys are public: an operator who names the folder by mistake is refused."""
    settings = sandbox_settings(tmp_path / "data", "http://127.0.0.1:1", {})
    initialise(settings, clock=lambda: NOW, rng=PredictableBytes("installation"), curve=curve)
    mistaken = Settings.load(data_dir=settings.data_dir)
    with pytest.raises(KeyringRefused):
        open_services(mistaken, clock=lambda: NOW, rng=rng, curve=curve)


def test_an_installation_is_not_opened_by_the_sandboxes_passphrase(pristine: Path, rng: SeededBytes, curve: Curve) -> None:
    settings = sandbox_settings(pristine, "http://127.0.0.1:1", {})
    with pytest.raises(KeyringRefused):
        initialise(settings, clock=lambda: NOW, rng=rng, curve=curve)
    with pytest.raises(KeyringRefused, match="not opened by a passphrase"):
        open_services(settings, clock=lambda: NOW, rng=rng, curve=curve)
    assert settings.master_passphrase is not None
    assert settings.master_passphrase.get_secret_value() == PASSPHRASE


def test_predictable_bytes_are_told_by_their_purpose_alone() -> None:
    whole = PredictableBytes("one")(100)
    pieces = PredictableBytes("one")
    assert pieces(1) + pieces(0) + pieces(99) == whole
    assert PredictableBytes("another")(100) != whole


def test_a_clock_goes_forward_alone() -> None:
    clock = StillClock(START, latest=LATEST)
    assert clock.forward(5) == clock() == START + 5
    for seconds in (-1, LATEST - START):
        with pytest.raises(InvalidRequest):
            clock.forward(seconds)
    assert clock() == START + 5
    assert clock.forward(LATEST - START - 5) == LATEST
