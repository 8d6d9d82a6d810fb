"""What the routes of reputation read and answer, as the OpenAPI document shows it, with examples.

Events are described here and read by :mod:`credence.service.reputation.events`, line by line, which is their one door.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from credence.service.reputation.reporting import MAX_LINES

_PSEUDONYM: Final = "s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVx"
_TIME: Final = 1_790_000_000

EVENTS_EXAMPLE: Final[dict[str, Any]] = {
    "events": [
        {
            "id": "fill-81",
            "kind": "fill",
            "pseudonym": _PSEUDONYM,
            "at": _TIME - 60,
            "source": "engine",
            "instrument": "BTC-PERP",
            "side": "buy",
            "price": "64000",
            "quantity": "0.25",
            "fee": "8",
            "maker": False,
        },
        {
            "id": "snapshot-9",
            "kind": "margin_snapshot",
            "pseudonym": _PSEUDONYM,
            "at": _TIME,
            "source": "risk",
            "equity": "2000",
            "maintenance": "160",
            "initial": "320",
            "notional": "16000",
        },
    ]
}

_SUMMARY_EXAMPLE: Final[dict[str, Any]] = {
    "days": 1,
    "events": 2,
    "fills": 1,
    "cancels": 0,
    "trades": 1,
    "wins": 0,
    "votes": 0,
    "option_fills": 0,
    "notional_usd": "16000",
    "wash_notional_usd": "0",
    "maker_share": "0",
    "fees_usd": "8",
    "pnl_usd": None,
    "deposits_usd": "0",
    "withdrawals_usd": "0",
    "exposure_days": "0.041667",
    "expected": "0.002778",
    "near_misses": 0,
    "calls": 0,
    "liquidations": 0,
    "bad_debts": 0,
    "least_buffer": "11.5",
    "mean_leverage": "8",
    "p95_leverage": "8",
    "mean_return": None,
    "turnover": "8",
    "markout_10s_bps": None,
    "markout_60s_bps": None,
    "markout_300s_bps": None,
}


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class EventsForm(BaseModel):
    """What a venue says of its pseudonyms (docs/conduct.md). A line that is refused is refused alone."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"example": EVENTS_EXAMPLE},
    )

    events: list[Any] = Field(min_length=1, max_length=MAX_LINES, description="events, each an object, in any order")


class LineAnswer(BaseModel):
    """What became of a line, which is told by its place in the report, from 0."""

    model_config = ConfigDict(frozen=True)

    line: int
    outcome: Literal["accepted", "duplicate", "conflict", "rejected"] = Field(
        description="`duplicate`: known, and the same; `conflict`: the id is known and said something else, which stays"
    )
    reason: str | None = Field(description="of a rejected line: what is wrong with it")
    field: str | None = Field(description="of a rejected line: where, if it is one field")


class EventsAnswer(BaseModel):
    """What became of a report, counted and line by line."""

    model_config = _shown(
        {
            "accepted": 1,
            "duplicates": 0,
            "conflicts": 0,
            "rejected": 1,
            "lines": [
                {"line": 0, "outcome": "accepted", "reason": None, "field": None},
                {"line": 1, "outcome": "rejected", "reason": "out-of-range", "field": "price"},
            ],
        }
    )

    accepted: int
    duplicates: int
    conflicts: int
    rejected: int
    lines: list[LineAnswer]


class SummaryAnswer(BaseModel):
    """Sums of the last 30 days of UTC. USD, ratios and bps are decimal strings; null is what the events do not tell."""

    model_config = _shown(_SUMMARY_EXAMPLE)

    days: int = Field(description="days with events")
    events: int
    fills: int
    cancels: int
    trades: int
    wins: int
    votes: int
    option_fills: int
    notional_usd: str
    wash_notional_usd: str = Field(description="of it, matched with itself, or bought and sold at one price in one minute")
    maker_share: str | None
    fees_usd: str
    pnl_usd: str | None
    deposits_usd: str
    withdrawals_usd: str
    exposure_days: str = Field(description="hours with an open position, over 24")
    expected: str = Field(description="margin events that the market's hazard lets expect of that exposure")
    near_misses: int = Field(description="hours; each counts once, by the worst that happened in it")
    calls: int
    liquidations: int
    bad_debts: int
    least_buffer: str | None = Field(description="equity over maintenance, less one")
    mean_leverage: str | None
    p95_leverage: str | None = Field(description="upper end of the band; `inf` above 60 ×")
    mean_return: str | None = Field(description="a day, on opening equity, without deposits and withdrawals")
    turnover: str | None = Field(description="a day: notional without wash over mean collateral")
    markout_10s_bps: str | None
    markout_60s_bps: str | None
    markout_300s_bps: str | None


class ConductAnswer(BaseModel):
    """What is known of one's own pseudonym. ``belief`` is about margin risk, and ``standing`` follows from it; from the
    other ``beliefs`` nothing follows. Each has mean, 5-95 % interval, evidence, effective number of days, model, reasons.
    """

    model_config = _shown(
        {
            "pseudonym": _PSEUDONYM,
            "first_day": "2026-09-21",
            "last_day": "2026-09-21",
            "days": 1,
            "last_30_days": _SUMMARY_EXAMPLE,
            "belief": {"score": "insufficient", "evidence": 0.002778},
            "beliefs": {"event_days": {"mean": 0.045}, "sharpe": {"mean": 0.0}, "turnover": {"mean": 2.17}},
            "standing": {"tier": "R1"},
        }
    )

    pseudonym: str
    first_day: str
    last_day: str
    days: int = Field(description="days with events")
    last_30_days: SummaryAnswer
    belief: dict[str, Any]
    beliefs: dict[str, dict[str, Any]] = Field(description="`event_days`, `sharpe`, `turnover`: no margin follows")
    standing: dict[str, Any]


class ErasedAnswer(BaseModel):
    """How many rows were erased: events, days, cells, the standing."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"rows": 412}})

    rows: int
