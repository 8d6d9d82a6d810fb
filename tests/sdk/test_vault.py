"""Are secrets at rest safe from everyone without the passphrase, and is every change to them noticed?"""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path

import pytest

from credence.circuits.encoding import Rng, u32le
from credence.sdk import vault as vaults
from credence.sdk.errors import VaultChanged, VaultTampered, VaultUnavailable, WeakPassphrase, WrongPassphrase
from credence.sdk.vault import CEILING, DEFAULT, FLOOR, SealParameters, VaultFile, seal, unseal

PASSPHRASE = "correct horse battery"
SECRET = b"the root secret and everything that follows from it"
# The least that Argon2 runs with: these tests ask what is noticed, not what a guess costs.
CHEAP = SealParameters(iterations=1, lanes=1, memory_kib=8)
HEADER = 84


@pytest.fixture
def sealed(rng: Rng) -> bytes:
    return seal(SECRET, PASSPHRASE, rng, parameters=CHEAP, least=CHEAP)[0]


@pytest.fixture
def vault(rng: Rng, tmp_path: Path) -> VaultFile:
    return VaultFile.create(tmp_path / "vault", PASSPHRASE, SECRET, rng, parameters=CHEAP, least=CHEAP)


def open_file(path: Path, rng: Rng, passphrase: str = PASSPHRASE) -> bytes:
    return VaultFile.open(path, passphrase, rng, least=CHEAP)[1]


# --- sealing ---


def test_what_was_sealed_comes_back(sealed: bytes) -> None:
    contents, key = unseal(sealed, PASSPHRASE, least=CHEAP)
    assert contents == SECRET
    assert SECRET not in sealed
    assert "_seal" not in repr(key)


def test_the_default_parameters_work_and_stand_in_the_header(rng: Rng) -> None:
    sealed, _ = seal(SECRET, PASSPHRASE, rng)
    assert sealed[8:24] == u32le(1) + u32le(3) + u32le(4) + u32le(65_536)
    assert unseal(sealed, PASSPHRASE)[0] == SECRET


def test_two_seals_share_neither_salt_nor_nonce_nor_key(rng: Rng) -> None:
    one, two = (seal(SECRET, PASSPHRASE, rng, parameters=CHEAP, least=CHEAP)[0] for _ in range(2))
    assert one[24:40] != two[24:40]
    assert one[40:52] != two[40:52]
    assert one[HEADER:] != two[HEADER:]


def test_resealing_draws_a_new_nonce(rng: Rng) -> None:
    one, key = seal(SECRET, PASSPHRASE, rng, parameters=CHEAP, least=CHEAP)
    two = key.seal(SECRET, rng)
    assert one[:40] == two[:40]
    assert one[40:52] != two[40:52]
    assert unseal(two, PASSPHRASE, least=CHEAP)[0] == SECRET


def test_a_passphrase_is_the_same_on_every_keyboard(rng: Rng) -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    sealed, _ = seal(SECRET, composed, rng, parameters=CHEAP, least=CHEAP)
    assert unseal(sealed, decomposed, least=CHEAP)[0] == SECRET


@pytest.mark.parametrize("passphrase", ["correct horse batterz", "Correct horse battery", PASSPHRASE + " ", ""])
def test_a_wrong_passphrase_is_named_as_such(sealed: bytes, passphrase: str) -> None:
    with pytest.raises(WrongPassphrase):
        unseal(sealed, passphrase, least=CHEAP)


def test_a_short_passphrase_seals_nothing(rng: Rng) -> None:
    with pytest.raises(WeakPassphrase):
        seal(SECRET, "seven c", rng, parameters=CHEAP, least=CHEAP)
    seal(SECRET, "eight ch", rng, parameters=CHEAP, least=CHEAP)


