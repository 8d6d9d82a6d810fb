"""What the routes of charges read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from credence.service.verifier.charges.explaining import Called, read_charge
from credence.service.verifier.persons import Exposure
from credence.service.verifier.persons.exposure import MAX_POSITIONS
from credence.service.verifier.persons.forms import PositionForm
from credence.service.verifier.sessions import Asked
from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, terms_for
from credence.service.verifier.terms.margin_call import MarginCall, Position, explain_call
from credence.service.verifier.terms.reconciling import Cause, Charge, Finding, Kind, Priced, reconcile

_TIME: Final = 1_790_000_000
_SESSION: Final = "q83vASNFZ4mrze8BI0VniQ"
_STRICT: Final = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)
_FACTS: Final = Facts(kyc_level=2, risk_tier="standard", own_standing="R2", own_ceiling="R5")
_TERMS: Final = terms_for(shipped_tariff(), _FACTS, expires_at=_TIME + 86_400)
_CALL: Final = explain_call(_TERMS, Position("btc_eth", "long", Decimal(2), Decimal(50_000)), Decimal(1_100), at=_TIME)
_FOUND: Final = reconcile(
    Charge("taker_fee", Decimal(100_000), Decimal(45), _TIME),
    Priced(shipped_tariff(), _FACTS),
    Priced(shipped_tariff(), Facts(kyc_level=2, risk_tier="standard", own_standing="R2", volume_30d_usd=Decimal(2_000_000))),
)
_CALL_EXAMPLE: Final[dict[str, Any]] = {"session_id": _SESSION, **_CALL.to_json()}
_FOUND_EXAMPLE: Final[dict[str, Any]] = {
    "session_id": _SESSION,
    "then_session_id": _SESSION,
    "expired": False,
    **_FOUND.to_json(),
}


def _like(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra={"example": example}
    )


class HeldForm(BaseModel):
    """All that the person holds of an instrument class, at a mark price in USD; decimal strings."""

    model_config = _STRICT

    instrument_class: str = Field(max_length=64, examples=["btc_eth"])
    side: Literal["long", "short"]
    quantity: str = Field(max_length=40, description="of the underlying", examples=["2"])
    price: str = Field(max_length=40, examples=["50000"])


class MarginCallForm(BaseModel):
    """A position and what the account has, in USD; decimal strings."""

    model_config = _like(
        {
            "position": {"instrument_class": "btc_eth", "side": "long", "quantity": "2", "price": "50000"},
            "equity_usd": "1100",
        }
    )

    position: HeldForm
    equity_usd: str = Field(max_length=40, description="may be negative")
    other_positions: list[PositionForm] | None = Field(
        default=None,
        max_length=MAX_POSITIONS,
        description="positions of other classes, held constant; by default what the venue stated for the decision",
    )
    target_buffer: str | None = Field(default=None, max_length=40, description="equity / maintenance - 1 that ends the call")
    at: int | None = Field(default=None, ge=0, le=1 << 40, description="unix seconds; default: now")

    def read(self) -> Called:
        """Raises :class:`credence.service.errors.InvalidRequest`."""
        others = self.other_positions
        held = None if others is None else [(each.instrument_class, each.notional_usd) for each in others]
        return Called.read(self.position.model_dump(), self.equity_usd, held, self.at, self.target_buffer)


class CuresAnswer(BaseModel):
    """What ends the call by itself, in USD; closing is null where closing alone would not be enough."""

    model_config = ConfigDict(frozen=True)

    deposit_usd: str
    close_notional_usd: str | None


class WordsAnswer(BaseModel):
    """The same at three reading levels."""

    model_config = ConfigDict(frozen=True)

    short: str
    plain: str
    full: str


class MarginCallAnswer(BaseModel):
    """A margin call explained. ``buffer`` is equity / maintenance - 1; the liquidation price is null where there is none."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _CALL_EXAMPLE})

    session_id: str
    called: bool
    equity_usd: str
    maintenance_usd: str
    buffer: str
    target_buffer: str
    liquidation_price: str | None
    cures: CuresAnswer
    clause: str
    at: str
    words: WordsAnswer

    @classmethod
    def of(cls, session_id: str, call: MarginCall) -> Self:
        """The answer about a session's terms."""
        return cls.model_validate({"session_id": session_id, **call.to_json()})


