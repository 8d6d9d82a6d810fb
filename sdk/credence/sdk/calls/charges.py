"""What a venue states of positions, and what follows for margin: calls explained, charges reconciled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields, Json
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.calls.amounts import Amount, read_amount, sent
from credence.sdk.messages import Auth, Request

_MAX_WORDS: Final = 8_192

ChargeKind = Literal["taker_fee", "maker_fee", "initial_margin", "maintenance_margin"]

Cause = Literal[
    "none",
    "rounding",
    "tier_changed",
    "volume_tier",
    "relief_off",
    "phased_raise",
    "other_version",
    "several",
    "unexplained",
]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a venue knows of an account, and terms follow from. None: not stated.

    ``account`` is the venue's own name of it, where a person has several. ``positions`` are gross notionals in USD by
    instrument class, all of them; an empty mapping says that there are none. ``open_interest_share`` (0 to 1) is the largest
    over markets. ``stress_regime`` is the venue's alarm.
    """

    account: str | None = None
    stress_regime: bool | None = None
    open_interest_share: Amount | None = None
    expected_shortfall_usd: Amount | None = None
    insurance_share_usd: Amount | None = None
    positions: Mapping[str, Amount] | None = None

    def members(self) -> dict[str, Any]:
        """As it is sent. Raises :class:`~credence.sdk.errors.Unsendable` for an amount that is none."""
        found: dict[str, Any] = {}
        if self.account is not None:
            found["account"] = self.account
        if self.stress_regime is not None:
            found["stress_regime"] = self.stress_regime
        for name in ("open_interest_share", "expected_shortfall_usd", "insurance_share_usd"):
            if (value := getattr(self, name)) is not None:
                found[name] = sent(value)
        if self.positions is not None:
            found["positions"] = _held(self.positions)
        return found


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """All that a person holds of an instrument class: ``quantity`` of the underlying, at a mark ``price`` in USD."""

    instrument_class: str
    side: Literal["long", "short"]
    quantity: Amount
    price: Amount


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged in USD at ``at`` (unix seconds): a fee on a notional (negative: paid out), or its margin."""

    kind: ChargeKind
    notional_usd: Amount
    amount_usd: Amount
    at: int
    instrument_class: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """A margin call explained. Amounts in USD; ``buffer`` is equity / maintenance - 1.

    ``deposit_usd`` and ``close_notional_usd`` each end the call by themselves; the latter is None where closing alone does
    not. ``words`` has the levels ``short``, ``plain`` and ``full``. ``answer`` is all of it as the service wrote it.
    """

    session_id: str
    called: bool
    equity_usd: Decimal
    maintenance_usd: Decimal
    buffer: Decimal
    liquidation_price: Decimal | None
    deposit_usd: Decimal
    close_notional_usd: Decimal | None
    clause: str
    words: Mapping[str, str]
    answer: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Why a charge differs from the terms of ``session_id``, in USD; ``explained_usd`` is what the cause gives.

    ``then_session_id`` is the newest decision when it was charged, ``answer`` all of it as the service wrote it.
    """

    session_id: str
    then_session_id: str
    expired: bool
    cause: Cause
    causes: tuple[str, ...]
    expected_usd: Decimal
    charged_usd: Decimal
    explained_usd: Decimal
    words: str
    answer: Json = field(repr=False)


def explain_margin_call(
    session_id: str,
    auth: Auth,
    *,
    position: OpenPosition,
    equity_usd: Amount,
    other_positions: Mapping[str, Amount] | None,
    target_buffer: Amount | None,
    at: int | None,
) -> Call[ExplainedCall]:
    """A margin call by the terms of one's own session."""
    held = {"instrument_class": position.instrument_class, "side": position.side}
    held |= {"quantity": sent(position.quantity), "price": sent(position.price)}
    body: dict[str, Any] = {"position": held, "equity_usd": sent(equity_usd, signed=True)}
    if other_positions is not None:
        body["other_positions"] = _held(other_positions)
    if target_buffer is not None:
        body["target_buffer"] = sent(target_buffer)
    if at is not None:
        body["at"] = at
    return _ask(session_id, "margin-call", body, auth, _explained)


def reconcile(session_id: str, auth: Auth, *, charge: Charge, then: Mapping[str, Any]) -> Call[Reconciled]:
    """Why a charge is not what the terms of one's own session give; ``then`` is what was so besides."""
    asked = {
        "kind": charge.kind,
        "notional_usd": sent(charge.notional_usd),
        "amount_usd": sent(charge.amount_usd, signed=True),
        "at": charge.at,
        "instrument_class": charge.instrument_class,
    }
    return _ask(session_id, "reconciliation", {"charge": asked, "then": dict(then)}, auth, _reconciled)


def _ask(session_id: str, what: str, body: dict[str, Any], auth: Auth, read: Any) -> Call[Any]:
    path = f"/v1/verifier/sessions/{segment(session_id)}/{what}"
    return Call(Request("POST", path, body=body, auth=auth), answer(about("session_id", session_id, read)))


def _held(positions: Mapping[str, Amount]) -> list[dict[str, str]]:
    return [{"instrument_class": name, "notional_usd": sent(notional)} for name, notional in positions.items()]


def _explained(members: Mapping[str, Any]) -> ExplainedCall:
    fields = Fields(members, "margin call")
    cures, words = fields.nested("cures"), fields.raw_object("words")
    return ExplainedCall(
        session_id=fields.text("session_id", max_length=128),
        called=members.get("called") is True,
        equity_usd=read_amount(fields, "equity_usd"),
        maintenance_usd=read_amount(fields, "maintenance_usd"),
        buffer=read_amount(fields, "buffer"),
        liquidation_price=read_amount(fields, "liquidation_price") if fields.has("liquidation_price") else None,
        deposit_usd=read_amount(cures, "deposit_usd"),
        close_notional_usd=read_amount(cures, "close_notional_usd") if cures.has("close_notional_usd") else None,
        clause=fields.text("clause"),
        words=MappingProxyType({level: _lines(words, level) for level in ("short", "plain", "full")}),
        answer=MappingProxyType(dict(members)),
    )


def _lines(words: Mapping[str, Any], level: str) -> str:
    """A text of several lines, each without control characters."""
    value = words.get(level)
    if not isinstance(value, str) or len(value) > _MAX_WORDS:
        raise Malformed("the words are none")
    return "\n".join(Fields({"line": line}, "words").text("line", max_length=_MAX_WORDS) for line in value.split("\n"))


def _reconciled(members: Mapping[str, Any]) -> Reconciled:
    fields = Fields(members, "reconciliation")
    cause: Cause = fields.choice("cause", *get_args(Cause))  # type: ignore[assignment]
    return Reconciled(
        session_id=fields.text("session_id", max_length=128),
        then_session_id=fields.text("then_session_id", max_length=128),
        expired=members.get("expired") is True,
        cause=cause,
        causes=fields.texts("causes"),
        expected_usd=read_amount(fields, "expected_usd"),
        charged_usd=read_amount(fields, "charged_usd"),
        explained_usd=read_amount(fields, "explained_usd"),
        words=fields.text("words"),
        answer=MappingProxyType(dict(members)),
    )
