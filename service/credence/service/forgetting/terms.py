"""The retention table: how long each kind of row is kept after what, and on what ground; read strictly, once, at start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from credence.circuits.credential import DAY_SECONDS as _DAY
from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields, unrepeated
from credence.service.errors import Misconfigured
from credence.service.settings import Mode

SHIPPED: Final = Path(__file__).with_name("retention.json")
TYPE: Final = "credence/retention/1"
DAY_SECONDS: Final = _DAY

FIVE_YEARS: Final = 1_827
"""Days of five years, whichever they are."""
MAX_DAYS: Final = 3_653
MAX_KEY_BACKUP_DAYS: Final = 30

BASES: Final = ("amlr-77", "contract", "legitimate-interest")
"""Grounds: Regulation (EU) 2024/1624 Art. 77; GDPR Art. 6(1)(b); GDPR Art. 6(1)(f)."""


class RowKind(StrEnum):
    """What a row is about."""

    CASE = "case"
    """From the last decision, and once there is a credential from its end."""
    ATTESTATION = "attestation"
    """From the end of the credential."""
    VENDOR_RESULT = "vendor-result"
    """From when the vendor last said something of it."""
    DECISION = "decision"
    """From the decision."""
    CONDUCT = "conduct"
    """From the venue's last report of the pseudonym."""
    STANDING = "standing"
    """From the end of a standing that was signed."""


OBLIGED_FIVE_YEARS: Final = (RowKind.CASE, RowKind.ATTESTATION, RowKind.DECISION)


class RetentionError(Misconfigured):
    """A table that is refused; ``invariant`` names what it breaks."""

    def __init__(self, invariant: str, reason: str) -> None:
        super().__init__(f"the retention table is refused ({invariant}): {reason}")
        self.invariant = invariant


@dataclass(frozen=True, slots=True)
class Term:
    """``days`` after the kind's beginning, on the ground ``basis``."""

    days: int
    basis: str


@dataclass(frozen=True, slots=True)
class RetentionTable:
    """``terms`` by kind and mode. ``key_backup_days`` is how long a copy of the subjects' keys may be kept."""

    version: str
    terms: Mapping[RowKind, Mapping[Mode, Term]]
    key_backup_days: int

    def term(self, kind: RowKind, mode: Mode) -> Term:
        """How long a row of that kind is kept in that mode."""
        return self.terms[kind][mode]


def load_retention(path: Path = SHIPPED) -> RetentionTable:
    """The table in a JSON file. Raises :class:`RetentionError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unrepeated)
    except (OSError, ValueError, RecursionError) as error:
        raise RetentionError("shape", "it cannot be read as JSON") from error
    return parse_retention(document)


def parse_retention(document: object) -> RetentionTable:
    """The table in a JSON document. Raises :class:`RetentionError`, naming the invariant that is broken."""
    try:
        table = _table(Fields(document, "table"))
    except Malformed as error:
        raise RetentionError("shape", error.reason) from error
    for invariant, reason in _broken(table):
        raise RetentionError(invariant, reason)
    return table


def _table(fields: Fields) -> RetentionTable:
    fields.choice("type", TYPE)
    terms = fields.nested("terms")
    table = RetentionTable(
        version=fields.text("version", max_length=32),
        terms=MappingProxyType({kind: _modes(terms.nested(kind.value)) for kind in RowKind}),
        key_backup_days=fields.integer("key_backup_days", maximum=MAX_DAYS),
    )
    terms.done()
    fields.done()
    return table


def _modes(fields: Fields) -> Mapping[Mode, Term]:
    found = {}
    for mode in Mode:
        inner = fields.nested(mode.value)
        found[mode] = Term(inner.integer("days", maximum=2 * MAX_DAYS), inner.choice("basis", *BASES))
        inner.done()
    fields.done()
    return MappingProxyType(found)


def _broken(table: RetentionTable) -> Iterator[tuple[str, str]]:
    for kind, modes in table.terms.items():
        lax, strict = modes[Mode.OPEN], modes[Mode.OBLIGED]
        if not all(1 <= term.days <= MAX_DAYS for term in modes.values()):
            yield "terms-end", f"{kind.value} is kept for a day to ten years: nothing is kept for good"
        if lax.basis == "amlr-77":
            yield "open-is-not-obliged", f"no law obliges who keeps {kind.value} in the mode open"
        if kind in OBLIGED_FIVE_YEARS and (strict.days < FIVE_YEARS or strict.basis != "amlr-77"):
            yield "obliged-keeps-five-years", f"{kind.value} is kept for five years under Article 77 in the mode obliged"
        if lax.days > strict.days:
            yield "open-is-shorter", f"{kind.value} is not kept for longer where no law asks for it"
    for mode in Mode:
        if table.term(RowKind.ATTESTATION, mode).days > table.term(RowKind.CASE, mode).days:
            yield "case-outlasts-attestation", "an attestation refers to its case, which is there for as long"
    if not 1 <= table.key_backup_days <= MAX_KEY_BACKUP_DAYS:
        yield "key-copies-are-short", "a copy of the subjects' keys undoes an erasure, and is kept for 30 days at most"
