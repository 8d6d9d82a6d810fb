"""A keeper's folder: a keyring with the keys of one duty, its own master, a tally, and how it is to be asked.

``keeper.json`` is no secret. The folder is another user's than the web process's: whoever takes over the one does not have
the other.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields
from credence.circuits.note import NoteVerifier
from credence.service.clock import Clock
from credence.service.errors import Misconfigured
from credence.service.keys.door import Answer
from credence.service.keys.files import read_private, write_private
from credence.service.keys.keyring import Keyring
from credence.service.keys.master import FileMaster, Master, PassphraseMaster, create_master_file
from credence.service.keys.purposes import Purpose
from credence.service.keys.seal import KeyringRefused
from credence.service.keys.signer import Rules, Signer
from credence.service.keys.signer_log import SignerLog
from credence.service.keys.tagger import Tagger
from credence.service.keys.tally import Cap, Tally, TallyFile

FORM: Final = "credence/keeper/1"
CONFIG, KEYRING, MASTER, TALLY, LOG = "keeper.json", "keyring.json", "master.key", "tally.json", "signer.log"
PASSPHRASE: Final = "CREDENCE_KEEPER_PASSPHRASE"  # noqa: S105 - a name
SECRETS: Final = "CREDENCE_SECRETS_DIR"
MAX_AGES: Final = range(70, 3_601)
"""Seconds that a signer may be told to do without a newer checkpoint: a log that moves publishes one a minute."""


class Duty(StrEnum):
    """What a keeper is there for."""

    SIGNER = "signer"
    TAGGER = "tagger"

    @property
    def purposes(self) -> frozenset[Purpose]:
        """The keys that are nowhere but with this keeper."""
        if self is Duty.SIGNER:
            return frozenset({Purpose.ISSUER_BBS})
        return frozenset({Purpose.ISSUER_IDENTITY_TAG, Purpose.ISSUER_ENTROPY})


@dataclass(frozen=True)
class Keeping:
    """How a keeper is set up: whom it answers at which socket, how often, and which ledger a signer believes.

    ``since`` is the ledger's size when the keys came here: what is before was signed elsewhere. Raises
    :class:`~credence.service.errors.Misconfigured` for a cap or age out of range.
    """

    duty: Duty
    socket: Path
    uids: frozenset[int]
    cap: Cap
    group: int | None = None
    log_vkey: str = ""
    max_age: int = 180
    since: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.cap.per_minute <= 100_000 and 0 < self.cap.per_day <= 10_000_000 and self.max_age in MAX_AGES):
            raise Misconfigured("a keeper's cap or age is out of range")

    def to_json(self) -> dict[str, Any]:
        """As it stands in ``keeper.json``."""
        return {
            "type": FORM,
            "duty": self.duty.value,
            "socket": str(self.socket),
            "uids": sorted(self.uids),
            "per_minute": self.cap.per_minute,
            "per_day": self.cap.per_day,
            "log_vkey": self.log_vkey or None,
            "group": self.group,
            "max_age_seconds": self.max_age,
            "since": self.since,
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Raises :class:`~credence.circuits.errors.Malformed` and :class:`~credence.service.errors.Misconfigured`."""
        fields = Fields(value, "keeper.json")
        fields.choice("type", FORM)
        found = cls(
            duty=Duty(fields.choice("duty", *Duty)),
            socket=Path(fields.text("socket")),
            uids=frozenset(fields.items("uids", _uid, minimum=1)),
            cap=Cap(fields.integer("per_minute"), fields.integer("per_day")),
            log_vkey=fields.text("log_vkey") if fields.has("log_vkey") else "",
            group=fields.integer("group") if fields.has("group") else None,
            max_age=fields.integer("max_age_seconds"),
            since=fields.integer("since"),
        )
        fields.done()
        return found


def split(ring: Keyring, folder: Path, keeping: Keeping, *, now: int, rng: Rng, passphrase: str | None = None) -> Keyring:
    """Makes a keeper's folder and moves the keys of its duty there, out of ``ring``, under a master of its own: a
    passphrase, by default a key file in the folder.

    Raises :class:`KeyringRefused` where there is a keyring in the folder, or ``ring`` has no such key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / KEYRING).exists():
        raise KeyringRefused("there is a keyring in the keeper's folder already")
    master: Master = create_master_file(folder / MASTER, rng) if passphrase is None else PassphraseMaster(passphrase)
    write_private(folder / CONFIG, json.dumps(keeping.to_json(), indent=1).encode() + b"\n", replace=True)

    def furnish(part: Keyring) -> None:
        TallyFile(folder / TALLY, part.secret(Purpose.KEEPER)).write(Tally())
        if keeping.duty is Duty.SIGNER:
            write_private(folder / LOG, b"")

    return ring.part(folder / KEYRING, master, keeping.duty.purposes, furnish, now=now, rng=rng)


def master_of(folder: Path, environment: Mapping[str, str]) -> Master:
    """What opens the keyring of a keeper's folder: a passphrase of its own, from the environment or the folder of secrets
    that it names, else the key file."""
    passphrase = environment.get(PASSPHRASE)
    secrets = environment.get(SECRETS)
    if passphrase is None and secrets is not None:
        file = Path(secrets) / PASSPHRASE.lower()
        if file.is_file():
            passphrase = file.read_text("utf-8").strip()
    return FileMaster(folder / MASTER) if passphrase is None else PassphraseMaster(passphrase)


def keeping_of(folder: Path) -> Keeping:
    """How the keeper of a folder is set up. Raises :class:`~credence.service.errors.Misconfigured`."""
    try:
        return Keeping.parse(json.loads(read_private(folder / CONFIG)))
    except (CircuitError, ValueError) as error:
        raise Misconfigured("keeper.json cannot be read") from error


def open_keeper(
    folder: Path, keeping: Keeping, master: Master, *, curve: Curve, rng: Rng, clock: Clock
) -> tuple[Answer, Callable[[], None]]:
    """What the keeper answers with, and what ends it. Raises :class:`KeyringRefused` for a folder that is not as it was
    left, and :class:`~credence.service.errors.Misconfigured` for a signer without a ledger."""
    ring = Keyring.open(folder / KEYRING, master)
    file = TallyFile(folder / TALLY, ring.secret(Purpose.KEEPER))
    if keeping.duty is Duty.TAGGER:
        return Tagger(ring, clock, keeping.cap, file).answer, _nothing
    try:
        rules = Rules(NoteVerifier.parse(keeping.log_vkey), keeping.max_age, keeping.cap)
    except CircuitError as error:
        raise Misconfigured("keeper.json names no log") from error
    if not (folder / LOG).is_file():
        raise KeyringRefused("the signer's log is missing")
    log = SignerLog(folder / LOG)
    try:
        signer = Signer(ring, curve, rng, clock, rules, log, file)
    except BaseException:
        log.close()
        raise
    return signer.answer, signer.close


def seclude() -> None:
    """No other process of the same user looks into this one's memory, and none of it is written when it dies."""
    import resource

    with suppress(OSError, ValueError):  # whoever forbids it has set the limit
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):  # another system
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


_PR_SET_DUMPABLE: Final = 4


def _nothing() -> None:
    """A tagger has nothing to let go of."""


def _uid(value: object) -> int:
    return Fields({"uid": value}, "uids").integer("uid", maximum=(1 << 32) - 2)
