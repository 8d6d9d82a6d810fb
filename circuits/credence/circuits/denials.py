"""How many decisions of a verifier said no in a minute: what the ledger holds of those, which have no leaf of their own.

The leaf is salted, so that the log tells nothing of how many; a minute in which nobody was denied has none. Whoever is given
the count with its salt sees that it is the one that was logged, and holds it against the receipts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self

from credence.circuits.encoding import b64u
from credence.circuits.fields import Fields, json_digest
from credence.circuits.leaf import SALT_LENGTH, salted_leaf

DENIALS_LEAF: Final = "denied-decisions"
"""The kind of a count's leaf."""

MINUTE_SECONDS: Final = 60

_ID: Final = 128


@dataclass(frozen=True, slots=True)
class DeniedCount:
    """``denied`` decisions of a verifier, of all its venues, in a ``minute`` (unix time divided by 60, rounded down).

    ``salt`` (32 bytes) opens the leaf.
    """

    verifier: str
    minute: int
    denied: int
    salt: bytes = field(repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one. Raises :class:`~credence.circuits.errors.Malformed`."""
        fields = Fields(value, "denied count")
        fields.choice("type", "credence/denied-count/1")
        count = cls(
            verifier=fields.text("verifier", max_length=_ID),
            minute=fields.integer("minute"),
            denied=fields.integer("denied", minimum=1),
            salt=fields.binary("salt", length=SALT_LENGTH),
        )
        fields.done()
        return count

    def to_json(self) -> dict[str, Any]:
        """The accepted form, with the salt."""
        return {**self._content(), "salt": b64u(self.salt)}

    def leaf(self) -> bytes:
        """The count's leaf in the ledger, 32 bytes."""
        return salted_leaf(DENIALS_LEAF, self.salt, json_digest(self._content()))

    def _content(self) -> dict[str, Any]:
        return {
            "type": "credence/denied-count/1",
            "verifier": self.verifier,
            "minute": self.minute,
            "denied": self.denied,
        }
