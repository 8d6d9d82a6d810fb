"""The keyring: every long-lived secret of a service in one sealed file.

Each purpose has versions, of which at most two are live: the newest is used, the one before still opens what it made. The
file is authenticated as a whole, but a whole older file is a keyring too: what must not go back is in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
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
from credence.service.keys.files import changing, mark_of, read_private, write_private
from credence.service.keys.generation import new_secret
from credence.service.keys.master import Master
from credence.service.keys.purposes import Purpose
from credence.service.keys.seal import SECRET_LENGTH, KeyringRefused, Seal

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


@dataclass(frozen=True, repr=False)
class _Content:
    """What is in a keyring file, opened: one value, so that whoever reads it never sees half of a change."""

    header: dict[str, Any]
    seal: Seal
    entries: tuple[_Entry, ...]
    secrets: dict[tuple[Purpose, str], bytes]

    @classmethod
    def of(cls, header: dict[str, Any], seal: Seal, entries: Iterable[_Entry]) -> Self:
        """Raises :class:`KeyringRefused` for an envelope that does not open in its place."""
        kept, secrets = tuple(entries), {}
        for entry in kept:
            name = entry.version.purpose, entry.version.key_id
            secrets[name] = seal.open(entry.nonce, entry.sealed, *name)
        return cls(header, seal, kept, secrets)

    def encoded(self) -> bytes:
        """The file."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "master": self.header,
            "keys": [entry.to_json() for entry in self.entries],
        }
        document["mac"] = b64u(self.seal.mac(document))
        return json.dumps(document, indent=1).encode() + b"\n"


