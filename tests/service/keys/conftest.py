"""A keeper's folder, the ledger that a signer is shown, and orders to be signed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.issuance import IssuerEntropy
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import NoteSigner
from credence.service.keys import FileMaster, Keyring, create_master_file
from credence.service.keys.door import Door
from credence.service.keys.keeper import Duty, Keeping, keeping_of, open_keeper, split
from credence.service.keys.ordering import Order
from credence.service.keys.stamp import Stamp
from credence.service.keys.tally import Cap
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH, ISSUER, make_world
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, ToldClock

ORIGIN = "log.example/credence"


def log_signer(seed: int = 7) -> NoteSigner:
    return NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


@dataclass
class Shown:
    """A ledger that grows, and stamps what it is told to."""

    signer: NoteSigner = field(default_factory=log_signer)
    tree: Tree = field(default_factory=Tree)

    def grow(self, count: int = 1, salt: str = "entry") -> int:
        for _ in range(count):
            self.tree.append(leaf_hash(f"{salt} {self.tree.size}".encode()))
        return self.tree.size

    def asked(self, first: int, at: int, size: int | None = None) -> dict[str, Any]:
        size = self.tree.size if size is None else size
        note = Stamp(ORIGIN, size, self.tree.root(size), at).sign(self.signer)
        proof = self.tree.consistency_proof(first, size) if 0 < first < size else []
        return {"note": b64u(note.encode()), "proof": [b64u(node) for node in proof]}


@dataclass
class Keeper:
    """One keeper, which may be stopped and started again on the same folder."""

    folder: Path
    clock: ToldClock
    curve: Curve
    ring: Keyring
    ledger: Shown = field(default_factory=Shown)
    rng: SeededBytes = field(default_factory=lambda: SeededBytes("keeper"))

    @property
    def keeping(self) -> Keeping:
        return keeping_of(self.folder)

    @property
    def socket(self) -> Path:
        return self.keeping.socket

    @contextmanager
    def opened(self, **changes: Any) -> Iterator[Any]:
        """What it answers with."""
        keeping = replace(self.keeping, **changes)
        master = FileMaster(self.folder / "master.key")
        answer, close = open_keeper(self.folder, keeping, master, curve=self.curve, rng=self.rng, clock=self.clock)
        try:
            yield answer
        finally:
            close()

    @contextmanager
    def listening(self, uids: frozenset[int] | None = None, patience: float = 2.0, **changes: Any) -> Iterator[Any]:
        """The same, behind its door."""
        with self.opened(**changes) as answer:
            door = Door(self.socket, answer, uids=uids or self.keeping.uids, patience=patience, connections=4)
            stop = Event()
            thread = Thread(target=door.serve, args=(stop,))
            thread.start()
            try:
                yield answer
            finally:
                stop.set()
                thread.join()

    def follow(self, answer: Any, count: int = 1) -> Mapping[str, Any]:
        first = answer("hello", {})["size"]
        self.ledger.grow(count)
        found: Mapping[str, Any] = answer("follow", self.ledger.asked(first, self.clock()))
        return found

    def order(self, number: int = 1, **changes: Any) -> Order:
        """A credential to be signed: the same for the same number but for the commitment's proof."""
        world = make_world(self.curve, SeededBytes("order"))
        order = Order(
            key_id=self.key_id,
            layout=PERSON_1,
            issuer_id=ISSUER,
            issued_epoch=EXPIRY_EPOCH - 10,
            expiry_epoch=EXPIRY_EPOCH,
            attributes=ATTRIBUTES,
            commitment=world.commitment,
            entropy=IssuerEntropy(5, 6),
            attestation_id=f"attestation-{number}",
            salt=number.to_bytes(32, "big"),
        )
        return replace(order, **changes)

    @property
    def key_id(self) -> str:
        from credence.service.keys.purposes import Purpose

        return self.ring.versions(Purpose.ISSUER_BBS)[-1].key_id


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder whose name is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="ck") as folder:
        yield Path(folder)


def keeper_of(duty: Duty, room: Path, curve: Curve, rng: SeededBytes) -> Keeper:
    master = create_master_file(room / f"web-{duty}.key", rng)
    path = room / f"web-{duty}.json"
    ring = Keyring.create(path, master, now=NOW, rng=rng, curve=curve, purposes=sorted(duty.purposes))
    folder = room / duty.value
    vkey = log_signer().vkey
    keeping = Keeping(duty, folder / "run" / "s", frozenset({os.getuid()}), Cap(50, 100), log_vkey=vkey)
    return Keeper(folder, ToldClock(), curve, split(ring, folder, keeping, now=NOW, rng=rng))


@pytest.fixture
def signer(room: Path, curve: Curve, rng: SeededBytes) -> Keeper:
    return keeper_of(Duty.SIGNER, room, curve, rng)


@pytest.fixture
def tagger(room: Path, curve: Curve, rng: SeededBytes) -> Keeper:
    return keeper_of(Duty.TAGGER, room, curve, rng)
