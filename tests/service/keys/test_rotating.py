"""Does a rotation end what its operator was told, and nothing else, and reseal with nothing that does not open?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.service.keys import Keyring, KeyringRefused, Purpose, create_master_file
from credence.service.keys.master import FileMaster
from tests.conftest import SeededBytes

NOW = 1_790_000_000
PURPOSES = (Purpose.API_KEY, Purpose.RECEIPT)


@pytest.fixture
def master(tmp_path: Path, rng: SeededBytes) -> FileMaster:
    return create_master_file(tmp_path / "master.key", rng)


@pytest.fixture
def ring(tmp_path: Path, master: FileMaster, curve: Curve, rng: SeededBytes) -> Keyring:
    return Keyring.create(tmp_path / "keyring.json", master, now=NOW, rng=rng, curve=curve, purposes=PURPOSES)


def test_of_two_rotations_at_once_one_is_refused(
    ring: Keyring, tmp_path: Path, master: FileMaster, curve: Curve, rng: SeededBytes
) -> None:
    """Both saw one live key, which ends with the second of them."""
    other = Keyring.open(tmp_path / "keyring.json", master)
    first = ring.current(Purpose.API_KEY)
    made = ring.rotate(Purpose.API_KEY, now=NOW + 1, rng=rng, curve=curve, ends=())
    with pytest.raises(KeyringRefused, match="changed meanwhile"):
        other.rotate(Purpose.API_KEY, now=NOW + 2, rng=rng, curve=curve, ends=())
    assert Keyring.open(tmp_path / "keyring.json", master).live(Purpose.API_KEY) == (made, first)
    with pytest.raises(KeyringRefused, match="changed meanwhile"):
        other.rotate(Purpose.API_KEY, now=NOW + 2, rng=rng, curve=curve, ends=[made.key_id])
    last = other.rotate(Purpose.API_KEY, now=NOW + 2, rng=rng, curve=curve, ends=[first.key_id])
    assert other.live(Purpose.API_KEY) == (last, made)


def test_a_purpose_whose_keys_live_elsewhere_is_not_rotated(ring: Keyring, curve: Curve, rng: SeededBytes) -> None:
    with pytest.raises(KeyringRefused, match="keeper's folder"):
        ring.rotate(Purpose.ISSUER_BBS, now=NOW, rng=rng, curve=curve)
    assert not ring.versions(Purpose.ISSUER_BBS)


@dataclass
class Forgetful:
    """A key store that opens something else than it sealed."""

    inner: FileMaster
    forgets: bool = True

    def lock(self, rng: Rng) -> tuple[dict[str, Any], bytes]:
        header, key = self.inner.lock(rng)
        return header, key

    def unlock(self, header: Mapping[str, Any]) -> bytes:
        return bytes(32) if self.forgets else self.inner.unlock(header)


def test_what_does_not_open_again_is_not_written(
    ring: Keyring, tmp_path: Path, master: FileMaster, rng: SeededBytes
) -> None:
    before = (tmp_path / "keyring.json").read_bytes()
    other = Forgetful(create_master_file(tmp_path / "other.key", rng))
    with pytest.raises(KeyringRefused):
        ring.reseal(other, rng)
    assert (tmp_path / "keyring.json").read_bytes() == before
    other.forgets = False
    ring.reseal(other, rng)
    assert Keyring.open(tmp_path / "keyring.json", other.inner).versions() == ring.versions()
