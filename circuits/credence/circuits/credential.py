"""Credential schemas: attribute names, order, domains and encodings, fixed so that later proofs serve earlier credentials.

A credential is a BBS signature over one ordered vector of scalars: the issuer's attributes, the holder's blind factor, the
holder's attributes (the order of the blind BBS draft: signer messages, blind, committed messages). Every slot is always
present, so that the length tells nothing.

Days are counted from 1970-01-01 in UTC. A birth date before that day is written as day 0, "on or before 1970-01-01"
(docs/decisions/0003): age thresholds keep their meaning and less is known of the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from credence.circuits.countries import COUNTRIES
from credence.circuits.curve import ORDER
from credence.circuits.encoding import i2osp, lp, u64le
from credence.circuits.errors import IllFormed, Step
from credence.circuits.hashing import EXPAND_LENGTH, Label, expand_message_xmd

MAX_DAY: Final = 65_535
EPOCH_DAYS: Final = 28
"""Days of a person's expiry or issue epoch: one credential's dates are those of everyone verified in the same four weeks."""

DAY_SECONDS: Final = 86_400

Meaning = Literal["secret", "day", "country", "kind", "bit", "epoch", "handle", "count", "score", "milli", "text"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One slot. Values are integers in ``[minimum, maximum]``; ``text`` values are hashed to a scalar first."""

    name: str
    meaning: Meaning
    minimum: int
    maximum: int

    def admits(self, value: int) -> bool:
        """Whether the value is of this attribute's domain; a country is one that ISO 3166-1 has assigned."""
        return self.minimum <= value <= self.maximum and (self.meaning != "country" or value in COUNTRIES)


@dataclass(frozen=True, slots=True)
class Schema:
    """An ordered layout. ``issuer`` attributes are known to the signer, ``holder`` ones never are.

    ``grain`` is how many days an expiry epoch of the header has: every credential ends on the first day of one.
    """

    id: str
    issuer: tuple[Attribute, ...]
    holder: tuple[Attribute, ...]
    grain: int = EPOCH_DAYS

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """All attributes by name."""
        return {attribute.name: attribute for attribute in (*self.issuer, *self.holder)}

    def last_day(self, expiry_epoch: int) -> int:
        """The day on which credentials of that epoch end: their ``expires_on``."""
        return expiry_epoch * self.grain

    @property
    def blind_index(self) -> int:
        """Where the holder's blind factor stands in the signed vector."""
        return len(self.issuer)

    @property
    def length(self) -> int:
        """How many scalars are signed, the blind factor included."""
        return len(self.issuer) + 1 + len(self.holder)

    def index(self, name: str) -> int:
        """The position of an attribute in the signed vector. Raises :class:`IllFormed` for an unknown name."""
        for position, attribute in enumerate(self.issuer):
            if attribute.name == name:
                return position
        for position, attribute in enumerate(self.holder):
            if attribute.name == name:
                return len(self.issuer) + 1 + position
        raise IllFormed("the schema has no such attribute")

    def encode(self, values: Mapping[str, int]) -> tuple[int, ...]:
        """The issuer's scalars in order. Raises :class:`IllFormed` for a missing, unknown or out-of-range value."""
        if set(values) != {attribute.name for attribute in self.issuer}:
            raise IllFormed("the attributes are not those of the schema")
        for attribute in self.issuer:
            value = values[attribute.name]
            if type(value) is not int or not attribute.admits(value):
                raise IllFormed(f"{attribute.name} is outside its domain")
        self.check_consistency(values)
        return tuple(values[attribute.name] for attribute in self.issuer)

    def decode(self, scalars: Sequence[int]) -> dict[str, int]:
        """The inverse of :meth:`encode`, with the same checks."""
        if len(scalars) != len(self.issuer):
            raise IllFormed("the credential has the wrong length")
        values = {attribute.name: scalar for attribute, scalar in zip(self.issuer, scalars, strict=True)}
        self.encode(values)
        return values

    def check_consistency(self, values: Mapping[str, int]) -> None:
        """Hold the values against each other, as many as there are.

        Raises :class:`IllFormed` for a ladder that is not monotone and for an expiry inside an epoch.
        """
        for rungs in LADDERS.values():
            bits = [values[rung] for rung in rungs if rung in values]
            if bits != sorted(bits, reverse=True):
                raise IllFormed("a ladder's bits are not monotone", Step.SHAPE)
        if values.get("expires_on", 0) % self.grain:
            raise IllFormed("expires_on is not the first day of an epoch", Step.SHAPE)


def _day(name: str) -> Attribute:
    return Attribute(name, "day", 0, MAX_DAY)


