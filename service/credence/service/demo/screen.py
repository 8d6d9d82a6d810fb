"""The demo at a terminal: a line a step with its time, then the terms side by side; elsewhere the same as plain text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.text import Text

from credence.service.demo.report import DemoReport, ListRead, Priced, Searched, StepReport
from credence.service.verifier.tariff.amounts import plain

SHOWN_ACCOUNTS: Final = 8
"""Accounts in the table; the report has all of them."""

SHOWN_CLASS: Final = "btc_eth"
"""The instrument class whose margin stands in the table."""


class Reporter(Protocol):
    """Whoever watches a run."""

    def began(self, name: str) -> None:
        """A step is under way."""
        ...

    def ended(self, step: StepReport, lines: Sequence[str]) -> None:
        """It is over; ``lines`` is what it has to say."""
        ...

    def finished(self, report: DemoReport) -> None:
        """The run is over, and the service stopped."""
        ...


class Silence:
    """A reporter that says nothing."""

    def began(self, name: str) -> None:
        """See :class:`Reporter`."""

    def ended(self, step: StepReport, lines: Sequence[str]) -> None:
        """See :class:`Reporter`."""

    def finished(self, report: DemoReport) -> None:
        """See :class:`Reporter`."""


class Screen:
    """Reports to a rich console; what moves is shown on a terminal alone."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def began(self, name: str) -> None:
        """See :class:`Reporter`."""
        if self._console.is_terminal:
            self._status = self._console.status(escape(name))
            self._status.start()

    def ended(self, step: StepReport, lines: Sequence[str]) -> None:
        """See :class:`Reporter`."""
        self._still()
        mark = "[green]ok[/green]      " if step.ok else "[red bold]FAILED[/red bold]  "
        time = f"{step.ms:.0f} ms"
        gap = " " * max(1, 64 - len(step.name) - len(time))
        self._console.print(f"{mark}{escape(step.name)}{gap}[cyan]{time}[/cyan]", highlight=False)
        for line in lines:
            self._indented(line, 8, style="dim")

    def finished(self, report: DemoReport) -> None:
        """See :class:`Reporter`."""
        self._still()
        if report.lists:
            self._say("\n[bold]Screening[/bold]")
            self._console.print(_lists(report.lists))
            self._say("")
            self._console.print(_searches(report.searches))
            self._say("Applicants are invented, or told by the entry whose name they have; no case keeps a name.")
        persons = [priced for priced in report.terms if priced.account is None]
        if persons:
            self._say("\n[bold]Terms, side by side[/bold]")
            self._console.print(_persons(persons))
            self._say(f"Margin of {SHOWN_CLASS}, first bracket. What a person does not show is priced as the worst.\n")
            for priced in persons:
                self._say(f"[bold]Why: {escape(priced.who)} at {escape(priced.venue)}[/bold]")
                for line in reasons(priced.terms):
                    self._indented(line, 2)
        accounts = [priced for priced in report.terms if priced.account is not None]
        if accounts:
            self._say("\n[bold]Real accounts: terms for the volume of 30 days[/bold]")
            self._console.print(_accounts(telling(accounts)))
            self._say(f"{len(accounts)} accounts in all; --json has every one. Saved: against V0, all volume taken.")
        if report.ok:
            self._say(f"\n[green bold]All {len(report.steps)} steps passed[/green bold] in {report.seconds:.1f} s.")
        else:
            self._say(f"\n[red bold]The demo failed.[/red bold] {escape(report.failure or '')}")
        self._say(f"Engine: {escape(report.engine)}.")

    def _indented(self, line: str, columns: int, style: str = "") -> None:
        """A line whose continuation, where it is long, stands below its beginning."""
        own = len(line) - len(line.lstrip())
        text = Text(line.lstrip(), style=style)
        self._console.print(Padding(text, (0, 0, 0, columns + own), expand=False), highlight=False)

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False)

    def _still(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def reasons(terms: Mapping[str, Any]) -> list[str]:
    """Every factor of terms on one line: its input, and what it did."""
    lines = []
    for reason in terms["reasons"]:
        factor, value = reason["factor"], reason["value"]
        effects = [f"{name} {effect}" for name, effect in reason["effect"].items() if (name, effect) != (factor, value)]
        lines.append(f"{factor} {value}: {', '.join(effects)}")
    return lines


def telling(accounts: Sequence[Priced]) -> list[Priced]:
    """The largest account of each volume tier, and then the next largest, in their order."""
    firsts = {priced.terms["fees"]["volume_tier"]: priced for priced in reversed(accounts)}.values()
    rest = [priced for priced in accounts if priced not in firsts]
    chosen = [*firsts, *rest][:SHOWN_ACCOUNTS]
    return sorted(chosen, key=accounts.index)


def _lists(lists: Sequence[ListRead]) -> Table:
    table = _plain_table("list", "version", "published", "entries", "SHA-256", right=("entries",))
    for found in lists:
        digest = f"{found.digest[:16]}…"
        table.add_row(found.name, escape(found.version), found.published or "unknown", f"{found.entries:,}", digest)
    return table


def _searches(searches: Sequence[Searched]) -> Table:
    """One row for each entry that was found, and one for whoever is clear."""
    table = _plain_table("who", "evidence", "case", "band", "entry", "score", "reasons", right=("score",))
    for searched in searches:
        who = escape(searched.who), searched.evidence, searched.decision, searched.band
        if not searched.matches:
            table.add_row(*who, "–", "–", "–")
        for match in searched.matches:
            entry, why = f"{match.list} {match.entry_id}", ", ".join(match.reasons)
            table.add_row(*who[:3], match.band, escape(entry), plain(match.score), why)
            who = ("", "", "", "")
    return table


def _plain_table(*labels: str, right: Sequence[str] = ()) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for label in labels:
        table.add_column(label, justify="right" if label in right else "left")
    return table


def _persons(persons: Sequence[Priced]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    for priced in persons:
        table.add_column(f"{escape(priced.who)} at\n{escape(priced.venue)}", justify="right")
    for label, cell in _ROWS.items():
        table.add_row(label, *(escape(cell(priced)) for priced in persons))
    return table


def _accounts(accounts: Sequence[Priced]) -> Table:
    amounts = ("volume USD", "maker bps", "taker bps", "saved USD")
    table = _plain_table("account", "volume USD", "tier", "maker bps", "taker bps", "saved USD", right=amounts)
    for priced in accounts:
        fees = priced.terms["fees"]
        table.add_row(
            escape(str(priced.account)),
            _usd(priced.volume_30d_usd),
            fees["volume_tier"],
            fees["maker_bps"],
            fees["taker_bps"],
            _usd(priced.saved_usd or Decimal(0)),
        )
    return table


def _usd(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def _percent(fraction: str) -> str:
    return f"{(Decimal(fraction) * 100).normalize():f}"


def _first_bracket(priced: Priced) -> str:
    margin = next(row for row in priced.terms["margin"] if row["instrument_class"] == SHOWN_CLASS)
    bracket = margin["brackets"][0]
    return f"{_percent(bracket['im'])} / {_percent(bracket['mm'])}"


def _cap(priced: Priced) -> str:
    cap = priced.terms["notional_cap_usd"]
    return "none" if cap is None else _usd(Decimal(cap))


_ROWS: Final[dict[str, Callable[[Priced], str]]] = {
    "kyc level": lambda priced: priced.terms["kyc_level"],
    "risk tier": lambda priced: priced.terms["risk_tier"],
    "standing tier": lambda priced: priced.terms["standing_tier"],
    "volume, USD": lambda priced: _usd(priced.volume_30d_usd),
    "volume tier": lambda priced: priced.terms["fees"]["volume_tier"],
    "maker bps": lambda priced: priced.terms["fees"]["maker_bps"],
    "taker bps": lambda priced: priced.terms["fees"]["taker_bps"],
    "IM / MM, %": _first_bracket,
    "max leverage": lambda priced: f"{priced.terms['max_leverage']} x",
    "cap, USD": _cap,
}
