"""What a venue states when it opens a session, as the OpenAPI document shows it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from credence.service.verifier.persons.exposure import MAX_POSITIONS


class PositionForm(BaseModel):
    """What an account holds of an instrument class: the gross notional in USD, a decimal string."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    instrument_class: str = Field(max_length=64, examples=["btc_eth"])
    notional_usd: str = Field(max_length=40, examples=["2000000"])


class SessionForm(BaseModel):
    """A venue's question. ``channel`` (at most 64 bytes) and ``message`` (1024) are bound into the proof, in base64url."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "example": {
                "policy": "perp-standard",
                "volume_30d_usd": "30000000",
                "maker_share": "0.004",
                "account": "main",
                "open_interest_share": "0.004",
                "insurance_share_usd": "250000",
                "positions": [{"instrument_class": "btc_eth", "notional_usd": "2000000"}],
            }
        },
    )

    policy: str = Field(max_length=64, description="name of one of the venue's policies; its newest version is asked")
    volume_30d_usd: str | None = Field(default=None, max_length=40, description="decimal string: the venue's own figure")
    maker_share: str | None = Field(default=None, max_length=40, description="decimal string from 0 to 1")
    account: str | None = Field(
        default=None, max_length=64, description="the venue's own name of the account, one of several"
    )
    stress_regime: bool = Field(default=False, description="the venue's alarm is on: no relief")
    open_interest_share: str | None = Field(
        default=None, max_length=40, description="decimal string from 0 to 1: of a market, the largest over markets"
    )
    expected_shortfall_usd: str | None = Field(
        default=None, max_length=40, description="decimal string, as the venue measures"
    )
    insurance_share_usd: str | None = Field(
        default=None, max_length=40, description="decimal string: what the person may cost the insurance fund"
    )
    positions: list[PositionForm] | None = Field(
        default=None,
        max_length=MAX_POSITIONS,
        description="open positions of the account; an empty list says that it has none",
    )
    channel: str | None = Field(default=None, max_length=128)
    message: str | None = Field(default=None, max_length=2048)
