"""What a trustee keeps: one sealed file with its secrets, and beside it a record that only grows.

The record (:mod:`credence.sdk.trustee.record`) is a chain of lines with MACs; the newest one's hash stands in the sealed
file, so that a line that is added, taken away or changed is noticed by whoever has the passphrase. One line more than that,
or part of one, is of a machine that stopped in between: the line is taken as it stands, and the part away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import CircuitError, Malformed
from credence.circuits.escrow.generation import Polynomial
from credence.circuits.escrow.messages import Dealing, Roster, Verdict
from credence.circuits.fields import Fields, Json, canonical_json
from credence.sdk.errors import VaultTampered, VaultUnavailable
from credence.sdk.locking import alone
from credence.sdk.refusals import OpeningError
from credence.sdk.trustee.record import START, Lines, append, cut, line_hash, make_line, read_lines, record_key
from credence.sdk.vault import DEFAULT, FLOOR, SealParameters, VaultFile

VAULT: Final = "trustee.vault"
RECORD: Final = "record.jsonl"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is sealed. Of a ceremony that is under way the roster and what was said in it, so that it is said once; since the
    end of it the ``share``, its ``index`` and the ``transcript``. ``opened`` are presentations (digests in base64url) and
    the identity of the authority that each was opened for.
    """

    name: str
    identity: bytes = field(repr=False)
    secret: int = field(repr=False)
    card: Json
    roster: Roster | None = None
    polynomial: Polynomial | None = field(default=None, repr=False)
    dealing: Dealing | None = None
    verdict: Verdict | None = None
    share: int | None = field(default=None, repr=False)
    index: int = 0
    transcript: Json | None = field(default=None, repr=False)
    opened: Mapping[str, str] = field(default_factory=dict)
    head: bytes = START

    @property
    def signing(self) -> Ed25519PrivateKey:
        """The identity's key."""
        return Ed25519PrivateKey.from_private_bytes(self.identity)

    def encode(self) -> bytes:
        """The sealed content."""
        polynomial = self.polynomial
        return canonical_json(
            {
                "type": "credence/trustee-vault/1",
                "name": self.name,
                "identity": b64u(self.identity),
                "secret": str(self.secret),
                "card": dict(self.card),
                "roster": None if self.roster is None else self.roster.to_json(),
                "polynomial": None if polynomial is None else [str(each) for each in polynomial.coefficients],
                "proof": None if polynomial is None else b64u(polynomial.proof),
                "dealing": None if self.dealing is None else self.dealing.to_json(),
                "verdict": None if self.verdict is None else self.verdict.to_json(),
                "share": None if self.share is None else str(self.share),
                "index": self.index,
                "transcript": None if self.transcript is None else dict(self.transcript),
                "opened": dict(self.opened),
                "head": b64u(self.head),
            }
        )

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """Read :meth:`encode`. Raises :class:`VaultTampered`."""
        try:
            fields = Fields(json.loads(content), "trustee's vault")
            fields.choice("type", "credence/trustee-vault/1")
            proof = fields.binary("proof") if fields.has("proof") else b""
            opened = fields.raw_object("opened")
            kept = cls(
                name=fields.text("name", max_length=64),
                identity=fields.binary("identity", length=32),
                secret=fields.scalar("secret"),
                card=fields.raw_object("card"),
                roster=Roster.parse(fields.raw_object("roster")) if fields.has("roster") else None,
                polynomial=Polynomial(fields.items("polynomial", _scalar), proof) if fields.has("polynomial") else None,
                dealing=Dealing.parse(fields.raw_object("dealing")) if fields.has("dealing") else None,
                verdict=Verdict.parse(fields.raw_object("verdict")) if fields.has("verdict") else None,
                share=fields.scalar("share") if fields.has("share") else None,
                index=fields.integer("index"),
                transcript=fields.raw_object("transcript") if fields.has("transcript") else None,
                opened={str(name): str(value) for name, value in opened.items()},
                head=fields.binary("head", length=32),
            )
            fields.done()
        except (ValueError, CircuitError) as error:
            raise VaultTampered("The vault holds something else than a trustee's secrets.") from error
        return kept


class Keeping:
    """The folder of one trustee, opened. Made by :meth:`create` and :meth:`open`; for one thread."""

    def __init__(self, folder: Path, vault: VaultFile, kept: Kept) -> None:
        self.folder: Final = folder
        self.kept = kept
        self._vault = vault

    @classmethod
    def create(cls, folder: Path, kept: Kept, passphrase: str, rng: Rng, *, parameters: SealParameters = DEFAULT) -> Self:
        """A new folder, or an empty one. Raises :class:`VaultUnavailable` where there is one, :class:`WeakPassphrase`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        least = parameters if parameters is not DEFAULT else FLOOR
        vault = VaultFile.create(folder / VAULT, passphrase, kept.encode(), rng, parameters=parameters, least=least)
        return cls(folder, vault, kept)

    @classmethod
    def open(cls, folder: Path, passphrase: str, rng: Rng, *, least: SealParameters = FLOOR) -> Self:
        """Opens the vault, and sees that the record is whole.

        Raises :class:`VaultUnavailable`, :class:`WrongPassphrase`, :class:`VaultTampered`, also for the record.
        """
        vault, content = VaultFile.open(folder / VAULT, passphrase, rng, least=least)
        opened = cls(folder, vault, Kept.decode(content))
        try:
            opened._catch_up()
        except OSError as error:
            raise VaultUnavailable("The record cannot be read or written.") from error
        return opened

    def entries(self) -> tuple[Json, ...]:
        """The record's lines, the oldest first. Raises :class:`VaultTampered`."""
        return self._read().entries

    def _read(self) -> Lines:
        return read_lines(self.folder / RECORD, record_key(self.kept.identity))

    def _catch_up(self) -> None:
        """Takes the line that was written before a machine stopped, and takes part of one away.

        Nothing had left for either. Raises :class:`VaultTampered` for a record that is not this trustee's.
        """
        lines, kept = self._read(), self.kept
        if lines.head != kept.head:
            if not lines.entries or lines.entries[-1]["before"] != b64u(kept.head):
                raise VaultTampered("The record is not the one that this trustee wrote.")
            last, opened = lines.entries[-1], dict(kept.opened)
            if last.get("outcome") == "opened":
                opened[str(last.get("presentation"))] = str(last.get("identity"))
            self._keep(replace(kept, head=lines.head, opened=opened))
        if lines.torn:
            cut(self.folder / RECORD, lines.size)

    def change(self, **changes: Any) -> Kept:
        """Keeps what changed, durably. Raises :class:`VaultChanged`, :class:`VaultUnavailable`."""
        self._keep(replace(self.kept, **changes))
        return self.kept

    def record(self, entry: Mapping[str, Any], **changes: Any) -> None:
        """Writes a line of the record, durably, and then what changed.

        Raises :class:`OpeningError` where it cannot, :class:`VaultTampered`, and as :meth:`change`.
        """
        try:
            with alone(self.folder / f".{RECORD}.lock"):
                self._catch_up()  # an attempt before may have ended halfway
                line = make_line(record_key(self.kept.identity), entry, self.kept.head)
                append(self.folder / RECORD, line)
                self._keep(replace(self.kept, head=line_hash(line), **changes))
        except OSError as error:
            raise OpeningError("The record cannot be written.") from error

    def _keep(self, kept: Kept) -> None:
        self._vault.write(kept.encode())
        self.kept = kept


def _scalar(value: object) -> int:
    if not isinstance(value, str):
        raise Malformed("a scalar is a decimal string")
    return Fields({"scalar": value}, "polynomial").scalar("scalar")
