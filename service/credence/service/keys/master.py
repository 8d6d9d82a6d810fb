"""What opens a keyring: a master key file, or a passphrase through Argon2id (RFC 9106)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.keys.files import read_private, write_private
from credence.service.keys.seal import KeyringRefused

MASTER_LENGTH: Final = 32
"""Bytes of a master key."""

MIN_PASSPHRASE: Final = 12
"""Characters of the shortest passphrase that locks a new keyring."""

_SALT_LENGTH: Final = 16


class Master(Protocol):
    """Gives the 32-byte master key of a keyring, whose header says how it is locked."""

    def lock(self, rng: Rng) -> tuple[dict[str, Any], bytes]:
        """The header of a new keyring, and its master key."""
        ...

    def unlock(self, header: Mapping[str, Any]) -> bytes:
        """The master key of an existing one. Raises :class:`KeyringRefused` where it is locked in another way."""
        ...


@dataclass(frozen=True)
class FileMaster:
    """A master key in a file of its own: 32 bytes in base64url, mode 0600."""

    path: Path

    def lock(self, rng: Rng) -> tuple[dict[str, Any], bytes]:
        """The file's key; ``rng`` is not used."""
        return {"kind": "file"}, self._key()

    def unlock(self, header: Mapping[str, Any]) -> bytes:
        """The file's key. Raises :class:`KeyringRefused` for a keyring that a passphrase opens."""
        if dict(header) != {"kind": "file"}:
            raise KeyringRefused("this keyring is not opened by a key file")
        return self._key()

    def _key(self) -> bytes:
        try:
            key = b64u_decode(read_private(self.path).decode("ascii").strip())
        except (CircuitError, UnicodeDecodeError) as error:
            raise KeyringRefused("the master key file does not hold a key") from error
        if len(key) != MASTER_LENGTH:
            raise KeyringRefused("a master key has 32 bytes")
        return key


def create_master_file(path: Path, rng: Rng) -> FileMaster:
    """Writes a new master key. Raises :class:`KeyringRefused` where the file exists: a lost master key loses every key."""
    write_private(path, b64u(rng(MASTER_LENGTH)).encode() + b"\n")
    return FileMaster(path)


@dataclass(frozen=True)
class ArgonCost:
    """Work of one Argon2id derivation. The default takes 64 MiB and about a tenth of a second.

    Raises :class:`KeyringRefused` outside 8 KiB-1 GiB, 1-64 iterations, 1-16 lanes: a keyring's header is not yet
    authenticated when it asks for them.
    """

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        bounds = ((self.memory_kib, 8 * self.lanes, 1 << 20), (self.iterations, 1, 64), (self.lanes, 1, 16))
        if not all(type(value) is int and low <= value <= high for value, low, high in bounds):
            raise KeyringRefused("Argon2id parameters out of range")


@dataclass(frozen=True, repr=False)
class PassphraseMaster:
    """A master key derived from a passphrase. ``cost`` is for new keyrings; an existing one names its own."""

    passphrase: str
    cost: ArgonCost = ArgonCost()

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """The passphrase in a file of mode 0600, without the space around it. Raises :class:`KeyringRefused`."""
        try:
            return cls(read_private(path).decode("utf-8").strip())
        except UnicodeDecodeError as error:
            raise KeyringRefused("the file of the passphrase is no text") from error

    def lock(self, rng: Rng) -> tuple[dict[str, Any], bytes]:
        """A header with a fresh salt. Raises :class:`KeyringRefused` for a passphrase under 12 characters."""
        if len(self.passphrase) < MIN_PASSPHRASE:
            raise KeyringRefused("a passphrase has at least 12 characters")
        salt = rng(_SALT_LENGTH)
        header = {
            "kind": "argon2id",
            "salt": b64u(salt),
            "memory_kib": self.cost.memory_kib,
            "iterations": self.cost.iterations,
            "lanes": self.cost.lanes,
        }
        return header, self._derive(salt, self.cost)

    def unlock(self, header: Mapping[str, Any]) -> bytes:
        """The key by the header's salt and cost. Raises :class:`KeyringRefused` for a header of another kind or form."""
        if set(header) != {"kind", "salt", "memory_kib", "iterations", "lanes"} or header["kind"] != "argon2id":
            raise KeyringRefused("this keyring is not opened by a passphrase")
        try:
            salt = b64u_decode(header["salt"])
            cost = ArgonCost(header["memory_kib"], header["iterations"], header["lanes"])
        except (CircuitError, TypeError) as error:
            raise KeyringRefused("the keyring's header is malformed") from error
        if len(salt) != _SALT_LENGTH:
            raise KeyringRefused("the keyring's header is malformed")
        return self._derive(salt, cost)

    def _derive(self, salt: bytes, cost: ArgonCost) -> bytes:
        argon = Argon2id(
            salt=salt, length=MASTER_LENGTH, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
        )
        return argon.derive(self.passphrase.encode())
