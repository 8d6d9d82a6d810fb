"""Real input: a venue's account days, reduced to each account's volume of 30 days, and names from real lists.

Of the account days three columns are read, ``date`` (ISO 8601), ``account`` and ``total_volume`` (USD), and others are
passed over; rows may come in any order. The file is read once, line by line, and only what lies in the window is kept.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import Final

from credence.service.screening.lists import ListEntry, SanctionsList
from credence.service.screening.names import read_name
from credence.service.verifier.tariff.amounts import EXACT, ZERO

WINDOW: Final = 30
"""Days of a volume, the last one included."""

COLUMNS: Final = ("date", "account", "total_volume")

_DATE: Final = re.compile(r"(?:19[7-9]\d|2\d{3})-\d{2}-\d{2}", re.ASCII)
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_AMOUNT: Final = re.compile(r"\d{1,15}(?:\.\d{1,30})?(?:[eE]-\d{1,2})?", re.ASCII)
_PLAIN_NAME: Final = re.compile(r"([A-Z]{2,}), ([A-Z][a-z]+)", re.ASCII)
_LONG_NAME: Final = re.compile(r"(?=.*[A-Za-z]{8})[A-Za-z]{5,}(?: [A-Za-z]{5,})+", re.ASCII)
_YEARS_APART: Final = timedelta(days=7 * 365)
_CENT: Final = Decimal("0.01")


class RealInputRefused(Exception):
    """A file that is not used: ``reason`` names the column or line, and repeats nothing of what stands there."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AccountVolume:
    """One account's volume in USD, rounded to cents: the files carry the noise of binary fractions."""

    account: str
    volume_30d_usd: Decimal


@dataclass(frozen=True, slots=True)
class AccountDays:
    """Every account of a file, largest volume first. The window is ``first`` to ``last``, the file's last day, included."""

    first: date
    last: date
    rows: int
    accounts: tuple[AccountVolume, ...]


def read_account_days(path: Path) -> AccountDays:
    """Read a file. Raises :class:`RealInputRefused` where it is missing, lacks a column, holds no row or a bad one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _reduce(_rows(file))
    except OSError as error:
        raise RealInputRefused(f"the account days cannot be read: {error.strerror or 'no such file'}") from error
    except UnicodeDecodeError as error:
        raise RealInputRefused("the account days are not UTF-8") from error


def _rows(file: Iterable[str]) -> Iterator[tuple[date, str, Decimal]]:
    reader = csv.reader(file, strict=True)
    try:
        header = next(reader, [])
        for name in COLUMNS:
            if header.count(name) != 1:
                raise RealInputRefused(f"the account days need one column {name}")
        places = [header.index(name) for name in COLUMNS]
        for row in reader:
            if not row:
                continue
            line = reader.line_num
            if len(row) != len(header):
                raise RealInputRefused(f"line {line}: {len(header)} columns are announced, {len(row)} found")
            day, account, volume = (row[place] for place in places)
            yield _day(day, line), _account(account, line), _volume(volume, line)
    except csv.Error as error:
        raise RealInputRefused(f"line {reader.line_num}: this is no CSV") from error


def _reduce(rows: Iterable[tuple[date, str, Decimal]]) -> AccountDays:
    count, first, last = 0, date.min, date.min
    seen: set[str] = set()
    window: dict[date, dict[str, Decimal]] = {}
    with localcontext(EXACT):
        for day, account, volume in rows:
            count += 1
            seen.add(account)
            if day > last:
                first, last = day - timedelta(days=WINDOW - 1), day
                window = {kept: found for kept, found in window.items() if kept >= first}
            if day >= first:
                traded = window.setdefault(day, {})
                traded[account] = traded.get(account, ZERO) + volume
        if not count:
            raise RealInputRefused("the account days hold no row")
        totals = dict.fromkeys(seen, ZERO)
        for traded in window.values():
            for account, volume in traded.items():
                totals[account] += volume
        volumes = [AccountVolume(account, total.quantize(_CENT, ROUND_HALF_EVEN)) for account, total in totals.items()]
    volumes.sort(key=lambda found: (-found.volume_30d_usd, found.account))
    return AccountDays(first, last, count, tuple(volumes))


def _day(text: str, line: int) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RealInputRefused(f"line {line}: date is no day such as 2025-03-07")


def _account(text: str, line: int) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise RealInputRefused(f"line {line}: account is no identifier of 1-64 letters and digits")
    return text


def _volume(text: str, line: int) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise RealInputRefused(f"line {line}: total_volume is no amount in USD")
    return Decimal(text)


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody on a list: the entry's id, the name and a date of birth as they stand there, and one that is not theirs."""

    entry_id: str
    given_name: str
    family_name: str
    birth_date: date
    other_birth_date: date


@dataclass(frozen=True, slots=True)
class Mistyped:
    """Somebody on a list under a name that is not quite theirs; date of birth and country (alpha-2) as they stand there."""

    entry_id: str
    given_name: str
    family_name: str
    birth_date: date
    country: str


def first_listed(found: SanctionsList) -> Listed:
    """The first individual of a list with a date of birth and a plain name of two words that no other entry has.

    Raises :class:`RealInputRefused` where there is none.
    """
    for entry in _alone(found):
        plain = _PLAIN_NAME.fullmatch(entry.names[0])
        if plain is not None:
            earlier = min(span.first for span in entry.births) - _YEARS_APART
            return Listed(entry.entry_id, plain[2], plain[1], entry.births[0].first, earlier)
    raise RealInputRefused("the list names no individual with a plain name of its own and a date of birth")


def first_mistyped(found: SanctionsList) -> Mistyped:
    """The first individual with a date of birth, a country and a name of their own of at least two long Latin words: the
    last word stands first, and the longest one lacks a letter in its middle.

    Raises :class:`RealInputRefused` where there is none.
    """
    for entry in _alone(found):
        if entry.countries and _LONG_NAME.fullmatch(entry.names[0]):
            given_name, _, family_name = mistyped(entry.names[0]).partition(" ")
            return Mistyped(entry.entry_id, given_name, family_name, entry.births[0].first, entry.countries[0])
    raise RealInputRefused("the list names no individual with a long name of its own, a date of birth and a country")


def mistyped(name: str) -> str:
    """The name with its last word first, and without the middle letter of its longest word."""
    *words, last = name.split()
    longest = max([last, *words], key=len)
    short = longest[: len(longest) // 2] + longest[len(longest) // 2 + 1 :]
    return " ".join([last, *words]).replace(longest, short, 1)


def _alone(found: SanctionsList) -> Iterator[ListEntry]:
    """Every individual with a date of birth under a name that no other entry has."""
    bearers: dict[str, set[str]] = {}
    for entry in found.entries:
        for name in (*entry.names, *entry.weak_names):
            bearers.setdefault(read_name(name, "individual").key, set()).add(entry.entry_id)
    for entry in found.entries:
        if entry.kind != "individual" or not entry.births:
            continue
        if bearers[read_name(entry.names[0], "individual").key] == {entry.entry_id}:
            yield entry
