"""What is printed, and where: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console


UNBOUND: Final = 160
"""Characters of a line that no terminal shows, such as one that is searched for words."""


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON document on standard output, in ASCII."""
    typer.echo(json.dumps(value, indent=2))


def print_line(line: str) -> None:
    """One line of a result on standard output."""
    typer.echo(legible(line))


def note(line: str) -> None:
    """One line for the person at the terminal, on standard error."""
    typer.echo(legible(line), err=True)


def complain(line: str) -> None:
    """The one line that a command ends with where it failed, on standard error."""
    note(f"credence: {' '.join(line.split())}")


def console(*, err: bool = False) -> Console:
    """A rich console, which leaves colours out where there is no terminal or ``NO_COLOR`` is set."""
    from rich.console import Console

    found = Console(stderr=err, highlight=False)
    if not found.is_terminal and "COLUMNS" not in os.environ:
        found.width = UNBOUND
    return found


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output. Nothing in it is read as markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(legible(cell)) for cell in row))
    console().print(table)


def print_facts(facts: Mapping[str, str]) -> None:
    """Names and values, one pair a line, on standard output."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print_line(f"{name:<{width}}  {value}")


def is_watched() -> bool:
    """Whether a terminal shows what goes to standard output."""
    return sys.stdout.isatty()


def legible(text: str) -> str:
    """The text without what would move a cursor or colour a terminal: a stranger's words are shown, not obeyed."""
    return "".join(character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text)
