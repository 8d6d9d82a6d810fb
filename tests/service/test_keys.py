"""Does a key open for its own purpose alone, and only to its owner?"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u, b64u_decode, decode_scalar
from credence.service.errors import Misconfigured
from credence.service.keys import (
    ArgonCost,
    FileMaster,
    Keyring,
    KeyringRefused,
    PassphraseMaster,
    Purpose,
    create_master_file,
)
from credence.service.keys.seal import Seal
from tests.conftest import SeededBytes

NOW = 1_790_000_000
CHEAP = ArgonCost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def master(tmp_path: Path, rng: SeededBytes) -> FileMaster:
    return create_master_file(tmp_path / "master.key", rng)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


@pytest.fixture
def keyring(path: Path, master: FileMaster, rng: SeededBytes, curve: Curve) -> Keyring:
    return Keyring.create(path, master, now=NOW, rng=rng, curve=curve)


def test_reopened_keyring_has_the_same_keys(keyring: Keyring, path: Path, master: FileMaster) -> None:
    again = Keyring.open(path, master)
    assert again.versions() == keyring.versions()
    assert {version.purpose for version in again.versions()} == set(Purpose)
    for purpose in Purpose:
        assert again.secret(purpose) == keyring.secret(purpose)
        assert again.current(purpose).created == NOW


def test_two_who_complete_a_keyring_at_once_make_one_key_each(path: Path, master: FileMaster, curve: Curve) -> None:
    """As two processes do: each has opened the file before the other writes it."""
    old = [Purpose.API_KEY, Purpose.LEDGER]
    Keyring.create(path, master, now=NOW, rng=secrets.token_bytes, curve=curve, purposes=old)
    rings = [Keyring.open(path, master) for _ in range(8)]
    start = Barrier(len(rings))

    def complete(ring: Keyring) -> int:
        start.wait(10)
        return len(ring.complete(now=NOW, rng=secrets.token_bytes, curve=curve))

    with ThreadPoolExecutor(len(rings)) as pool:
        made = list(pool.map(complete, rings))
    assert sorted(made) == [0] * 7 + [len(Purpose) - len(old)]
    kept = Keyring.open(path, master)
    assert [len(kept.versions(purpose)) for purpose in Purpose] == [1] * len(Purpose)
    assert all(ring.versions() == kept.versions() for ring in rings)


def test_what_another_process_changed_is_not_lost(path: Path, master: FileMaster, keyring: Keyring, curve: Curve) -> None:
    other = Keyring.open(path, master)
    made = keyring.rotate(Purpose.RECEIPT, now=NOW, rng=secrets.token_bytes, curve=curve)
    other.rotate(Purpose.API_KEY, now=NOW, rng=secrets.token_bytes, curve=curve)
    kept = Keyring.open(path, master)
    assert kept.current(Purpose.RECEIPT) == made
    assert len(kept.live(Purpose.API_KEY)) == len(kept.live(Purpose.RECEIPT)) == 2
    assert kept.secret(Purpose.RECEIPT) == keyring.secret(Purpose.RECEIPT)


def test_a_file_that_was_exchanged_is_not_written_over(path: Path, keyring: Keyring, curve: Curve) -> None:
    path.write_text(path.read_text().replace('"created": 1790000000', '"created": 1790000001', 1))
    before = path.read_bytes()
    with pytest.raises(KeyringRefused):
        keyring.rotate(Purpose.RECEIPT, now=NOW, rng=secrets.token_bytes, curve=curve)
    assert path.read_bytes() == before


def test_no_two_purposes_share_a_secret(keyring: Keyring) -> None:
    assert len({keyring.secret(purpose) for purpose in Purpose}) == len(Purpose)
    assert {len(keyring.secret(purpose)) for purpose in Purpose} == {32}


def test_bbs_secret_is_a_scalar(keyring: Keyring) -> None:
    assert decode_scalar(keyring.secret(Purpose.ISSUER_BBS), zero_ok=False)


def test_only_ed25519_purposes_sign(keyring: Keyring) -> None:
    signing = {purpose for purpose in Purpose if purpose.is_ed25519}
    assert signing == {Purpose.RECEIPT, Purpose.TARIFF, Purpose.LEDGER, Purpose.ACCESS_TOKEN}
    for purpose in signing:
        key = keyring.signing_key(purpose)
        assert key.private_bytes_raw() == keyring.secret(purpose)
    for purpose in set(Purpose) - signing:
        with pytest.raises(KeyringRefused, match="no Ed25519 key"):
            keyring.signing_key(purpose)


def test_file_holds_no_secret(keyring: Keyring, path: Path, master: FileMaster) -> None:
    content = path.read_text()
    for secret in [keyring.secret(purpose) for purpose in Purpose] + [b64u_decode(master.path.read_text().strip())]:
        assert b64u(secret) not in content
        assert secret.hex() not in content
    assert "secret" not in repr(keyring)


def test_files_are_their_owners(keyring: Keyring, path: Path, master: FileMaster) -> None:
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, master.path)] == [0o600, 0o600]
    assert sorted(file.name for file in path.parent.iterdir()) == ["keyring.json", "master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
@pytest.mark.parametrize("which", ["keyring.json", "master.key"])
def test_files_that_others_may_touch_are_refused(
    keyring: Keyring, path: Path, master: FileMaster, which: str, mode: int
) -> None:
    (path.parent / which).chmod(mode)
    with pytest.raises(KeyringRefused, match="0600"):
        Keyring.open(path, master)
    (path.parent / which).chmod(0o400)
    Keyring.open(path, master)


def test_neither_file_is_overwritten(
    keyring: Keyring, path: Path, master: FileMaster, rng: SeededBytes, curve: Curve
) -> None:
    before = path.read_bytes(), master.path.read_bytes()
    with pytest.raises(KeyringRefused, match="exists"):
        Keyring.create(path, master, now=NOW, rng=rng, curve=curve)
    with pytest.raises(KeyringRefused, match="exists"):
        create_master_file(master.path, rng)
    assert (path.read_bytes(), master.path.read_bytes()) == before


def rewrite(path: Path, master: FileMaster, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the file as somebody who holds the master key could: the list's authentication is made good again."""
    document = json.loads(path.read_text())
    del document["mac"]
    change(document)
    document["mac"] = b64u(Seal(b64u_decode(master.path.read_text().strip())).mac(document))
    path.write_text(json.dumps(document))


