"""A keeper's tally: what it has counted, kept beside its keyring and authenticated with a key out of it.

It is written before an answer leaves. Whoever changes it without the keyring is found out at the next start; whoever puts an
older one back has to put back whatever it speaks of too.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.hashing import Label, hmac_labelled
from credence.service.keys.complaints import Declined
from credence.service.keys.files import read_private, write_private
from credence.service.keys.seal import KeyringRefused

FORM: Final = "credence/tally/1"
_DAY: Final = 86_400
_USED: Final = ("minute", "in_minute", "day", "in_day")


@dataclass(frozen=True)
class Cap:
    """How often a keeper does what it is there for: ``per_minute`` and ``per_day``, in calendar minutes and days of UTC."""

    per_minute: int
    per_day: int


@dataclass(frozen=True)
class Used:
    """How much of a cap the present minute and day have used."""

    minute: int = 0
    in_minute: int = 0
    day: int = 0
    in_day: int = 0

    def one_more(self, cap: Cap, now: int) -> Self:
        """As :meth:`Tally.one_more`."""
        minute, day = max(self.minute, now // 60), max(self.day, now // _DAY)
        in_minute = self.in_minute if minute == self.minute else 0
        in_day = self.in_day if day == self.day else 0
        if in_day >= cap.per_day:
            raise Declined("too-many", "The keeper has done its share of this day.", max(1, (day + 1) * _DAY - now))
        if in_minute >= cap.per_minute:
            raise Declined("too-many", "The keeper has done its share of this minute.", max(1, (minute + 1) * 60 - now))
        return replace(self, minute=minute, in_minute=in_minute + 1, day=day, in_day=in_day + 1)

    def to_json(self) -> dict[str, int]:
        """As it is kept."""
        return {name: getattr(self, name) for name in _USED}

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Reads :meth:`to_json`. Raises :class:`~credence.circuits.errors.Malformed`."""
        return cls(**{name: fields.integer(name) for name in _USED})


@dataclass(frozen=True)
class Tally:
    """``count`` of all that was done; ``head`` of the log after it; size, root and time of the newest checkpoint shown; and
    how much was used of the cap, and of that of ``standings``, which a signer counts apart from persons."""

    count: int = 0
    head: bytes = bytes(32)
    size: int = 0
    root: bytes = bytes(32)
    stamped_at: int = 0
    used: Used = field(default_factory=Used)
    standings: Used = field(default_factory=Used)

    def one_more(self, cap: Cap, now: int, head: bytes | None = None, *, standing: bool = False) -> Tally:
        """With one more done at ``now``. Raises :class:`Declined` where the cap is reached, standings having one like it for
        themselves.

        A clock that is set back does not free what was used: then the windows stay where they were.
        """
        counted = replace(self, count=self.count + 1, head=self.head if head is None else head)
        if standing:
            return replace(counted, standings=self.standings.one_more(cap, now))
        return replace(counted, used=self.used.one_more(cap, now))

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "type": FORM,
            "count": self.count,
            "head": self.head.hex(),
            "size": self.size,
            "root": self.root.hex(),
            "stamped_at": self.stamped_at,
            **self.used.to_json(),
            "standings": self.standings.to_json(),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Raises :class:`~credence.circuits.errors.Malformed`, and :class:`ValueError` for digits that are none.

        One of before standings were counted apart has none of them.
        """
        fields = Fields(value, "tally")
        fields.choice("type", FORM)
        head, root = (bytes.fromhex(fields.text(name, max_length=64)) for name in ("head", "root"))
        numbers = {name: fields.integer(name) for name in ("count", "size", "stamped_at")}
        used, standings = Used.of(fields), Used()
        if fields.has("standings"):
            apart = fields.nested("standings")
            standings = Used.of(apart)
            apart.done()
        fields.done()
        if len(head) != 32 or len(root) != 32:
            raise ValueError("a digest has 32 bytes")
        return cls(head=head, root=root, used=used, standings=standings, **numbers)


@dataclass(frozen=True)
class TallyFile:
    """Where a tally is kept; ``key`` (32 bytes) authenticates it."""

    path: Path
    key: bytes

    def read(self) -> Tally:
        """Raises :class:`KeyringRefused` for a file that is missing, or was not written with this key."""
        try:
            document = json.loads(read_private(self.path))
            mac = bytes.fromhex(document.pop("mac"))
            if not hmac.compare_digest(self._mac(document), mac):
                raise KeyringRefused("the keeper's tally was altered, or is another keeper's")
            return Tally.parse(document)
        except (CircuitError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise KeyringRefused("the keeper's tally is malformed") from error

    def write(self, tally: Tally, *, new: bool = False) -> None:
        """Durable when it returns. Raises :class:`KeyringRefused` for a ``new`` one where there is one."""
        document = tally.to_json()
        document["mac"] = self._mac(document).hex()
        write_private(self.path, canonical_json(document) + b"\n", replace=not new)

    def _mac(self, document: dict[str, Any]) -> bytes:
        return hmac_labelled(self.key, Label.KEEPER, b"tally", canonical_json(document))
