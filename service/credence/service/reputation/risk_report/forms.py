"""What the routes of reports read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from credence.circuits.days import write_day

_EXAMPLE: Final[dict[str, Any]] = {
    "report_id": "q83vASNFZ4mrze8BI0VniQ",
    "as_of": "2026-09-21",
    "accounts": 412,
    "made_at": 1_790_000_000,
}

_Usd = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,14})$")]


class ReportForm(BaseModel):
    """``as_of``: the day to report as of, today where it is left out; nothing of it or later is in the report.

    ``depth_usd``: what moves a price by 1 % once it is closed, and ``insurance_usd``: the insurance fund, both for stress;
    whole USD.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"example": {"as_of": "2026-09-21", "insurance_usd": "2500000"}},
    )

    as_of: str | None = Field(default=None, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="YYYY-MM-DD, of UTC")
    depth_usd: _Usd = "1000000"
    insurance_usd: _Usd = "0"


class ReportAnswer(BaseModel):
    """A report that is kept. The same accounts, day and assumptions have the same id."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _EXAMPLE})

    report_id: str
    as_of: str = Field(description="YYYY-MM-DD, of UTC")
    accounts: int
    made_at: int = Field(description="unix seconds")

    @classmethod
    def of(cls, report_id: str, as_of_day: int, accounts: int, made_at: int) -> Self:
        """What a row says."""
        return cls(report_id=report_id, as_of=write_day(as_of_day), accounts=accounts, made_at=made_at)


class ReportsAnswer(BaseModel):
    """Reports that are kept, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"reports": [_EXAMPLE]}})

    reports: list[ReportAnswer]
