"""The tagger: keeps the keys of identity tags in a process of its own, and answers only so often.

Whoever has taken over the web process can ask it, and is stopped by the cap: a dictionary of document numbers takes years,
and the count tells. ``protocol`` says how a tag is asked for. ``prf/1`` shows the tagger the canonical parts of a document;
an oblivious protocol, in which it would not see them, is to be another value beside it.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.circuits.fields import Fields, Json
from credence.service.clock import Clock
from credence.service.keys.complaints import Declined
from credence.service.keys.keyring import Keyring
from credence.service.keys.tags import MAX_PART, MAX_PARTS, MAX_RESETS, TAG_LENGTH, TagKeys
from credence.service.keys.tally import Cap, TallyFile

PROTOCOL: Final = "credence/tagger/1"
PROTOCOLS: Final = ("prf/1",)
"""How a tag may be asked for."""


class Tagger:
    """Answers operations; safe for many threads. Raises :class:`KeyringRefused` for a tally that is not its own."""

    def __init__(self, keyring: Keyring, clock: Clock, cap: Cap, file: TallyFile) -> None:
        self._tags: Final = TagKeys(keyring)
        self._clock: Final = clock
        self._cap: Final = cap
        self._file: Final = file
        self._lock: Final = Lock()
        self._tally = file.read()

    def answer(self, operation: str, content: Json) -> Json:
        """One operation. Raises :class:`Declined` and :class:`~credence.circuits.errors.CircuitError`."""
        match operation:
            case "hello":
                return {"protocol": PROTOCOL, "protocols": list(PROTOCOLS), "count": self._tally.count}
            case "tag":
                return self._tag(Fields(content, "tag"))
            case "entropy":
                return self._entropy(Fields(content, "entropy"))
        raise Declined("unknown-op", "The tagger has no such operation.")

    def _tag(self, fields: Fields) -> dict[str, Any]:
        _check_protocol(fields)
        parts = fields.items("parts", _part, minimum=1, maximum=MAX_PARTS)
        fields.done()
        self._spend()
        return {"tag": b64u(self._tags.tag(*parts))}

    def _entropy(self, fields: Fields) -> dict[str, Any]:
        _check_protocol(fields)
        tag, resets = fields.binary("tag", length=TAG_LENGTH), fields.integer("resets", maximum=MAX_RESETS)
        fields.done()
        self._spend()
        entropy = self._tags.entropy(tag, resets)
        return {"nym": str(entropy.nym), "use": str(entropy.use)}

    def _spend(self) -> None:
        with self._lock:
            counted = self._tally.one_more(self._cap, self._clock())
            try:
                self._file.write(counted)
            except OSError as error:
                raise Declined("log-failed", "The tagger's tally could not be written.") from error
            self._tally = counted


def _check_protocol(fields: Fields) -> None:
    if fields.text("protocol", max_length=32) not in PROTOCOLS:
        raise Declined("unknown-protocol", "The tagger does not speak this protocol.")


def _part(value: object) -> bytes:
    return Fields({"part": value}, "parts").binary("part", max_length=MAX_PART)
