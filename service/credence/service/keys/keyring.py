"""The keyring: every long-lived secret of a service in one sealed file.

Each purpose has versions, of which at most two are live: the newest is used, the one before still opens what it made. The
file is authenticated as a whole, but a whole older file is a keyring too: what must not go back is in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.keys.files import changing, read_private, write_private
from credence.service.keys.generation import new_secret
from credence.service.keys.master import Master
from credence.service.keys.purposes import Purpose
from credence.service.keys.seal import KeyringRefused, Seal

FORMAT: Final = "credence/keyring/1"

MAX_LIVE: Final = 2
"""Versions of one purpose that may be used at a time."""

_ID_LENGTH: Final = 8


@dataclass(frozen=True)
class Version:
    """One key: its purpose, its id (16 hex digits), and when it was made and retired (unix seconds)."""

    purpose: Purpose
    key_id: str
    created: int
    retired: int | None = None


@dataclass(frozen=True)
class _Entry:
    version: Version
    nonce: bytes
    sealed: bytes

    def to_json(self) -> dict[str, Any]:
        version = self.version
        return {
            "purpose": version.purpose.value,
            "key_id": version.key_id,
            "created": version.created,
            "retired": version.retired,
            "nonce": b64u(self.nonce),
            "sealed": b64u(self.sealed),
        }

    @classmethod
    def parse(cls, value: dict[str, Any]) -> Self:
        version = Version(Purpose(value["purpose"]), value["key_id"], value["created"], value["retired"])
        return cls(version, b64u_decode(value["nonce"]), b64u_decode(value["sealed"]))


class Keyring:
    """An opened keyring. Safe for several threads. Whoever changes it waits for others that do, in any process, and begins
    with what they left; nobody else notices before it opens the file again.
    """

    def __init__(self, path: Path, header: dict[str, Any], seal: Seal, entries: Iterable[_Entry]) -> None:
        self._path = path
        self._header = header
        self._seal = seal
        self._entries = tuple(entries)
        self._secrets = {
            (entry.version.purpose, entry.version.key_id): seal.open(
                entry.nonce, entry.sealed, entry.version.purpose, entry.version.key_id
            )
            for entry in self._entries
        }
        self._lock = Lock()

    @classmethod
    def create(
        cls, path: Path, master: Master, *, now: int, rng: Rng, curve: Curve, purposes: Iterable[Purpose] = Purpose
    ) -> Self:
        """Makes one key for each purpose and writes the file. Raises :class:`KeyringRefused` where it exists."""
        header, master_key = master.lock(rng)
        seal = Seal(master_key)
        entries = [_made(purpose, seal, now=now, rng=rng, curve=curve) for purpose in purposes]
        ring = cls(path, header, seal, entries)
        write_private(path, ring._encoded(ring._entries))
        return ring

    @classmethod
    def open(cls, path: Path, master: Master) -> Self:
        """Opens every key of a file. Raises :class:`KeyringRefused` for a file or master that is wrong in any way."""
        return cls._read(path, lambda header: Seal(master.unlock(header)))

    @classmethod
    def _read(cls, path: Path, seal_of: Callable[[dict[str, Any]], Seal]) -> Self:
        try:
            document = json.loads(read_private(path))
            mac = b64u_decode(document.pop("mac"))
            header = document["master"]
            if document["format"] != FORMAT or not isinstance(header, dict):
                raise KeyringRefused("not a keyring of a known format")
            seal = seal_of(header)
            seal.check(document, mac)
            return cls(path, header, seal, [_Entry.parse(value) for value in document["keys"]])
        except (CircuitError, rfc8785.CanonicalizationError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise KeyringRefused("the keyring file is malformed") from error

    def versions(self, purpose: Purpose | None = None) -> tuple[Version, ...]:
        """Every version, of one purpose or all, oldest first; retired ones too."""
        return tuple(entry.version for entry in self._entries if purpose in (None, entry.version.purpose))

    def live(self, purpose: Purpose) -> tuple[Version, ...]:
        """The versions that may be used, newest first."""
        return tuple(version for version in reversed(self.versions(purpose)) if version.retired is None)

    def current(self, purpose: Purpose) -> Version:
        """The newest live version. Raises :class:`KeyringRefused` where there is none."""
        live = self.live(purpose)
        if not live:
            raise KeyringRefused(f"the keyring has no live key for {purpose.value}")
        return live[0]

    def secret(self, purpose: Purpose, key_id: str | None = None) -> bytes:
        """The 32 secret bytes of the current version, or of the live version ``key_id``. Raises :class:`KeyringRefused`."""
        wanted = self.current(purpose).key_id if key_id is None else key_id
        if wanted not in {version.key_id for version in self.live(purpose)}:
            raise KeyringRefused(f"the keyring has no such live key for {purpose.value}")
        return self._secrets[purpose, wanted]

    def signing_key(self, purpose: Purpose, key_id: str | None = None) -> Ed25519PrivateKey:
        """The Ed25519 key of a purpose that has one. Raises :class:`KeyringRefused` as :meth:`secret`, or for the others."""
        if not purpose.is_ed25519:
            raise KeyringRefused(f"{purpose.value} is no Ed25519 key")
        return Ed25519PrivateKey.from_private_bytes(self.secret(purpose, key_id))

    def public_key(self, purpose: Purpose, key_id: str) -> Ed25519PublicKey:
        """What opens the signatures of any version, retired ones too. Raises :class:`KeyringRefused` for another purpose."""
        if not purpose.is_ed25519 or (purpose, key_id) not in self._secrets:
            raise KeyringRefused(f"the keyring has no such Ed25519 key for {purpose.value}")
        return Ed25519PrivateKey.from_private_bytes(self._secrets[purpose, key_id]).public_key()

    def rotate(self, purpose: Purpose, *, now: int, rng: Rng, curve: Curve) -> Version:
        """Makes a new current version and writes the file; of the older ones, all but the newest are retired.

        Raises :class:`KeyringRefused` for a permanent purpose.
        """
        if purpose.is_permanent:
            raise KeyringRefused(f"{purpose.value} is permanent: {purpose.permanence}")
        entry = _made(purpose, self._seal, now=now, rng=rng, curve=curve)
        with self._changing():
            keep = {version.key_id for version in self.live(purpose)[: MAX_LIVE - 1]}
            kept = [self._retired(other, now) if self._ends(other, purpose, keep) else other for other in self._entries]
            self._replace([*kept, entry])
        return entry.version

    def complete(self, *, now: int, rng: Rng, curve: Curve) -> tuple[Version, ...]:
        """Makes the first key of every purpose that this release knows and the file does not, and writes the file.

        A purpose whose keys have all ended is left as it is: that was somebody's decision.
        """
        with self._changing():
            missing = [purpose for purpose in Purpose if not self.versions(purpose)]
            made = [_made(purpose, self._seal, now=now, rng=rng, curve=curve) for purpose in missing]
            if made:
                self._replace([*self._entries, *made])
        return tuple(entry.version for entry in made)

    def retire(self, purpose: Purpose, key_id: str, *, now: int) -> None:
        """Ends a live version that is not the current one, and writes the file. Raises :class:`KeyringRefused`."""
        with self._changing():
            if key_id not in {version.key_id for version in self.live(purpose)[1:]}:
                raise KeyringRefused("only a live key that is not the current one can be retired")
            self._replace(
                [self._retired(entry, now) if entry.version.key_id == key_id else entry for entry in self._entries]
            )

    @staticmethod
    def _ends(entry: _Entry, purpose: Purpose, keep: set[str]) -> bool:
        version = entry.version
        return version.purpose is purpose and version.retired is None and version.key_id not in keep

    @staticmethod
    def _retired(entry: _Entry, now: int) -> _Entry:
        return replace(entry, version=replace(entry.version, retired=now))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Raises :class:`KeyringRefused` where the file is no longer this keyring's."""
        with self._lock, changing(self._path):
            found = type(self)._read(self._path, lambda _header: self._seal)
            self._header, self._entries, self._secrets = found._header, found._entries, found._secrets
            yield

    def _replace(self, entries: list[_Entry]) -> None:
        """Writes first: a key that is not on disk must not be used."""
        ring = type(self)(self._path, self._header, self._seal, entries)
        write_private(self._path, self._encoded(ring._entries), replace=True)
        self._entries, self._secrets = ring._entries, ring._secrets

    def _encoded(self, entries: tuple[_Entry, ...]) -> bytes:
        document: dict[str, Any] = {
            "format": FORMAT,
            "master": self._header,
            "keys": [entry.to_json() for entry in entries],
        }
        document["mac"] = b64u(self._seal.mac(document))
        return json.dumps(document, indent=1).encode() + b"\n"


def _made(purpose: Purpose, seal: Seal, *, now: int, rng: Rng, curve: Curve) -> _Entry:
    version = Version(purpose, rng(_ID_LENGTH).hex(), now)
    nonce, sealed = seal.close(new_secret(purpose, rng, curve), purpose, version.key_id, rng)
    return _Entry(version, nonce, sealed)
