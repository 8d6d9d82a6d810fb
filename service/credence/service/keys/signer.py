"""The signer: keeps the issuing key in a process of its own, and signs only what a ledger can be held to.

Three operations, docs/keepers.md says how each is asked. ``hello`` tells the public keys and what the signer has seen.
``follow`` shows it a newer checkpoint of the ledger. ``sign`` signs: only while the last checkpoint shown is fresh, only so
often, and only once the leaf stands in its own log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

from credence.circuits.credential import EPOCH_DAYS, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields, Json
from credence.circuits.hashing import Label, hmac_labelled
from credence.circuits.merkle import HASH_LENGTH, verify_consistency
from credence.circuits.note import NoteVerifier
from credence.service.clock import Clock
from credence.service.keys.complaints import Declined
from credence.service.keys.issuing import IssuerKeys
from credence.service.keys.keyring import Keyring
from credence.service.keys.ordering import Order
from credence.service.keys.ports import PublicIssuerKey
from credence.service.keys.seal import KeyringRefused
from credence.service.keys.signer_log import Record, SignerLog
from credence.service.keys.stamp import Stamp
from credence.service.keys.tally import Cap, Tally, TallyFile
from credence.service.logs import logger

PROTOCOL: Final = "credence/signer/1"
SKEW: Final = 5
"""Seconds by which the clocks of signer and ledger may differ."""
_MAX_NOTE: Final = 4_096
_MAX_PROOF: Final = 64


@dataclass(frozen=True)
class Rules:
    """The log's key, how old the newest checkpoint may be (seconds), and how often the signer signs: persons, and
    standings as often again."""

    log: NoteVerifier
    max_age: int
    cap: Cap


class Signer:
    """Answers operations; safe for many threads. It has the log for itself until :meth:`close`.

    Raises :class:`KeyringRefused` for a log or tally that is not what it left.
    """

    def __init__(
        self, keyring: Keyring, curve: Curve, rng: Rng, clock: Clock, rules: Rules, log: SignerLog, file: TallyFile
    ) -> None:
        self._keyring: Final = keyring
        self._keys: Final = IssuerKeys(keyring, curve, rng)
        self._clock: Final = clock
        self._rules: Final = rules
        self._log: Final = log
        self._file: Final = file
        self._lock: Final = Lock()
        self._broken = False
        records, self._tally = log.recover(file.read())
        file.write(self._tally)
        self._signed: Final = {record.known_by: record.leaf for record in records}

    def answer(self, operation: str, content: Json) -> Json:
        """One operation. Raises :class:`Declined`, :class:`KeyringRefused` and :class:`CircuitError`."""
        self._refresh()
        match operation:
            case "hello":
                return self.hello()
            case "follow":
                return self._follow(Fields(content, "follow"))
            case "sign":
                return self._sign(Order.parse(content))
        raise Declined("unknown-op", "The signer has no such operation.")

    def hello(self) -> dict[str, Any]:
        """What anybody may know of the signer."""
        tally = self._tally
        return {
            "protocol": PROTOCOL,
            "keys": [key_json(key) for key in self._keys.live()],
            "count": tally.count,
            "head": tally.head.hex(),
            "size": tally.size,
            "root": tally.root.hex(),
            "stamped_at": tally.stamped_at,
            "fresh_for": self._fresh_for(),
        }

    def close(self) -> None:
        """Lets go of the log."""
        self._log.close()

    def _refresh(self) -> None:
        try:
            self._keyring.refresh()
        except KeyringRefused:
            logger().error("keeper.keyring-refused")

    def _follow(self, fields: Fields) -> dict[str, Any]:
        """Takes a newer checkpoint. What is older than the last one, or does not extend it, changes nothing."""
        note = fields.binary("note", max_length=_MAX_NOTE)
        proof = fields.items("proof", _hash, maximum=_MAX_PROOF)
        fields.done()
        try:
            stamp = Stamp.open(note, self._rules.log)
        except CircuitError as error:
            raise Declined("ledger-forged", "The checkpoint is not the ledger's.") from error
        if stamp.at > self._clock() + SKEW:
            raise Declined("ledger-forged", "The checkpoint is from the future.")
        with self._lock:
            seen = self._tally
            if stamp.size < seen.size or stamp.at < seen.stamped_at:
                raise Declined("ledger-behind", "The checkpoint is older than one that was shown before.")
            try:
                if seen.size:
                    verify_consistency(seen.size, stamp.size, seen.root, stamp.root, proof)
            except CircuitError as error:
                raise Declined("ledger-forged", "The checkpoint does not extend the one shown before.") from error
            self._count(replace(seen, size=stamp.size, root=stamp.root, stamped_at=stamp.at))
        return {"size": stamp.size, "stamped_at": stamp.at}

    def _sign(self, order: Order) -> dict[str, Any]:
        """The signature is made first and leaves last: what is appended and counted is known before."""
        if not self._fresh_for():
            raise Declined("ledger-stale", "The signer was shown no checkpoint of the ledger that is fresh.")
        signature = self._keys.sign(order)
        leaf, known_by = order.leaf(signature), self._known_by(order)
        with self._lock:
            if known_by not in self._signed:
                self._enter(order, leaf, known_by)
            return {"signature": b64u(signature), "count": self._tally.count}

    def _enter(self, order: Order, leaf: bytes, known_by: bytes) -> None:
        if self._broken:
            raise Declined("log-failed", "The signer's log could not be written: it has to be started again.")
        now, seen = self._clock(), self._tally
        epoch = day_of(now) // EPOCH_DAYS
        record = Record(seen.count + 1, seen.head, order.key_id, leaf, known_by, epoch, seen.size, seen.root)
        counted = seen.one_more(self._rules.cap, now, record.digest(), standing=order.is_proven)
        self._broken = True  # until all of it is on disk: what is there after a failure says the next start
        try:
            self._log.append(record)
            self._file.write(counted)
        except OSError as error:
            raise Declined("log-failed", "The signer's log could not be written: it has to be started again.") from error
        self._broken = False
        self._tally, self._signed[known_by] = counted, leaf

    def _count(self, tally: Tally) -> None:
        if self._broken:
            raise Declined("log-failed", "The signer's log could not be written: it has to be started again.")
        try:
            self._file.write(tally)
        except OSError as error:
            raise Declined("log-failed", "The signer's tally could not be written.") from error
        self._tally = tally

    def _known_by(self, order: Order) -> bytes:
        return hmac_labelled(self._file.key, Label.KEEPER, b"order", order.known_by())

    def _fresh_for(self) -> int:
        """Seconds for which the signer goes on with what it was shown last; 0 where that is too old, or nothing."""
        age = self._clock() - self._tally.stamped_at
        return max(0, self._rules.max_age - age) if self._tally.size and age >= -SKEW else 0


def key_json(key: PublicIssuerKey) -> dict[str, Any]:
    """A public key as it goes over the wire; ``RemoteSigner`` of :mod:`credence.service.keys.remote` reads it."""
    return {
        "key_id": key.version.key_id,
        "created": key.version.created,
        "suite": key.suite,
        "public_key": b64u(key.public_key),
        "possession": b64u(key.possession),
    }


def _hash(value: object) -> bytes:
    return Fields({"hash": value}, "proof").binary("hash", length=HASH_LENGTH)
