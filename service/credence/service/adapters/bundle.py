"""Evidence that a front desk hands in: what was read off a document, and what the desk says of the person besides.

Neither a passport nor a PID says where somebody lives, whether they hold public office or are accredited. The desk finds out
by its own means and states it; the case's salted commitment covers the statement, so that it cannot be another one when the
credential is claimed. JSON: ``{"type": …, …, "stated": {"residence": "DE", "pep": false, "accredited": false}}``; beside the
three, ``product``, ``channel``, ``source_of_funds`` and ``record`` may be stated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NoReturn, Self, TypeVar

from credence.circuits.fields import unrepeated
from credence.service.issuer.evidence import Channel, EvidenceRefused, Product, Record, Refusal, SourceOfFunds

MAX_BUNDLE: Final = 32_768
"""Bytes of the largest bundle that is read: the largest token of the interface."""

MAX_AGE: Final = 30 * 86_400
"""Seconds for which what was handed in is accepted, whatever else ends later."""

_NEEDED: Final = {"residence", "pep", "accredited"}
_OPTIONAL: Final = {"product", "channel", "source_of_funds", "record"}

STATED: Final = (*sorted(_NEEDED), *sorted(_OPTIONAL))
"""The members of a statement."""

C = TypeVar("C", bound=StrEnum)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the desk says: country of residence (alpha-2), public office, accreditation; and, None where it did not say,
    what the person wants to do, how they were met, where their money is from, and who keeps the documents.
    """

    residence: str
    pep: bool
    accredited: bool
    product: Product | None
    channel: Channel | None
    source_of_funds: SourceOfFunds | None
    record: Record | None

    @classmethod
    def read(cls, value: object) -> Self:
        """The statement. Raises :class:`EvidenceRefused` (``incomplete``) where one of the first three is not said, plainly,
        or another one is said in words that are none of ours."""
        if not isinstance(value, dict) or not _NEEDED <= value.keys() <= _NEEDED | _OPTIONAL:
            raise EvidenceRefused(Refusal.INCOMPLETE)
        if not isinstance(value["residence"], str):
            raise EvidenceRefused(Refusal.INCOMPLETE)
        if type(value["pep"]) is not bool or type(value["accredited"]) is not bool:
            raise EvidenceRefused(Refusal.INCOMPLETE)
        return cls(
            residence=value["residence"],
            pep=value["pep"],
            accredited=value["accredited"],
            product=_one_of(value, "product", Product),
            channel=_one_of(value, "channel", Channel),
            source_of_funds=_one_of(value, "source_of_funds", SourceOfFunds),
            record=_record(value["record"]) if "record" in value else None,
        )


def read_bundle(token: bytes, kind: str, *members: str) -> dict[str, Any]:
    """The ``members`` of a bundle whose ``type`` is ``kind``, and ``stated``.

    Raises :class:`EvidenceRefused`: ``malformed`` for what is no strict JSON object or has other members, ``wrong-type`` for
    another type, ``incomplete`` where a member is missing.
    """
    if len(token) > MAX_BUNDLE:
        raise EvidenceRefused(Refusal.MALFORMED)
    document = json_object(token)
    if document.pop("type", None) != kind:
        raise EvidenceRefused(Refusal.WRONG_TYPE)
    if not document.keys() <= {*members, "stated"}:
        raise EvidenceRefused(Refusal.MALFORMED)
    if document.keys() != {*members, "stated"}:
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return document


def json_object(data: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 in which no name stands twice. Raises :class:`EvidenceRefused` (``malformed``)."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=unrepeated, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused(Refusal.MALFORMED) from error
    if not isinstance(value, dict):
        raise EvidenceRefused(Refusal.MALFORMED)
    return value


def day(text: object) -> date:
    """A day written YYYY-MM-DD. Raises :class:`EvidenceRefused` (``incomplete``)."""
    try:
        if not isinstance(text, str) or not _DATE.fullmatch(text):
            raise EvidenceRefused(Refusal.INCOMPLETE)
        return date.fromisoformat(text)
    except ValueError as error:
        raise EvidenceRefused(Refusal.INCOMPLETE) from error


def end_of(last: date) -> int:
    """The unix second at which a day is over."""
    return int((datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)).timestamp())


def _one_of(value: dict[str, Any], name: str, choices: type[C]) -> C | None:
    if name not in value:
        return None
    if not isinstance(value[name], str) or value[name] not in list(choices):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return choices(value[name])


def _record(value: object) -> Record:
    if not isinstance(value, dict) or value.keys() != {"keeper", "reference", "years"}:
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return Record(value["keeper"], value["reference"], value["years"])


def _refuse_constant(_text: str) -> NoReturn:
    raise EvidenceRefused(Refusal.MALFORMED)