def _bit(name: str) -> Attribute:
    return Attribute(name, "bit", 0, 1)


def _country(name: str) -> Attribute:
    return Attribute(name, "country", 4, 894)


def _milli(name: str) -> Attribute:
    return Attribute(name, "milli", 0, (1 << 24) - 1)


_REVOCATION: Final = Attribute("revocation_handle", "handle", 1, ORDER - 1)

HOLDER_SECRETS: Final = (
    Attribute("holder_secret", "secret", 1, ORDER - 1),
    Attribute("nym_secret", "secret", 1, ORDER - 1),
    Attribute("use_key", "secret", 1, ORDER - 1),
)
"""Reserved in every schema: one holder, its pseudonyms, its rate-limit tags (proofs.md, section 4)."""

LADDERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "kyc_level": ("kyc_ge_1", "kyc_ge_2", "kyc_ge_3"),
        "risk_tier": ("risk_le_standard", "risk_le_low"),
        "standing_tier": ("standing_ge_1", "standing_ge_2", "standing_ge_3", "standing_ge_4", "standing_ge_5"),
    }
)
"""Monotone bits, easiest rung first: a set rung implies all rungs before it."""

PERSON_1: Final = Schema(
    id="credence/person/1",
    issuer=(
        _day("expires_on"),
        _day("birth_date"),
        _country("residence"),
        _country("nationality"),
        Attribute("kind", "kind", 1, 3),
        _bit("kyc_ge_1"),
        _bit("kyc_ge_2"),
        _bit("kyc_ge_3"),
        _bit("risk_le_standard"),
        _bit("risk_le_low"),
        _bit("accredited"),
        Attribute("issued_epoch", "epoch", 0, MAX_DAY),
        _REVOCATION,
        Attribute("subject_handle", "handle", 0, (1 << 128) - 1),
        Attribute("resets", "count", 0, 65_535),
        _day("reset_day"),
    ),
    holder=HOLDER_SECRETS,
)

STANDING_1: Final = Schema(
    id="credence/standing/1",
    issuer=(
        _day("expires_on"),
        _day("as_of"),
        Attribute("venue", "text", 0, ORDER - 1),
        Attribute("score", "score", 300, 850),
        *(_bit(name) for name in LADDERS["standing_tier"]),
        _milli("evidence_milli"),
        _milli("events_milli"),
        Attribute("model", "text", 0, ORDER - 1),
        _REVOCATION,
    ),
    holder=HOLDER_SECRETS,
    grain=1,
)

SCHEMAS: Final[Mapping[str, Schema]] = MappingProxyType({schema.id: schema for schema in (PERSON_1, STANDING_1)})

NEVER_DISCLOSED: Final = frozenset({"revocation_handle", "subject_handle", *(a.name for a in HOLDER_SECRETS)})
"""Attributes that identify one credential: no policy may ask for them in the clear."""


def schema(schema_id: str) -> Schema:
    """The schema of that id. Raises :class:`IllFormed` for an unknown one."""
    try:
        return SCHEMAS[schema_id]
    except KeyError as error:
        raise IllFormed("unknown credential schema") from error


def credential_header(schema_id: str, issuer_id: str, expiry_epoch: int) -> bytes:
    """The signed BBS header: ``LP(label) LP(schema) LP(issuer) u64(expiry_epoch) I2OSP(1, 8)``, equal for many holders.

    The last item is the length of the nym vector, as the pseudonym draft appends it.
    """
    issuer, layout = issuer_id.encode(), schema_id.encode()
    return lp(Label.HEADER.value) + lp(layout) + lp(issuer) + u64le(expiry_epoch) + i2osp(1, 8)


def day_of(unix_seconds: int) -> int:
    """The UTC day of a time."""
    return unix_seconds // DAY_SECONDS


def ladder_bits(ladder: str, reached: int) -> dict[str, int]:
    """The bits of a ladder whose first ``reached`` rungs are set. Raises :class:`IllFormed` outside the ladder."""
    rungs = LADDERS[ladder]
    if not 0 <= reached <= len(rungs):
        raise IllFormed(f"{ladder} is outside its ladder")
    return {rung: int(position < reached) for position, rung in enumerate(rungs)}


def text_to_scalar(text: str) -> int:
    """The scalar of a text attribute: 48 bytes of ``expand_message_xmd`` under this project's own label, modulo q.

    The same for every suite, so that a policy means the same whichever one signed.
    """
    return int.from_bytes(expand_message_xmd(text.encode(), Label.TEXT.value, EXPAND_LENGTH), "big") % ORDER
