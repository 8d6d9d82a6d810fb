"""Signed notes and log checkpoints (C2SP signed-note, tlog-checkpoint), Ed25519 signatures only.

A note is a text that ends in a newline, a blank line, and one line ``— <name> <base64(key id || signature)>`` for each
signature; the signature is over the text. A key id is the first 4 bytes of ``SHA-256(name || 0A || 01 || public key)``.
A checkpoint is the text of a log's note: its origin, its size in decimal, its root in base64, optional extension lines.

Parsing is strict: canonical base64 and decimals, no control characters, at most one signature of a key, bounded sizes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.circuits.signatures import check_signed

MAX_NOTE: Final = 1 << 20
"""Bytes of a note that is looked at."""

MAX_SIGNATURES: Final = 64
"""Signature lines of a note that is looked at."""

MAX_NAME: Final = 255
"""Characters of a key name."""

_ED25519: Final = b"\x01"
_KEY_ID_LENGTH: Final = 4
_PUBLIC_KEY_LENGTH: Final = 32
_DASH: Final = "\u2014 "
_ROOT_LENGTH: Final = 32
_SIZES: Final = range(1 << 63)
_EMPTY_ROOT: Final = hashlib.sha256(b"").digest()  # RFC 6962 section 2.1


@dataclass(frozen=True)
class NoteVerifier:
    """A known signer: its name and Ed25519 public key. Raises :class:`IllFormed` for a bad name or key length."""

    name: str
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public_key) != _PUBLIC_KEY_LENGTH:
            raise IllFormed("an Ed25519 public key has 32 bytes")
        hashed = hashlib.sha256(self.name.encode("utf-8") + b"\n" + _ED25519 + self.public_key).digest()
        object.__setattr__(self, "key_id", hashed[:_KEY_ID_LENGTH])

    @classmethod
    def parse(cls, vkey: str) -> NoteVerifier:
        """From ``name+hex8+base64(01 || public key)``. Raises :class:`Malformed`, also where the key id is not the key's."""
        parts = vkey.split("+", 2) if len(vkey) <= MAX_NAME + 64 else []
        if len(parts) != 3:
            raise Malformed("not a verifier key")
        name, key_id, encoded = parts
        key = _b64_decode(encoded)
        if len(key) != 1 + _PUBLIC_KEY_LENGTH or key[:1] != _ED25519:
            raise Malformed("not an Ed25519 verifier key")
        try:
            verifier = cls(name, key[1:])
        except IllFormed as error:
            raise Malformed(error.reason) from error
        if verifier.key_id.hex() != key_id:
            raise Malformed("the key id is not that of name and key")
        return verifier

    @property
    def vkey(self) -> str:
        """``name+hex8+base64(01 || public key)``."""
        return f"{self.name}+{self.key_id.hex()}+{_b64(_ED25519 + self.public_key)}"

    def verify(self, message: bytes, signature: bytes) -> None:
        """Returns iff the 64-byte ``signature`` is this key's over ``message``. Raises :class:`Refused`."""
        check_signed(message, signature, self.public_key, Refused("bad signature of a known signer"))


class NoteSigner:
    """Signs notes under a name. Raises :class:`IllFormed` for a name that is empty or holds spaces or ``+``."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.verifier: Final = NoteVerifier(name, private_key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """The name that stands in the signature line."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """The public key in the form that :meth:`NoteVerifier.parse` reads."""
        return self.verifier.vkey

    def sign(self, text: str) -> str:
        """The note over ``text`` with this one signature.

        Raises :class:`IllFormed` for a text that does not end in a newline, holds control characters or is too large.
        """
        if not text.endswith("\n"):
            raise IllFormed("the text of a note ends in a newline")
        try:
            message = _encoded(text)
        except Malformed as error:
            raise IllFormed(error.reason) from error
        signature = self._private_key.sign(message)
        return f"{text}\n{_DASH}{self.name} {_b64(self.verifier.key_id + signature)}\n"


def open_note(note: str | bytes, verifiers: Sequence[NoteVerifier]) -> str:
    """The text of a note that at least one of ``verifiers`` signed.

    Signatures by others are ignored. Raises :class:`Malformed` for bytes that are no note, :class:`Refused` where a known
    signer's signature is wrong or no known signer signed, :class:`IllFormed` for two verifiers with one name and key id.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    if len(known) != len(verifiers):
        raise IllFormed("two verifiers have the same name and key id")
    text, signatures = _parse_note(note)
    message = text.encode("utf-8")
    signed = False
    for signer, signature in signatures.items():
        verifier = known.get(signer)
        if verifier is not None:
            verifier.verify(message, signature)
            signed = True
    if not signed:
        raise Refused("no known signer signed the note")
    return text


