"""What the routes of cases read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from credence.circuits.days import read_day, write_day
from credence.service.errors import InvalidRequest
from credence.service.reputation.cases.reading import CaseView
from credence.service.reputation.cases.words import Looked, Note, State

_CASE: Final = "9d2f5b0c6a7e4c318d0c2b6f5a1e7d34"
_SHOWN: Final[dict[str, Any]] = {
    "case_id": _CASE,
    "rule": "ping-pong",
    "instrument": "ETH-PERP",
    "pseudonyms": [
        "s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVx",
        "tOp21wpxLWx2V8bKc0zZ0m5aD9g2w1nP8vJ0c3YkqR7bXCWXiKmvOUuHzjKVxs8z",
    ],
    "day": "2026-09-20",
    "first_at": 1_789_950_001,
    "last_at": 1_789_950_006,
    "found": 6,
    "needed": 4,
    "reason": "6 turns of one quantity to and fro",
    "state": "open",
    "note": None,
    "opened_at": 1_790_000_000,
    "closed_at": None,
}
_LOOKED: Final[dict[str, Any]] = {
    "day": "2026-09-20",
    "opened": 1,
    "known": 0,
    "left_out": 0,
    "trades": 6,
    "fills": 12,
    "cancels": 0,
    "unpaired": 0,
}
_WORTH: Final[dict[str, Any]] = {
    "open": 1,
    "confirmed": 12,
    "explained": 6,
    "mistaken": 2,
    "duplicate": 1,
    "precision": 0.6,
}


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


def _read(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra={"example": example}
    )


class LookForm(BaseModel):
    """Which day to look over."""

    model_config = _read({"day": "2026-09-20"})

    day: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="of UTC, and over")

    def read(self) -> int:
        """The unix day. Raises :class:`InvalidRequest` for a date that there is not."""
        try:
            return read_day(self.day)
        except ValueError as error:
            raise InvalidRequest("day is a date, YYYY-MM-DD.") from error


class LookAnswer(BaseModel):
    """What was looked at, and how many cases that opened."""

    model_config = _shown(_LOOKED)

    day: str
    opened: int = Field(description="new cases")
    known: int = Field(description="findings that have a case already")
    left_out: int = Field(description="findings beyond the thousandth new one: look again")
    trades: int = Field(description="of which both sides were told")
    fills: int
    cancels: int
    unpaired: int = Field(description="fills whose other side cannot be told: no rule looked at them")

    @classmethod
    def of(cls, looked: Looked) -> Self:
        return cls.model_validate({**looked.to_json(), "day": write_day(looked.day)})


class CaseAnswer(BaseModel):
    """What a rule saw, when, and how much of it. Nothing follows from it."""

    model_config = _shown(_SHOWN)

    case_id: str
    rule: str
    instrument: str
    pseudonyms: list[str] = Field(description="those of them whose conduct is still kept")
    day: str
    first_at: int
    last_at: int
    found: int = Field(description="the number that the rule looks at, as it was when the case was opened")
    needed: int = Field(description="from where on that is a case")
    reason: str
    state: State
    note: Note | None
    opened_at: int
    closed_at: int | None

    @classmethod
    def of(cls, view: CaseView) -> Self:
        return cls.model_validate({**view.to_json(), "day": write_day(view.row.day)})


class WorthAnswer(BaseModel):
    """One rule's cases by what became of them."""

    model_config = _shown(_WORTH)

    open: int
    confirmed: int
    explained: int
    mistaken: int
    duplicate: int
    precision: float | None = Field(description="confirmed of the judged, from 20 of these on; null before")


class CasesAnswer(BaseModel):
    """A page of one's own cases, newest first, and what the rules were worth so far."""

    model_config = _shown({"cases": [_SHOWN], "rules": {"ping-pong": _WORTH}})

    cases: list[CaseAnswer]
    rules: dict[str, WorthAnswer]


class ClosingForm(BaseModel):
    """What a person found."""

    model_config = _read({"note": "explained"})

    note: Note = Field(
        description="`confirmed`: it is what the rule names; `explained`: there is an honest reason; `mistaken`: the rule "
        "saw what was not there; `duplicate`: another case tells the same"
    )