class Keyring:
    """An opened keyring. Safe for several threads. Whoever changes it waits for others that do, in any process, and begins
    with what they left; nobody else notices before :meth:`refresh`.
    """

    def __init__(self, path: Path, master: Master, content: _Content) -> None:
        self._path = path
        self._master = master
        self._content = content
        self._mark = mark_of(path)
        self._lock = Lock()

    @classmethod
    def create(
        cls, path: Path, master: Master, *, now: int, rng: Rng, curve: Curve, purposes: Iterable[Purpose] = Purpose
    ) -> Self:
        """Makes one key for each purpose and writes the file. Raises :class:`KeyringRefused` where it exists."""
        header, master_key = master.lock(rng)
        seal = Seal(master_key)
        content = _Content.of(header, seal, [_made(purpose, seal, now=now, rng=rng, curve=curve) for purpose in purposes])
        write_private(path, content.encoded())
        return cls(path, master, content)

    @classmethod
    def open(cls, path: Path, master: Master) -> Self:
        """Opens every key of a file. Raises :class:`KeyringRefused` for a file or master that is wrong in any way."""
        return cls(path, master, _read(path, lambda header: Seal(master.unlock(header))))

    def refresh(self) -> bool:
        """Takes up what another process wrote; whether there was something.

        Raises :class:`KeyringRefused` for a file that is missing, wrong, or locked with another master, once for each time
        that it changes; the keys go on as they were.
        """
        if mark_of(self._path) == self._mark:
            return False
        with self._lock:
            self._mark = mark_of(self._path)  # before it is read: what is written meanwhile is another change
            found = self._read_again()
            changed = found.entries != self._content.entries
            self._content = found
        return changed

    def _seal_of(self, header: dict[str, Any]) -> Seal:
        """Deriving it anew, from a passphrase say, takes time: for another header alone."""
        content = self._content
        return content.seal if header == content.header else Seal(self._master.unlock(header))

    def versions(self, purpose: Purpose | None = None) -> tuple[Version, ...]:
        """Every version, of one purpose or all, oldest first; retired ones too."""
        return _versions(self._content, purpose)

    def live(self, purpose: Purpose) -> tuple[Version, ...]:
        """The versions that may be used, newest first."""
        return _live(self._content, purpose)

    def opened(self, purpose: Purpose) -> tuple[tuple[Version, bytes], ...]:
        """The versions that may be used with their 32 secret bytes, newest first: all as they were at one moment."""
        content = self._content
        return tuple((version, content.secrets[purpose, version.key_id]) for version in _live(content, purpose))

    def current(self, purpose: Purpose) -> Version:
        """The newest live version. Raises :class:`KeyringRefused` where there is none."""
        return _current(self._content, purpose)

    def secret(self, purpose: Purpose, key_id: str | None = None) -> bytes:
        """The 32 secret bytes of the current version, or of the live version ``key_id``. Raises :class:`KeyringRefused`."""
        content = self._content
        wanted = _current(content, purpose).key_id if key_id is None else key_id
        if wanted not in {version.key_id for version in _live(content, purpose)}:
            raise KeyringRefused(f"the keyring has no such live key for {purpose.value}")
        return content.secrets[purpose, wanted]

    def signing_key(self, purpose: Purpose, key_id: str | None = None) -> Ed25519PrivateKey:
        """The Ed25519 key of a purpose that has one. Raises :class:`KeyringRefused` as :meth:`secret`, or for the others."""
        if not purpose.is_ed25519:
            raise KeyringRefused(f"{purpose.value} is no Ed25519 key")
        return Ed25519PrivateKey.from_private_bytes(self.secret(purpose, key_id))

    def public_key(self, purpose: Purpose, key_id: str) -> Ed25519PublicKey:
        """What opens the signatures of any version, retired ones too. Raises :class:`KeyringRefused` for another purpose."""
        secret = self._content.secrets.get((purpose, key_id))
        if not purpose.is_ed25519 or secret is None:
            raise KeyringRefused(f"the keyring has no such Ed25519 key for {purpose.value}")
        return Ed25519PrivateKey.from_private_bytes(secret).public_key()

    def rotate(self, purpose: Purpose, *, now: int, rng: Rng, curve: Curve, ends: Collection[str] | None = None) -> Version:
        """Makes a new current version and writes the file; of the older ones, all but the newest are retired.

        ``ends`` are the ids of those that may be: somebody else may have rotated since the caller looked. Raises
        :class:`KeyringRefused` for a permanent purpose, one of which no key lives here, and where others would end.
        """
        if purpose.is_permanent:
            raise KeyringRefused(f"{purpose.value} is permanent: {purpose.permanence}")
        with self._changing():
            ending = {version.key_id for version in self.live(purpose)[MAX_LIVE - 1 :]}
            if ends is not None and ending != set(ends):
                raise KeyringRefused("the keys were changed meanwhile: nothing was made; see credence keys list")
            if not self.live(purpose):
                raise KeyringRefused(
                    f"no key for {purpose.value} lives in this keyring: rotate it in its keeper's folder (--data-dir FOLDER)"
                )
            entry = _made(purpose, self._content.seal, now=now, rng=rng, curve=curve)
            keep = {version.key_id for version in self.live(purpose)[: MAX_LIVE - 1]}
            entries = self._content.entries
            kept = [self._retired(other, now) if self._ends(other, purpose, keep) else other for other in entries]
            self._replace([*kept, entry])
        return entry.version

    def complete(self, *, now: int, rng: Rng, curve: Curve) -> tuple[Version, ...]:
        """Makes the first key of every purpose that this release knows and the file does not, and writes the file.

        A purpose whose keys have all ended is left as it is: that was somebody's decision.
        """
        with self._changing():
            missing = [purpose for purpose in Purpose if not self.versions(purpose)]
            made = [_made(purpose, self._content.seal, now=now, rng=rng, curve=curve) for purpose in missing]
            if made:
                self._replace([*self._content.entries, *made])
        return tuple(entry.version for entry in made)

    def retire(self, purpose: Purpose, key_id: str, *, now: int) -> None:
        """Ends a live version that is not the current one, and writes the file. Raises :class:`KeyringRefused`."""
        with self._changing():
            if key_id not in {version.key_id for version in self.live(purpose)[1:]}:
                raise KeyringRefused("only a live key that is not the current one can be retired")
            entries = self._content.entries
            self._replace([self._retired(entry, now) if entry.version.key_id == key_id else entry for entry in entries])

    def reseal(self, master: Master, rng: Rng) -> None:
        """Locks every key with another master, and writes the file: it opens with the one or with the other, at any moment.

        Raises as :meth:`Master.lock` and :meth:`Master.unlock`: what ``master`` does not open again is not written. Copies
        of the file from before still open with the master of before.
        """
        with self._changing():
            header, master_key = master.lock(rng)
            before, seal = self._content, Seal(master_key)
            sealed = [_moved(entry, before, seal, rng) for entry in before.entries]
            self._write(_Content.of(header, Seal(master.unlock(header)), sealed))
            self._master = master

    def part(
        self,
        path: Path,
        master: Master,
        purposes: Collection[Purpose],
        furnish: Callable[[Self], object],
        *,
        now: int,
        rng: Rng,
    ) -> Self:
        """Moves every version of ``purposes``, and a key of its own for a keeper, into a new keyring.

        ``furnish`` is given that one before the keys end here: whatever fails until then has moved nothing. What is left of
        them here opens to zeros, and the ids stay, so that :meth:`complete` makes none anew. Raises :class:`KeyringRefused`
        where a purpose has no live key, is of Ed25519, or the new file exists.
        """
        if any(purpose.is_ed25519 or not self.live(purpose) for purpose in purposes):
            raise KeyringRefused("only live keys that are no Ed25519 keys move to a keyring of their own")
        header, master_key = master.lock(rng)
        with self._changing():
            before, seal = self._content, Seal(master_key)
            moving = [entry for entry in before.entries if entry.version.purpose in purposes]
            keeper = _sealed(Version(Purpose.KEEPER, rng(_ID_LENGTH).hex(), now), rng(SECRET_LENGTH), seal, rng)
            content = _Content.of(header, seal, [*(_moved(entry, before, seal, rng) for entry in moving), keeper])
            write_private(path, content.encoded())
            found = type(self)(path, master, content)
            furnish(found)
            self._replace([_emptied(entry, before.seal, now, rng) if entry in moving else entry for entry in before.entries])
        return found

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
            self._content = self._read_again()
            yield

    def _read_again(self) -> _Content:
        try:
            return _read(self._path, self._seal_of)
        except KeyringRefused:  # perhaps another master of the same kind
            return _read(self._path, lambda header: Seal(self._master.unlock(header)))

    def _replace(self, entries: list[_Entry]) -> None:
        self._write(_Content.of(self._content.header, self._content.seal, entries))

    def _write(self, content: _Content) -> None:
        """Writes first: a key that is not on disk must not be used."""
        write_private(self._path, content.encoded(), replace=True)
        self._content = content