@dataclass(frozen=True)
class Checkpoint:
    """What a log commits to: its ``origin``, its ``size`` in leaves and the ``root`` over them (32 bytes).

    Raises :class:`IllFormed` for an origin or extension that is empty or holds control characters, a size outside
    ``[0, 2^63)``, a root that has not 32 bytes, or an empty log with another root than the empty one.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(character < " " for character in line):
                raise IllFormed("a checkpoint line is empty or holds control characters")
        if self.size not in _SIZES:
            raise IllFormed("checkpoint size out of range")
        if len(self.root) != _ROOT_LENGTH:
            raise IllFormed("a checkpoint root has 32 bytes")
        if self.size == 0 and self.root != _EMPTY_ROOT:
            raise IllFormed("the empty log has the empty root")

    def text(self) -> str:
        """The text to be signed, every line ended by a newline."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), _b64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From the text of a note. Raises :class:`Malformed` for anything but the canonical form."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise Malformed("a checkpoint has three lines at least, each ended by a newline")
        origin, decimal, encoded, *extensions = lines[:-1]
        if not (decimal.isascii() and decimal.isdigit() and len(decimal) <= 19):
            raise Malformed("a checkpoint size is decimal")
        if decimal != str(int(decimal)):
            raise Malformed("a checkpoint size has no leading zeros")
        try:
            return cls(origin, int(decimal), _b64_decode(encoded), tuple(extensions))
        except IllFormed as error:
            raise Malformed(error.reason) from error


def open_checkpoint(note: str | bytes, log: NoteVerifier) -> Checkpoint:
    """The checkpoint in a note that ``log`` signed for itself.

    Raises as :func:`open_note` and :meth:`Checkpoint.parse`, and :class:`Refused` where the origin is not the log's name: a
    key that signs for several logs must not let one stand for another.
    """
    checkpoint = Checkpoint.parse(open_note(note, [log]))
    if checkpoint.origin != log.name:
        raise Refused("checkpoint of another log")
    return checkpoint


def _parse_note(note: str | bytes) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """The text, and the signature (without key id) by name and key id."""
    if len(note) > MAX_NOTE:
        raise Malformed("note too large")
    try:
        whole = note if isinstance(note, str) else note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8") from error
    _encoded(whole)
    above, blank, below = whole.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise Malformed("a note is a text, a blank line and signature lines")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed("too many signatures")
    signatures: dict[tuple[str, bytes], bytes] = {}
    for line in lines:
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space:
            raise Malformed("not a signature line")
        try:
            _check_name(name)
        except IllFormed as error:
            raise Malformed(error.reason) from error
        value = _b64_decode(encoded)
        if len(value) <= _KEY_ID_LENGTH:
            raise Malformed("a signature line without a signature")
        signer = (name, value[:_KEY_ID_LENGTH])
        if signer in signatures:
            raise Malformed("two signatures by one key")
        signatures[signer] = value[_KEY_ID_LENGTH:]
    return above + "\n", signatures


def _encoded(text: str) -> bytes:
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed("a note is UTF-8") from error
    if len(data) > MAX_NOTE:
        raise Malformed("note too large")
    if any(character < " " and character != "\n" for character in text):
        raise Malformed("a note holds no control characters")
    return data


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME or "+" in name:
        raise IllFormed("a key name has 1-255 characters and no plus")
    if any(character.isspace() or character < " " or "\ud800" <= character <= "\udfff" for character in name):
        raise IllFormed("a key name has no spaces and no control characters")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _b64_decode(text: str) -> bytes:
    """Padded, canonical base64 of the standard alphabet."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed("not base64") from error
    if _b64(data) != text:
        raise Malformed("not canonical base64")
    return data
