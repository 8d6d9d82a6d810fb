"""Exposure: what a venue states of one account when it opens a session, and how that is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Self

from credence.circuits.fields import canonical_json
from credence.service.errors import InvalidRequest
from credence.service.verifier.tariff.amounts import MAX_AMOUNT, ONE, is_amount, parse_decimal, plain

MAX_POSITIONS: Final = 64

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
"""Of an account, and of an instrument class."""

_NAME: Final = re.compile(NAME, re.ASCII)

Positions = tuple[tuple[str, Decimal], ...]
"""Instrument class and gross notional in USD; classes may repeat."""


class NotStated(InvalidRequest):
    """A statement that is out of its range; the reason names the field and never repeats the value."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One account of a venue's. Made by :meth:`read`.

    ``account`` is the venue's own name of it, empty where the venue has one for each person. ``stress_regime`` is its alarm
    at this moment. ``open_interest_share`` (0 to 1), ``expected_shortfall_usd`` and ``insurance_share_usd`` are as
    :class:`~credence.service.verifier.terms.Facts` has them; None: not stated. ``positions`` None: not stated, which is not
    the same as none.
    """

    account: str = ""
    stress_regime: bool = False
    open_interest_share: Decimal | None = None
    expected_shortfall_usd: Decimal | None = None
    insurance_share_usd: Decimal | None = None
    positions: Positions | None = None

    @classmethod
    def read(
        cls,
        account: str | None = None,
        *,
        stress_regime: bool = False,
        open_interest_share: str | None = None,
        expected_shortfall_usd: str | None = None,
        insurance_share_usd: str | None = None,
        positions: Iterable[tuple[str, str]] | None = None,
    ) -> Self | None:
        """From wire forms, amounts as decimal strings; None where nothing was stated. Raises :class:`NotStated`."""
        if account is not None and not _NAME.fullmatch(account):
            raise NotStated("account is not a name of letters, digits and ._:- of at most 64 characters.")
        found = cls(
            account or "",
            stress_regime,
            read_amount("open_interest_share", open_interest_share, ONE),
            read_amount("expected_shortfall_usd", expected_shortfall_usd),
            read_amount("insurance_share_usd", insurance_share_usd),
            None if positions is None else _positions(list(positions)),
        )
        return None if found == cls() else found

    def to_json(self) -> dict[str, Any]:
        """What is kept of it."""
        amounts = (self.open_interest_share, self.expected_shortfall_usd, self.insurance_share_usd)
        share, shortfall, insurance = (None if each is None else plain(each) for each in amounts)
        return {
            "account": self.account,
            "stress_regime": self.stress_regime,
            "open_interest_share": share,
            "expected_shortfall_usd": shortfall,
            "insurance_share_usd": insurance,
            "positions": None if self.positions is None else [[name, plain(held)] for name, held in self.positions],
        }

    def text(self) -> str:
        """The same as canonical JSON."""
        return canonical_json(self.to_json()).decode()

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """What :meth:`to_json` made."""
        names, held = ("open_interest_share", "expected_shortfall_usd", "insurance_share_usd"), value["positions"]
        share, shortfall, insurance = (None if value[name] is None else Decimal(value[name]) for name in names)
        positions = None if held is None else tuple((name, Decimal(notional)) for name, notional in held)
        return cls(value["account"], value["stress_regime"], share, shortfall, insurance, positions)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What :meth:`text` wrote."""
        return cls.from_json(json.loads(text))


def _positions(given: list[tuple[str, str]]) -> Positions:
    if len(given) > MAX_POSITIONS:
        raise NotStated(f"positions are at most {MAX_POSITIONS}.")
    if not all(_NAME.fullmatch(name) for name, _ in given):
        raise NotStated("positions: an instrument class is a name of at most 64 characters.")
    found = [(name, read_amount("positions", notional)) for name, notional in given]
    return tuple((name, notional) for name, notional in found if notional is not None)


def read_amount(name: str, text: str | None, at_most: Decimal = MAX_AMOUNT) -> Decimal | None:
    """An amount from its wire form, 0 to ``at_most``; None where none is stated. Raises :class:`NotStated`."""
    if text is None:
        return None
    try:
        value = parse_decimal(text)
    except ValueError as error:
        raise NotStated(f"{name} is not a decimal string.") from error
    if not is_amount(value, at_most=at_most):
        raise NotStated(f"{name} is out of range.")
    return value