def _read(path: Path, seal_of: Callable[[dict[str, Any]], Seal]) -> _Content:
    try:
        document = json.loads(read_private(path))
        mac = b64u_decode(document.pop("mac"))
        header = document["master"]
        if document["format"] != FORMAT or not isinstance(header, dict):
            raise KeyringRefused("not a keyring of a known format")
        seal = seal_of(header)
        seal.check(document, mac)
        return _Content.of(header, seal, [_Entry.parse(value) for value in document["keys"]])
    except (CircuitError, rfc8785.CanonicalizationError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise KeyringRefused("the keyring file is malformed") from error


def _versions(content: _Content, purpose: Purpose | None) -> tuple[Version, ...]:
    return tuple(entry.version for entry in content.entries if purpose in (None, entry.version.purpose))


def _live(content: _Content, purpose: Purpose) -> tuple[Version, ...]:
    return tuple(version for version in reversed(_versions(content, purpose)) if version.retired is None)


def _current(content: _Content, purpose: Purpose) -> Version:
    live = _live(content, purpose)
    if not live:
        raise KeyringRefused(f"the keyring has no live key for {purpose.value}")
    return live[0]


def _moved(entry: _Entry, content: _Content, seal: Seal, rng: Rng) -> _Entry:
    return _sealed(entry.version, content.secrets[entry.version.purpose, entry.version.key_id], seal, rng)


def _emptied(entry: _Entry, seal: Seal, now: int, rng: Rng) -> _Entry:
    retired = entry.version.retired
    return _sealed(replace(entry.version, retired=now if retired is None else retired), bytes(SECRET_LENGTH), seal, rng)


def _sealed(version: Version, secret: bytes, seal: Seal, rng: Rng) -> _Entry:
    return _Entry(version, *seal.close(secret, version.purpose, version.key_id, rng))


def _made(purpose: Purpose, seal: Seal, *, now: int, rng: Rng, curve: Curve) -> _Entry:
    version = Version(purpose, rng(_ID_LENGTH).hex(), now)
    nonce, sealed = seal.close(new_secret(purpose, rng, curve), purpose, version.key_id, rng)
    return _Entry(version, nonce, sealed)