def swap_purposes(document: dict[str, Any]) -> None:
    first, second = document["keys"][:2]
    first["purpose"], second["purpose"] = second["purpose"], first["purpose"]


def swap_ids(document: dict[str, Any]) -> None:
    first, second = document["keys"][:2]
    first["key_id"], second["key_id"] = second["key_id"], first["key_id"]


def swap_envelopes(document: dict[str, Any]) -> None:
    first, second = document["keys"][:2]
    for name in ("nonce", "sealed"):
        first[name], second[name] = second[name], first[name]


def flip_sealed(document: dict[str, Any]) -> None:
    data = bytearray(b64u_decode(document["keys"][0]["sealed"]))
    data[5] ^= 1
    document["keys"][0]["sealed"] = b64u(bytes(data))


@pytest.mark.parametrize("change", [swap_purposes, swap_ids, swap_envelopes, flip_sealed])
def test_an_envelope_opens_in_its_own_place_alone(
    keyring: Keyring, path: Path, master: FileMaster, change: Callable[[dict[str, Any]], None]
) -> None:
    rewrite(path, master, lambda document: None)  # the accepted twin
    Keyring.open(path, master)
    rewrite(path, master, change)
    with pytest.raises(KeyringRefused, match="does not open under its purpose and id"):
        Keyring.open(path, master)


def retire(document: dict[str, Any]) -> None:
    document["keys"][0]["retired"] = NOW


def drop(document: dict[str, Any]) -> None:
    del document["keys"][0]


def age(document: dict[str, Any]) -> None:
    document["keys"][0]["created"] -= 1


def relabel(document: dict[str, Any]) -> None:
    document["master"]["kind"] = "argon2id"


