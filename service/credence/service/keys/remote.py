"""The keepers as the issuer sees them, at the other side of their doors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from credence.circuits.bbs.key_possession import POSSESSION_LENGTH
from credence.circuits.bbs.signature import SIGNATURE_LENGTH
from credence.circuits.curve import G2_LENGTH, ORDER
from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields, Json
from credence.circuits.issuance import IssuerEntropy
from credence.circuits.wire import SUITES
from credence.service.clock import steady_clock
from credence.service.errors import ServiceError
from credence.service.keys import signer, tagger
from credence.service.keys.complaints import Declined
from credence.service.keys.keyring import MAX_LIVE, Version
from credence.service.keys.knocking import Knocker
from credence.service.keys.ordering import Order
from credence.service.keys.ports import KeeperAway, PublicIssuerKey
from credence.service.keys.purposes import Purpose
from credence.service.keys.seal import KeyringRefused
from credence.service.keys.tags import TAG_LENGTH
from credence.service.logs import logger

T = TypeVar("T")

SHOW_EVERY: Final = 15.0
"""Seconds after which the signer is shown the ledger again before it is asked to sign."""

KEYS_FOR: Final = 2.0
"""Seconds for which the public keys are taken to be what they were; for longer only while the signer is away."""

Stamped = Callable[[int], tuple[str, tuple[bytes, ...]]]
"""The newest stamp of the ledger, and the proof that it extends the checkpoint of that size (0: none was seen).

Raises :class:`~credence.service.errors.Unavailable`.
"""


@dataclass(frozen=True)
class _Seen:
    keys: tuple[PublicIssuerKey, ...]
    size: int
    fresh_for: int


class RemoteSigner:
    """A :class:`~credence.service.keys.ports.CredentialSigner` in another process, which ``stamped`` shows the ledger."""

    def __init__(self, path: Path, stamped: Stamped, *, steady: Callable[[], float] = steady_clock) -> None:
        self._knocker: Final = Knocker(path)
        self._stamped: Final = stamped
        self._steady: Final = steady
        self._lock: Final = Lock()
        self._keys: tuple[PublicIssuerKey, ...] = ()
        self._asked_at: float | None = None
        self._shown_at: float | None = None

    def live(self) -> tuple[PublicIssuerKey, ...]:
        """As the port says. Public keys that were heard of once are told again while the signer is away."""
        with self._lock:
            if self._asked_at is None or self._steady() - self._asked_at > KEYS_FOR:
                try:
                    self._keys = self._hello().keys
                except KeeperAway:
                    if not self._keys:
                        raise
                self._asked_at = self._steady()
            return self._keys

    def current(self) -> PublicIssuerKey:
        """As the port says."""
        keys = self.live()
        if not keys:
            raise KeyringRefused(f"the signer has no live key for {Purpose.ISSUER_BBS.value}")
        return keys[0]

    def sign(self, order: Order) -> bytes:
        """As the port says: the signer is shown the ledger when that was a while ago, or it says so."""
        if self._shown_at is None or self._steady() - self._shown_at > SHOW_EVERY:
            self._show()
        try:
            return self._signed(order)
        except Declined as error:
            if error.slug != "ledger-stale":
                raise _away(error) from error
        self._show()
        try:
            return self._signed(order)
        except Declined as error:
            raise _away(error) from error

    def is_at_hand(self) -> bool:
        """Whether the signer answers, and has been shown a ledger that it accepts."""
        try:
            if not self._hello().fresh_for:
                self._show()
            return self._hello().fresh_for > 0
        except ServiceError:
            return False

    def _signed(self, order: Order) -> bytes:
        """Asked twice where no answer comes: for an order that it has signed the signer signs again, and counts once."""
        try:
            answer = self._knocker.ask("sign", order.to_json())
        except KeeperAway:
            answer = self._knocker.ask("sign", order.to_json())
        fields = Fields(answer, "signed")
        return _read(lambda: fields.binary("signature", length=SIGNATURE_LENGTH))

    def _show(self) -> None:
        for attempt in (1, 2):  # another process may show a newer one in between
            size = self._hello().size
            note, proof = self._stamped(size)
            try:
                self._knocker.ask("follow", {"note": b64u(note.encode()), "proof": [b64u(node) for node in proof]})
            except Declined as error:
                if attempt == 2:
                    raise _away(error) from error
            else:
                self._shown_at = self._steady()
                return

    def _hello(self) -> _Seen:
        try:
            answer = self._knocker.ask("hello", {})
        except Declined as error:
            raise _away(error) from error
        return _read(lambda: _seen(answer))


class RemoteTags:
    """:class:`~credence.service.keys.ports.IdentityTags` in another process."""

    def __init__(self, path: Path) -> None:
        self._knocker: Final = Knocker(path)

    def tag(self, *parts: bytes) -> bytes:
        """As the port says."""
        fields = Fields(self._ask("tag", {"parts": [b64u(part) for part in parts]}), "tagged")
        return _read(lambda: fields.binary("tag", length=TAG_LENGTH))

    def entropy(self, tag: bytes, resets: int) -> IssuerEntropy:
        """As the port says."""
        fields = Fields(self._ask("entropy", {"tag": b64u(tag), "resets": resets}), "entropy")
        return _read(lambda: IssuerEntropy(fields.scalar("nym") % ORDER, fields.scalar("use") % ORDER))

    def is_at_hand(self) -> bool:
        """Whether the tagger answers, in a protocol that is known here."""
        try:
            answer = Fields(self._knocker.ask("hello", {}), "hello")
            return tagger.PROTOCOLS[0] in _read(lambda: answer.texts("protocols", maximum=16))
        except (KeeperAway, Declined):
            return False

    def _ask(self, operation: str, content: dict[str, Any]) -> Json:
        try:
            return self._knocker.ask(operation, {"protocol": tagger.PROTOCOLS[0], **content})
        except Declined as error:
            raise _away(error) from error


def _away(error: Declined) -> KeeperAway:
    logger().warning("keeper.declined", slug=error.slug)
    return KeeperAway(retry_after=error.retry_after)


def _read(reading: Callable[[], T]) -> T:
    """An answer that cannot be read is none."""
    try:
        return reading()
    except Malformed as error:
        raise KeeperAway from error


def _seen(answer: Json) -> _Seen:
    fields = Fields(answer, "hello")
    fields.choice("protocol", signer.PROTOCOL)
    keys = fields.items("keys", _key, maximum=MAX_LIVE)
    return _Seen(keys, fields.integer("size"), fields.integer("fresh_for"))


def _key(value: object) -> PublicIssuerKey:
    fields = Fields(value, "key")
    key_id, created = fields.text("key_id", max_length=64), fields.integer("created")
    return PublicIssuerKey(
        version=Version(Purpose.ISSUER_BBS, key_id, created),
        suite=fields.choice("suite", *SUITES),
        public_key=fields.binary("public_key", length=G2_LENGTH),
        possession=fields.binary("possession", length=POSSESSION_LENGTH),
    )
