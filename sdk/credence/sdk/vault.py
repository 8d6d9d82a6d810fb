"""Secrets at rest: one file, sealed under a passphrase with Argon2id and AES-256-GCM.

Layout, integers 4 bytes little-endian::

    magic (8) | version | iterations | lanes | memory in KiB | salt (16) | nonce (12) | check (32) | ciphertext and tag

Argon2id turns passphrase and salt into a root; two keys follow from it by purpose. The check is a MAC of everything before
it under the first key: where it fails, either the passphrase is wrong or the header was changed, and no cryptography can
tell which. Where it holds, the passphrase is right, and a ciphertext that does not open was tampered with. The whole header,
check included, is associated data of the seal, so parameters cannot be exchanged; parameters below a floor are refused
before anything is derived, and so are those that would exhaust the machine. An old vault put back in place of a newer one is
not noticed.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from credence.circuits.encoding import Reader, Rng, lp, u32le
from credence.circuits.errors import Malformed
from credence.circuits.hashing import Label, hmac_labelled
from credence.sdk.errors import VaultChanged, VaultTampered, VaultUnavailable, WeakPassphrase, WrongPassphrase
from credence.sdk.locking import alone

MAGIC: Final = b"CREDVALT"
VERSION: Final = 1
MAX_FILE: Final = 16 * 1024 * 1024
"""Bytes of a vault that is read."""

MIN_PASSPHRASE: Final = 8
"""Characters of a passphrase that a vault is made under."""

_SALT: Final = 16
_NONCE: Final = 12
_CHECK: Final = 32
_HEADER: Final = len(MAGIC) + 4 * 4 + _SALT + _NONCE + _CHECK


@dataclass(frozen=True, slots=True)
class SealParameters:
    """What one guess at a passphrase costs: Argon2id ``iterations``, ``lanes`` and ``memory_kib``."""

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 64 * 1024

    def within(self, least: SealParameters, most: SealParameters) -> bool:
        """Whether every parameter lies between the two, and Argon2 can be run at all (8 KiB a lane)."""
        return (
            least.iterations <= self.iterations <= most.iterations
            and least.lanes <= self.lanes <= most.lanes
            and max(least.memory_kib, 8 * self.lanes) <= self.memory_kib <= most.memory_kib
        )


DEFAULT: Final = SealParameters()
"""RFC 9106, second recommended option."""

FLOOR: Final = SealParameters(iterations=2, lanes=1, memory_kib=19 * 1024)
"""No vault below this is opened or made."""

CEILING: Final = SealParameters(iterations=16, lanes=16, memory_kib=1024 * 1024)
"""A header asking for more would only exhaust the machine."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A passphrase stretched once: seals and opens the contents of one vault without asking for it again."""

    parameters: SealParameters
    salt: bytes
    _check: bytes = field(repr=False)
    _seal: bytes = field(repr=False)

    @classmethod
    def derive(cls, passphrase: str, parameters: SealParameters, salt: bytes) -> Self:
        """Run Argon2id. The passphrase is brought to NFC, so that it is the same on every keyboard.

        Raises :class:`VaultUnavailable` where the memory is not there.
        """
        prefix = _prefix(parameters, salt)
        argon2 = Argon2id(
            salt=salt,
            length=32,
            iterations=parameters.iterations,
            lanes=parameters.lanes,
            memory_cost=parameters.memory_kib,
            ad=lp(Label.VAULT.value) + prefix,
        )
        try:
            stretched = argon2.derive(unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass"))
        except MemoryError as error:
            raise VaultUnavailable("There is too little memory for the vault's sealing parameters.") from error
        check = hmac_labelled(stretched, Label.VAULT, b"check")
        return cls(parameters, salt, check, hmac_labelled(stretched, Label.VAULT, b"seal"))

    def seal(self, contents: bytes, rng: Rng) -> bytes:
        """The bytes of a vault; a fresh nonce each time."""
        nonce = rng(_NONCE)
        start = _prefix(self.parameters, self.salt) + nonce
        header = start + hmac_labelled(self._check, Label.VAULT, start)
        return header + AESGCM(self._seal).encrypt(nonce, contents, header)

    def unseal(self, sealed: bytes) -> bytes:
        """The contents. Raises :class:`WrongPassphrase` or :class:`VaultTampered`; see the module."""
        header, body = sealed[:_HEADER], sealed[_HEADER:]
        start, check = header[:-_CHECK], header[-_CHECK:]
        if not hmac.compare_digest(hmac_labelled(self._check, Label.VAULT, start), check):
            raise WrongPassphrase
        try:
            return AESGCM(self._seal).decrypt(start[-_NONCE:], body, header)
        except InvalidTag as error:
            raise VaultTampered from error


def _prefix(parameters: SealParameters, salt: bytes) -> bytes:
    numbers = (VERSION, parameters.iterations, parameters.lanes, parameters.memory_kib)
    return MAGIC + b"".join(u32le(number) for number in numbers) + salt


def seal(
    contents: bytes, passphrase: str, rng: Rng, *, parameters: SealParameters = DEFAULT, least: SealParameters = FLOOR
) -> tuple[bytes, SealingKey]:
    """Sealed bytes and the key that reseals them.

    Raises :class:`WeakPassphrase` for fewer than eight characters, :class:`VaultUnavailable` for parameters out of bounds.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise WeakPassphrase
    if not parameters.within(least, CEILING):
        raise VaultUnavailable("The sealing parameters are outside the accepted bounds.")
    key = SealingKey.derive(passphrase, parameters, rng(_SALT))
    return key.seal(contents, rng), key


def unseal(sealed: bytes, passphrase: str, *, least: SealParameters = FLOOR) -> tuple[bytes, SealingKey]:
    """The contents of sealed bytes and the key that reseals them.

    Raises :class:`VaultTampered` for bytes that are no vault, or one with parameters below ``least``;
    :class:`WrongPassphrase` for a passphrase that does not open it.
    """
    reader = Reader(sealed)
    try:
        magic, version = reader.take(len(MAGIC)), reader.take_u32()
        parameters = SealParameters(reader.take_u32(), reader.take_u32(), reader.take_u32())
        salt = reader.take(_SALT)
        reader.take(_NONCE + _CHECK)
    except Malformed as error:
        raise VaultTampered("The file is too short for a vault.") from error
    if magic != MAGIC or version != VERSION:
        raise VaultTampered("The file is no vault of a known version.")
    if not parameters.within(least, CEILING):
        raise VaultTampered("The vault's sealing parameters are outside the accepted bounds.")
    key = SealingKey.derive(passphrase, parameters, salt)
    return key.unseal(sealed), key


class VaultFile:
    """One sealed file. Written as a whole beside itself and then put in place, readable by its owner alone.

    Several processes may have one vault open. They write one after another, by a lock on ``.<name>.lock`` beside it, and
    :meth:`write` refuses to overwrite what another one has written since: of two that know the same, one goes on.
    """

    def __init__(self, path: Path, key: SealingKey, sealed: bytes, rng: Rng) -> None:
        self._path = Path(os.path.realpath(path))  # a link to it is no second vault
        self._key = key
        self._sealed = sealed
        self._rng = rng

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: str,
        contents: bytes,
        rng: Rng,
        *,
        parameters: SealParameters = DEFAULT,
        least: SealParameters = FLOOR,
    ) -> Self:
        """Make a vault. Raises :class:`VaultUnavailable` where something is in its place, or it cannot be written."""
        sealed, key = seal(contents, passphrase, rng, parameters=parameters, least=least)
        with _file_errors(), _finished(path, sealed) as name:
            # a link fails where something has the name already, and never shows a file that is not whole
            os.link(name, path)
            _sync_folder(path.parent)
        return cls(path, key, sealed, rng)

    @classmethod
    def open(cls, path: Path, passphrase: str, rng: Rng, *, least: SealParameters = FLOOR) -> tuple[Self, bytes]:
        """The vault at ``path`` and its contents.

        Raises :class:`VaultUnavailable` where there is none to read, :class:`VaultTampered`, :class:`WrongPassphrase`.
        """
        sealed = _read(path)
        contents, key = unseal(sealed, passphrase, least=least)
        return cls(path, key, sealed, rng), contents

    def confirm(self, passphrase: str) -> None:
        """Return iff the passphrase opens the file. Raises as :meth:`open`."""
        unseal(_read(self._path), passphrase, least=self._key.parameters)

    def write(self, contents: bytes) -> None:
        """Put new contents in place of the old, if the old ones are those that were read or written here last.

        Raises :class:`VaultChanged` where they are not, and :class:`VaultUnavailable`; the vault is then as it was.
        """
        sealed = self._key.seal(contents, self._rng)
        if len(sealed) > MAX_FILE:
            raise VaultUnavailable("The vault would be larger than a vault can be.")
        with _file_errors(), alone(self._path.with_name(f".{self._path.name}.lock")):
            if _read(self._path) != self._sealed:
                raise VaultChanged
            _replace(self._path, sealed)
        self._sealed = sealed


@contextlib.contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise VaultUnavailable("There is a file in the vault's place already.") from error
    except FileNotFoundError as error:
        raise VaultUnavailable("There is no vault at this place.") from error
    except TimeoutError as error:
        raise VaultUnavailable("Another process keeps the vault to itself.") from error
    except OSError as error:
        raise VaultUnavailable("The vault's file cannot be read or written.") from error


def _read(path: Path) -> bytes:
    with _file_errors(), path.open("rb") as file:
        sealed = file.read(MAX_FILE + 1)
    if len(sealed) > MAX_FILE:
        raise VaultTampered("The file is too large for a vault.")
    return sealed


@contextlib.contextmanager
def _finished(path: Path, sealed: bytes) -> Iterator[str]:
    """A file beside ``path`` that holds all of ``sealed`` durably; whatever is left of it in the end is removed."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _replace(path: Path, sealed: bytes) -> None:
    with _file_errors(), _finished(path, sealed) as name:
        os.replace(name, path)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


__all__ = ["CEILING", "DEFAULT", "FLOOR", "SealParameters", "SealingKey", "VaultFile", "seal", "unseal"]