@pytest.mark.parametrize("change", [retire, drop, age, relabel, swap_purposes])
def test_the_list_is_authenticated(
    keyring: Keyring, path: Path, master: FileMaster, change: Callable[[dict[str, Any]], None]
) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(KeyringRefused):
        Keyring.open(path, master)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"7",
        b"{}",
        b"\xff",
        b'{"mac": "AA"}',
        b'{"mac": 1}',
        b'{"mac":"","master":3,"format":"credence/keyring/1"}',
    ],
)
def test_a_malformed_file_is_refused(keyring: Keyring, path: Path, master: FileMaster, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(KeyringRefused):
        Keyring.open(path, master)


def test_a_missing_file_is_refused(path: Path, master: FileMaster) -> None:
    with pytest.raises(KeyringRefused, match="credence init"):
        Keyring.open(path, master)
    with pytest.raises(KeyringRefused, match="credence init"):
        FileMaster(path).unlock({"kind": "file"})


@pytest.mark.parametrize("content", [b"", b"AAAA", b"not base64!", b"\xff\xfe"])
def test_a_master_file_holds_32_bytes(keyring: Keyring, path: Path, master: FileMaster, content: bytes) -> None:
    master.path.write_bytes(content)
    with pytest.raises(KeyringRefused, match="master key"):
        Keyring.open(path, master)


def test_another_master_does_not_open_it(keyring: Keyring, path: Path, rng: SeededBytes, tmp_path: Path) -> None:
    other = create_master_file(tmp_path / "other.key", rng)
    with pytest.raises(KeyringRefused, match="locked with another key"):
        Keyring.open(path, other)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    (tmp_path / "master.key").mkdir(mode=0o700)
    with pytest.raises(KeyringRefused):
        FileMaster(tmp_path / "master.key").unlock({"kind": "file"})


def test_a_passphrase_opens_what_it_locked(path: Path, rng: SeededBytes, curve: Curve, master: FileMaster) -> None:
    made = Keyring.create(path, PassphraseMaster(PASSPHRASE, CHEAP), now=NOW, rng=rng, curve=curve)
    again = Keyring.open(path, PassphraseMaster(PASSPHRASE))  # the file names its own cost
    assert again.secret(Purpose.ISSUER_BBS) == made.secret(Purpose.ISSUER_BBS)
    with pytest.raises(KeyringRefused, match="locked with another"):
        Keyring.open(path, PassphraseMaster(PASSPHRASE + "r"))
    with pytest.raises(KeyringRefused, match="not opened by a key file"):
        Keyring.open(path, master)
    assert PASSPHRASE not in repr(PassphraseMaster(PASSPHRASE))


def test_a_keyring_of_a_key_file_is_not_opened_by_a_passphrase(keyring: Keyring, path: Path) -> None:
    with pytest.raises(KeyringRefused, match="not opened by a passphrase"):
        Keyring.open(path, PassphraseMaster(PASSPHRASE))


def test_a_short_passphrase_locks_nothing(path: Path, rng: SeededBytes, curve: Curve) -> None:
    with pytest.raises(KeyringRefused, match="12 characters"):
        Keyring.create(path, PassphraseMaster("hunter2", CHEAP), now=NOW, rng=rng, curve=curve)


@pytest.mark.parametrize(
    "cost",
    [(7, 1, 1), (1 << 21, 1, 1), (64, 0, 1), (64, 65, 1), (64, 1, 0), (256, 1, 17), (True, 1, 1), (64.0, 1, 1)],
)
def test_a_header_cannot_ask_for_any_amount_of_work(cost: tuple[int, int, int]) -> None:
    header = {"kind": "argon2id", "salt": b64u(bytes(16))} | dict(
        zip(("memory_kib", "iterations", "lanes"), cost, strict=True)
    )
    with pytest.raises(KeyringRefused):
        PassphraseMaster(PASSPHRASE).unlock(header)


def test_rotation_keeps_two_live(keyring: Keyring, path: Path, master: FileMaster, rng: SeededBytes, curve: Curve) -> None:
    first = keyring.current(Purpose.RECEIPT)
    second = keyring.rotate(Purpose.RECEIPT, now=NOW + 1, rng=rng, curve=curve)
    assert keyring.live(Purpose.RECEIPT) == (second, first)
    assert keyring.secret(Purpose.RECEIPT) == keyring.secret(Purpose.RECEIPT, second.key_id)
    assert keyring.secret(Purpose.RECEIPT, first.key_id) != keyring.secret(Purpose.RECEIPT)
    third = keyring.rotate(Purpose.RECEIPT, now=NOW + 2, rng=rng, curve=curve)
    assert keyring.live(Purpose.RECEIPT) == (third, second)
    with pytest.raises(KeyringRefused, match="no such live key"):
        keyring.secret(Purpose.RECEIPT, first.key_id)
    again = Keyring.open(path, master)
    assert again.versions() == keyring.versions()
    assert [version.retired for version in again.versions(Purpose.RECEIPT)] == [NOW + 2, None, None]
    assert len(again.live(Purpose.LEDGER)) == 1


def test_retiring_spares_the_current_key(keyring: Keyring, rng: SeededBytes, curve: Curve) -> None:
    first = keyring.current(Purpose.API_KEY)
    with pytest.raises(KeyringRefused, match="current"):
        keyring.retire(Purpose.API_KEY, first.key_id, now=NOW)
    second = keyring.rotate(Purpose.API_KEY, now=NOW + 1, rng=rng, curve=curve)
    keyring.retire(Purpose.API_KEY, first.key_id, now=NOW + 2)
    assert keyring.live(Purpose.API_KEY) == (second,)


@pytest.mark.parametrize(
    ("purpose", "why"),
    [
        (Purpose.ISSUER_IDENTITY_TAG, "found again"),
        (Purpose.ISSUER_ENTROPY, "found again"),
        (Purpose.LEDGER, "a new key begins a new log"),
        (Purpose.KEEPER, "its own tally"),
    ],
)
def test_what_is_permanent_is_not_rotated(
    keyring: Keyring, rng: SeededBytes, curve: Curve, purpose: Purpose, why: str
) -> None:
    before = keyring.current(purpose)
    with pytest.raises(KeyringRefused, match=f"permanent: .*{why}"):
        keyring.rotate(purpose, now=NOW, rng=rng, curve=curve)
    assert keyring.live(purpose) == (before,)


def test_a_retired_key_is_still_known_by_its_public_half(keyring: Keyring, rng: SeededBytes, curve: Curve) -> None:
    first = keyring.current(Purpose.RECEIPT)
    public = keyring.signing_key(Purpose.RECEIPT).public_key()
    for second in range(2):
        keyring.rotate(Purpose.RECEIPT, now=NOW + second, rng=rng, curve=curve)
    assert keyring.public_key(Purpose.RECEIPT, first.key_id) == public
    for purpose, key_id in ((Purpose.LEDGER, first.key_id), (Purpose.API_KEY, keyring.current(Purpose.API_KEY).key_id)):
        with pytest.raises(KeyringRefused, match="no such Ed25519 key"):
            keyring.public_key(purpose, key_id)


def test_a_key_that_is_not_on_disk_is_not_used(
    keyring: Keyring, rng: SeededBytes, curve: Curve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    before = keyring.versions()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        keyring.rotate(Purpose.RECEIPT, now=NOW + 1, rng=rng, curve=curve)
    assert keyring.versions() == before


def test_a_purpose_can_be_absent(path: Path, master: FileMaster, rng: SeededBytes, curve: Curve) -> None:
    keyring = Keyring.create(path, master, now=NOW, rng=rng, curve=curve, purposes=[Purpose.LEDGER])
    keyring.signing_key(Purpose.LEDGER)
    with pytest.raises(KeyringRefused, match="no live key for issuer-bbs"):
        keyring.secret(Purpose.ISSUER_BBS)


def test_refusals_are_the_operators_business() -> None:
    assert issubclass(KeyringRefused, Misconfigured)


def test_a_keyring_of_an_earlier_release_is_completed(
    path: Path, master: FileMaster, rng: SeededBytes, curve: Curve
) -> None:
    earlier = [purpose for purpose in Purpose if purpose not in (Purpose.WEBHOOK, Purpose.IDEMPOTENCY)]
    keyring = Keyring.create(path, master, now=NOW, rng=rng, curve=curve, purposes=earlier)
    kept = {purpose: keyring.secret(purpose) for purpose in earlier}
    keyring.rotate(Purpose.API_KEY, now=NOW + 1, rng=rng, curve=curve)
    assert {version.purpose for version in keyring.complete(now=NOW + 2, rng=rng, curve=curve)} == {
        Purpose.WEBHOOK,
        Purpose.IDEMPOTENCY,
    }
    assert keyring.complete(now=NOW + 3, rng=rng, curve=curve) == ()
    again = Keyring.open(path, master)
    assert all(again.live(purpose) for purpose in Purpose)
    assert all(again.secret(purpose, again.live(purpose)[-1].key_id) == secret for purpose, secret in kept.items())


def test_an_ended_key_is_not_replaced_by_completing(keyring: Keyring, path: Path, rng: SeededBytes, curve: Curve) -> None:
    before = path.read_bytes()
    assert keyring.complete(now=NOW, rng=rng, curve=curve) == ()
    assert path.read_bytes() == before