def test_every_changed_bit_of_the_contents_is_tampering(sealed: bytes) -> None:
    """The header says that the passphrase is right, so this can only be tampering."""
    key = unseal(sealed, PASSPHRASE, least=CHEAP)[1]
    for position in range(HEADER, len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises(VaultTampered):
                key.unseal(bytes(changed))


def test_every_changed_byte_of_the_header_is_noticed(sealed: bytes) -> None:
    """A wrong passphrase and a changed header look alike; either is refused."""
    for position in range(HEADER):
        changed = bytearray(sealed)
        changed[position] ^= 0x01
        with pytest.raises((VaultTampered, WrongPassphrase)):
            unseal(bytes(changed), PASSPHRASE, least=CHEAP)


@pytest.mark.parametrize("length", [0, 1, 8, HEADER - 1, HEADER, HEADER + 15])
def test_a_cut_vault_is_tampered(sealed: bytes, length: int) -> None:
    with pytest.raises(VaultTampered):
        unseal(sealed[:length], PASSPHRASE, least=CHEAP)


def test_a_trailing_byte_is_tampering(sealed: bytes) -> None:
    with pytest.raises(VaultTampered):
        unseal(sealed + b"\x00", PASSPHRASE, least=CHEAP)


def test_the_ciphertext_of_one_vault_does_not_open_in_another(rng: Rng, sealed: bytes) -> None:
    other, _ = seal(SECRET, PASSPHRASE, rng, parameters=CHEAP, least=CHEAP)
    with pytest.raises(VaultTampered):
        unseal(sealed[:HEADER] + other[HEADER:], PASSPHRASE, least=CHEAP)


# --- parameters ---


def test_a_vault_below_the_floor_is_refused_before_anything_is_derived(
    sealed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "Argon2id", None)
    with pytest.raises(VaultTampered, match="bounds"):
        unseal(sealed, PASSPHRASE)


@pytest.mark.parametrize("name", ["iterations", "lanes", "memory_kib"])
def test_each_parameter_has_a_floor_and_a_ceiling(rng: Rng, name: str) -> None:
    assert FLOOR.within(FLOOR, CEILING)
    assert CEILING.within(FLOOR, CEILING)
    assert DEFAULT.within(FLOOR, CEILING)
    for limit, step in ((FLOOR, -1), (CEILING, 1)):
        outside = dataclasses.replace(limit, **{name: getattr(limit, name) + step})
        with pytest.raises(VaultUnavailable, match="bounds"):
            seal(SECRET, PASSPHRASE, rng, parameters=outside)


@pytest.mark.parametrize("offset", [12, 16, 20])
def test_a_header_that_would_exhaust_the_machine_is_refused(sealed: bytes, offset: int) -> None:
    changed = sealed[:offset] + u32le(2**32 - 1) + sealed[offset + 4 :]
    with pytest.raises(VaultTampered, match="bounds"):
        unseal(changed, PASSPHRASE, least=CHEAP)


def test_cheaper_parameters_cannot_be_written_into_a_header(rng: Rng) -> None:
    """Above the floor the key itself depends on the parameters."""
    dear = SealParameters(iterations=2, lanes=1, memory_kib=16)
    sealed, _ = seal(SECRET, PASSPHRASE, rng, parameters=dear, least=CHEAP)
    with pytest.raises(WrongPassphrase):
        unseal(sealed[:12] + u32le(1) + sealed[16:], PASSPHRASE, least=CHEAP)
    assert unseal(sealed, PASSPHRASE, least=CHEAP)[0] == SECRET


def test_another_version_is_refused(sealed: bytes) -> None:
    with pytest.raises(VaultTampered, match="version"):
        unseal(sealed[:8] + u32le(2) + sealed[12:], PASSPHRASE, least=CHEAP)


# --- the file ---


def test_a_vault_file_is_its_owners_alone(vault: VaultFile, tmp_path: Path, rng: Rng) -> None:
    path = tmp_path / "vault"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    vault.write(b"more")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / ".vault.lock").stat().st_mode) == 0o600
    assert open_file(path, rng) == b"more"
    assert sorted(file.name for file in tmp_path.iterdir()) == [".vault.lock", "vault"]


def test_a_vault_is_never_made_over_another_file(tmp_path: Path, rng: Rng) -> None:
    path = tmp_path / "vault"
    path.write_bytes(b"something dear")
    with pytest.raises(VaultUnavailable, match="already"):
        VaultFile.create(path, PASSPHRASE, SECRET, rng, parameters=CHEAP, least=CHEAP)
    assert path.read_bytes() == b"something dear"


def test_a_missing_vault_is_named_as_such(tmp_path: Path, rng: Rng) -> None:
    with pytest.raises(VaultUnavailable, match="no vault"):
        open_file(tmp_path / "vault", rng)
    with pytest.raises(VaultUnavailable, match="no vault"):
        VaultFile.create(tmp_path / "none" / "vault", PASSPHRASE, SECRET, rng, parameters=CHEAP, least=CHEAP)


def test_a_folder_is_no_vault(tmp_path: Path, rng: Rng) -> None:
    with pytest.raises(VaultUnavailable):
        open_file(tmp_path, rng)


def test_what_another_process_wrote_is_not_overwritten(vault: VaultFile, tmp_path: Path, rng: Rng) -> None:
    other, _ = VaultFile.open(tmp_path / "vault", PASSPHRASE, rng, least=CHEAP)
    other.write(b"theirs")
    with pytest.raises(VaultChanged, match="another process"):
        vault.write(b"ours")
    assert open_file(tmp_path / "vault", rng) == b"theirs"
    other.write(b"theirs again")


def test_a_link_to_a_vault_is_that_vault(vault: VaultFile, tmp_path: Path, rng: Rng) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "vault")
    linked, _ = VaultFile.open(tmp_path / "link", PASSPHRASE, rng, least=CHEAP)
    linked.write(b"by the link")
    assert (tmp_path / "link").is_symlink()
    with pytest.raises(VaultChanged):
        vault.write(b"ours")
    assert open_file(tmp_path / "vault", rng) == b"by the link"


def test_nothing_is_written_that_could_not_be_read(
    vault: VaultFile, tmp_path: Path, rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = len((tmp_path / "vault").read_bytes())
    monkeypatch.setattr(vaults, "MAX_FILE", longest)
    with pytest.raises(VaultUnavailable, match="larger"):
        vault.write(SECRET + b"!")
    assert open_file(tmp_path / "vault", rng) == SECRET
    vault.write(SECRET[::-1])
    assert open_file(tmp_path / "vault", rng) == SECRET[::-1]


def test_a_write_that_fails_leaves_the_old_vault(
    vault: VaultFile, tmp_path: Path, rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultUnavailable):
        vault.write(b"more")
    monkeypatch.undo()
    assert open_file(tmp_path / "vault", rng) == SECRET
    assert sorted(file.name for file in tmp_path.iterdir()) == [".vault.lock", "vault"]
    vault.write(b"more")


def test_a_creation_that_fails_leaves_nothing(tmp_path: Path, rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(VaultUnavailable):
        VaultFile.create(tmp_path / "vault", PASSPHRASE, SECRET, rng, parameters=CHEAP, least=CHEAP)
    assert list(tmp_path.iterdir()) == []


def test_a_file_too_large_for_a_vault_is_not_read_whole(
    vault: VaultFile, tmp_path: Path, rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "MAX_FILE", 10)
    with pytest.raises(VaultTampered, match="too large"):
        open_file(tmp_path / "vault", rng)
