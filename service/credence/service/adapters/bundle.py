"""Evidence that a front desk hands in: what was read off a document, and what the desk says of the person besides.

Neither a passport nor a PID says where somebody lives, whether they hold public office or are accredited. The desk finds out
by its own means and states it; the case's salted commitment covers the statement, so that it cannot be another one when the
credential is claimed. JSON: ``{"type": …, …, "stated": {"residence": "DE", "pep": false, "accredited": false}}``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NoReturn, Self

from credence.service.issuer.evidence import EvidenceRefused, Refusal

MAX_BUNDLE: Final = 32_768
"""Bytes of the largest bundle that is read: the largest token of the interface."""

MAX_AGE: Final = 30 * 86_400
"""Seconds for which what was handed in is accepted, whatever else ends later."""

_MEMBERS: Final = {"residence", "pep", "accredited"}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the desk says: country of residence (alpha-2), public office, accreditation."""

    residence: str
    pep: bool
    accredited: bool

    @classmethod
    def read(cls, value: object) -> Self:
        """The statement. Raises :class:`EvidenceRefused` (``incomplete``) where one of the three is not said, plainly."""
        if not isinstance(value, dict) or value.keys() != _MEMBERS or not isinstance(value["residence"], str):
            raise EvidenceRefused(Refusal.INCOMPLETE)
        if type(value["pep"]) is not bool or type(value["accredited"]) is not bool:
            raise EvidenceRefused(Refusal.INCOMPLETE)
        return cls(value["residence"], value["pep"], value["accredited"])


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
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
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


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise EvidenceRefused(Refusal.MALFORMED)
    return found


def _refuse_constant(_text: str) -> NoReturn:
    raise EvidenceRefused(Refusal.MALFORMED)
