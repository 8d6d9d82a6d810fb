"""What a venue states of wallets that are aggregated, so that terms count them as one person's.

Terms know links from nobody but the venue, in the session that it opens: the statement of each wallet is that of its whole
group. One account name stands for the group, so that two of its wallets that are proven to be one person's count once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from credence.service.reputation.evaluation.tables import Table, read_table
from credence.service.reputation.links.graph import LinksRefused
from credence.service.reputation.links.judging import LinkReport

_ONE: Final = Decimal(1)
_MOST: Final = Decimal(10) ** 15


@dataclass(frozen=True)
class Held:
    """What one wallet holds: gross notional (USD) by instrument class, and its share of open interest (0-1) if known."""

    positions: Mapping[str, Decimal]
    open_interest_share: Decimal | None = None


@dataclass(frozen=True)
class Statement:
    """What is stated of a group: ``account`` is its name, ``wallets`` those that count in it."""

    account: str
    wallets: tuple[str, ...]
    positions: Mapping[str, Decimal]
    open_interest_share: Decimal | None

    def to_json(self) -> dict[str, Any]:
        """Members of the session that is opened for any of the wallets."""
        held = [{"instrument_class": name, "notional_usd": f"{self.positions[name]:f}"} for name in sorted(self.positions)]
        share = None if self.open_interest_share is None else f"{self.open_interest_share:f}"
        stated: dict[str, Any] = {"account": self.account, "positions": held}
        return stated if share is None else {**stated, "open_interest_share": share}


def read_held(path: Path) -> dict[str, Held]:
    """A table with ``wallet``, ``instrument_class``, ``notional_usd`` (≥ 0) and, where it is known, ``open_interest_share``
    (0-1, the largest of a wallet's rows counts). Raises ``TableRefused``, :class:`LinksRefused`."""
    table = read_table(path, ("wallet", "instrument_class", "notional_usd"), ("open_interest_share",))
    amounts = _amounts(table, "notional_usd", _MOST)
    shares = _amounts(table, "open_interest_share", _ONE) if "open_interest_share" in table else None
    positions: dict[str, dict[str, Decimal]] = {}
    share: dict[str, Decimal] = {}
    for row, (wallet, name) in enumerate(zip(table.words("wallet"), table.words("instrument_class"), strict=True)):
        held = positions.setdefault(wallet, {})
        held[name] = held.get(name, Decimal(0)) + amounts[row]
        if shares is not None:
            share[wallet] = max(share.get(wallet, Decimal(0)), shares[row])
    return {wallet: Held(held, share.get(wallet)) for wallet, held in positions.items()}


def statements(report: LinkReport, held: Mapping[str, Held]) -> tuple[Statement, ...]:
    """One for each aggregated group of which a wallet holds anything, in the order of the report.

    Shares of open interest are added, which is the cautious figure, and missing for the group where one is missing.
    """
    found = []
    for cluster in report.clusters:
        own = [held[wallet] for wallet in cluster.wallets if wallet in held]
        if not cluster.aggregated or not own:
            continue
        total: dict[str, Decimal] = {}
        for each in own:
            for name, notional in each.positions.items():
                total[name] = total.get(name, Decimal(0)) + notional
        shares = [each.open_interest_share for each in own]
        known = [share for share in shares if share is not None]
        share = min(_ONE, sum(known, Decimal(0))) if len(known) == len(shares) else None
        name = f"linked-{hashlib.sha256(cluster.wallets[0].encode()).hexdigest()[:16]}"
        found.append(Statement(name, cluster.wallets, total, share))
    return tuple(found)


def _amounts(table: Table, name: str, at_most: Decimal) -> list[Decimal]:
    try:
        found = [Decimal(each) for each in table.words(name)]
    except InvalidOperation as error:
        raise LinksRefused(f"{name} is a decimal number") from error
    if not all(each.is_finite() and 0 <= each <= at_most for each in found):
        raise LinksRefused(f"{name} is out of range")
    return found