class ChargeForm(BaseModel):
    """What was charged: a fee on ``notional_usd`` (negative: paid out), or the margin of a position of that much."""

    model_config = _STRICT

    kind: Kind
    notional_usd: str = Field(max_length=40)
    amount_usd: str = Field(max_length=40)
    at: int = Field(ge=0, le=1 << 40, description="unix seconds")
    instrument_class: str = Field(default="", max_length=64, description="needed for margin")


class ThenForm(BaseModel):
    """What the venue knows to have been so at the moment of the charge, besides its decisions; each by default as then."""

    model_config = _STRICT

    own_standing: Literal["RX", "R0", "R1", "R2", "R3", "R4", "R5"] | None = Field(
        default=None, description="what the venue's own reports had come to"
    )
    volume_30d_usd: str | None = Field(default=None, max_length=40)
    maker_share: str | None = Field(default=None, max_length=40)
    stress_regime: bool | None = None
    open_interest_share: str | None = Field(default=None, max_length=40)
    expected_shortfall_usd: str | None = Field(default=None, max_length=40)
    insurance_share_usd: str | None = Field(default=None, max_length=40)
    positions: list[PositionForm] | None = Field(default=None, max_length=MAX_POSITIONS, description="of the whole person")

    def read(self) -> dict[str, Any]:
        """As fields of facts. Raises :class:`credence.service.errors.InvalidRequest`."""
        return dict(self._stated())

    def _stated(self) -> Iterator[tuple[str, Any]]:
        if self.own_standing is not None:
            yield "own_standing", self.own_standing
        if self.stress_regime is not None:
            yield "stress_regime", self.stress_regime
        asked = Asked.read("", self.volume_30d_usd, self.maker_share, None, None)
        for name in ("volume_30d_usd", "maker_share"):
            if (text := getattr(asked, name)) is not None:
                yield name, Decimal(text)
        held = self.positions
        stated = Exposure.read(
            open_interest_share=self.open_interest_share,
            expected_shortfall_usd=self.expected_shortfall_usd,
            insurance_share_usd=self.insurance_share_usd,
            positions=None if held is None else [(each.instrument_class, each.notional_usd) for each in held],
        )
        for name in ("open_interest_share", "expected_shortfall_usd", "insurance_share_usd", "positions"):
            if (value := getattr(stated, name, None)) is not None:
                yield name, value


class ReconciliationForm(BaseModel):
    """A charge that was not what the decision's terms led one to expect."""

    model_config = _like(
        {
            "charge": {"kind": "taker_fee", "notional_usd": "100000", "amount_usd": "45", "at": _TIME},
            "then": {"volume_30d_usd": "2000000"},
        }
    )

    charge: ChargeForm
    then: ThenForm = ThenForm()

    def read(self) -> tuple[Charge, dict[str, Any]]:
        """Raises :class:`credence.service.errors.InvalidRequest`."""
        given = self.charge
        charge = read_charge(given.kind, given.notional_usd, given.amount_usd, given.at, given.instrument_class)
        return charge, self.then.read()


class ReconciliationAnswer(BaseModel):
    """The cause, found by computing the charge again; ``explained_usd`` is what it gives. ``then_session_id`` is that of the
    newest decision at the time, and ``expired`` says that the terms of ``session_id`` had ended.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": _FOUND_EXAMPLE},
    )

    session_id: str
    then_session_id: str
    expired: bool
    cause: Cause
    causes: list[str]
    expected_usd: str
    charged_usd: str
    difference_usd: str
    explained_usd: str
    words: str

    @classmethod
    def of(cls, session_id: str, then: str, found: Finding, *, expired: bool) -> Self:
        """The answer about a session's terms."""
        said = {"session_id": session_id, "then_session_id": then, "expired": expired}
        return cls.model_validate({**said, **found.to_json()})
