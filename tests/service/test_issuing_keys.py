"""Is the issuing key used where it is kept, only while it lives, and the same way every time?"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import decode_g2
from credence.circuits.issuance import IssuerEntropy
from credence.service.keys import FileMaster, Keyring, KeyringRefused, Purpose, create_master_file
from credence.service.keys.issuing import IssuerKeys
from credence.service.keys.ordering import Order
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH, ISSUER, make_world
from tests.conftest import SeededBytes

NOW = 1_790_000_000


@pytest.fixture
def keyring(tmp_path: Path, rng: SeededBytes, curve: Curve) -> Keyring:
    master: FileMaster = create_master_file(tmp_path / "master.key", rng)
    return Keyring.create(tmp_path / "keyring.json", master, now=NOW, rng=rng, curve=curve)


def test_the_public_key_is_the_secret_times_the_base(keyring: Keyring, rng: SeededBytes, curve: Curve) -> None:
    key = IssuerKeys(keyring, curve, rng).current()
    secret = int.from_bytes(keyring.secret(Purpose.ISSUER_BBS), "big")
    assert 0 < secret < ORDER
    assert decode_g2(curve, key.public_key) == curve.BP2 * secret
    assert (key.suite, key.version) == ("bls12-381-sha-256", keyring.current(Purpose.ISSUER_BBS))


def test_a_key_signs_the_same_while_it_lives(keyring: Keyring, rng: SeededBytes, curve: Curve) -> None:
    keys, commitment = IssuerKeys(keyring, curve, rng), make_world(curve, rng).commitment

    def sign(key_id: str) -> bytes:
        entropy = IssuerEntropy(5, 6)
        epochs = EXPIRY_EPOCH - 10, EXPIRY_EPOCH
        return keys.sign(Order(key_id, PERSON_1, ISSUER, *epochs, ATTRIBUTES, commitment, entropy, "a", bytes(32)))

    first = keys.current().version.key_id
    signature = sign(first)
    assert signature == sign(first)
    second = keyring.rotate(Purpose.ISSUER_BBS, now=NOW, rng=rng, curve=curve).key_id
    assert [key.version.key_id for key in keys.live()] == [second, first]
    assert keys.current().version.key_id == second
    assert sign(first) == signature
    assert sign(second) != signature
    keyring.retire(Purpose.ISSUER_BBS, first, now=NOW)
    assert [key.version.key_id for key in keys.live()] == [second]
    for dead in (first, "unknown"):
        with pytest.raises(KeyringRefused):
            sign(dead)
