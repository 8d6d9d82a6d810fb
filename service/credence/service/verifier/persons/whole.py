"""One person's accounts with a venue, taken together: brackets and caps hold for the person, and splitting gains nothing.

A pseudonym is one person's at a venue, whichever wallet shows it, so that is what statements are added up by. Each account's
newest statement counts until another one replaces it, for :data:`COUNTED` at most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.fields import canonical_json
from credence.service.errors import Conflict
from credence.service.forgetting import Broken, SubjectKey
from credence.service.verifier.persons import records
from credence.service.verifier.persons.exposure import Exposure
from credence.service.verifier.persons.records import VerifierPerson
from credence.service.verifier.tariff.amounts import EXACT, MAX_AMOUNT, ONE, ZERO

COUNTED: Final = 30 * 86_400
"""Seconds for which a statement counts that is not replaced."""

MAX_ACCOUNTS: Final = 64
"""Accounts of one person that statements are kept of."""


class TooManyAccounts(Conflict):
    """The person has more accounts with this venue than are added up."""

    default = "The person has more accounts with this venue than its limits can be added up over."


class Overtaken(Exception):
    """No error: another statement about the same person was kept meanwhile, and the terms rest on the one before."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person's accounts. ``others`` are those besides that of the session, ``own`` is that one.

    ``revision`` is of what is kept, 0 for nothing. ``stated`` says whether the session adds a statement to it.
    """

    own: Exposure
    others: tuple[Exposure, ...] = ()
    kept: Mapping[str, tuple[int, Exposure]] | None = None
    revision: int = 0
    stated: bool = False

    @property
    def accounts(self) -> int:
        """How many accounts the positions are of."""
        return 1 + len(self.others)

    def facts(self) -> dict[str, Any]:
        """The fields of :class:`~credence.service.verifier.terms.Facts` that follow.

        Positions are those of all accounts. Shares of open interest and shortfalls add up; a share that is missing for an
        account with positions is missing for the person. The insurance share is the least of those that were stated. The
        alarm is the session's own.
        """
        every = (self.own, *self.others)
        shortfalls = [each.expected_shortfall_usd for each in every if each.expected_shortfall_usd is not None]
        insured = [each.insurance_share_usd for each in every if each.insurance_share_usd is not None]
        with localcontext(EXACT):
            return {
                "stress_regime": self.own.stress_regime,
                "open_interest_share": _share(every),
                "expected_shortfall_usd": min(MAX_AMOUNT, sum(shortfalls, ZERO)) if shortfalls else None,
                "insurance_share_usd": min(insured) if insured else None,
                "positions": tuple(held for each in every for held in each.positions or ()),
                "accounts": self.accounts,
            }


def person_of(
    session: Session, venue: str, pseudonym: bytes | None, own: Exposure | None, *, key: SubjectKey, now: int
) -> Person:
    """The person behind a pseudonym, as a session of the venue's finds it; without a pseudonym the session's account alone.

    An account whose positions the session does not state has those that were stated last, and so with each figure. ``key``
    is the pseudonym's; what another one sealed, which was destroyed, is forgotten. Raises :class:`TooManyAccounts`.
    """
    if pseudonym is None:
        return Person(own or Exposure())
    row = records.find_person(session, venue, pseudonym)
    kept = {} if row is None else _read(row, key, now)
    account = "" if own is None else own.account
    before = kept.get(account)
    mine = own or Exposure(account)
    if before is not None:
        mine = _since(before[1], mine)
    others = {name: stated for name, (_, stated) in kept.items() if name != account}
    if own is not None and len(others) >= MAX_ACCOUNTS:
        raise TooManyAccounts
    return Person(mine, tuple(others.values()), kept, 0 if row is None else row.revision, own is not None)


def keep(session: Session, venue: str, pseudonym: bytes | None, person: Person, *, key: SubjectKey, now: int) -> None:
    """Keeps what the session stated. Raises :class:`Overtaken` where it was priced beside what is not the newest now."""
    if pseudonym is None or not person.stated:
        return
    kept = {**(person.kept or {}), person.own.account: (now, replace(person.own, stress_regime=False))}
    accounts = {name: {"at": at, "stated": stated.to_json()} for name, (at, stated) in kept.items()}
    row = VerifierPerson(
        venue=venue,
        pseudonym=pseudonym,
        revision=person.revision + 1,
        accounts="",
        stated_at=now,
    )
    row.accounts = key.seal_text(*_place(row), canonical_json(accounts).decode())
    if not records.put_person(session, row):
        raise Overtaken


def purge(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` persons of whom no statement counts at ``now``, and says how many."""
    return records.purge_persons(session, before=now - COUNTED, limit=limit)


def _read(row: VerifierPerson, key: SubjectKey, now: int) -> dict[str, tuple[int, Exposure]]:
    try:
        said = json.loads(key.open_text(*_place(row), row.accounts))
    except Broken:
        return {}
    found = {name: (item["at"], Exposure.from_json(item["stated"])) for name, item in said.items()}
    return {name: item for name, item in sorted(found.items()) if item[0] >= now - COUNTED}


def _place(row: VerifierPerson) -> tuple[str, str, str]:
    """Table, column and row: what is sealed opens nowhere else, and no older revision in place of a newer one."""
    return VerifierPerson.__tablename__, "accounts", f"{row.venue}/{row.pseudonym.hex()}/{row.revision}"


def _since(before: Exposure, now: Exposure) -> Exposure:
    """What is so now of an account: what was just stated, and before that what was stated last."""
    names = ("open_interest_share", "expected_shortfall_usd", "insurance_share_usd", "positions")
    missing = {name: getattr(before, name) for name in names if getattr(now, name) is None}
    if now.positions is not None:  # figures of positions that are not those any more
        missing.pop("open_interest_share", None)
        missing.pop("expected_shortfall_usd", None)
    return replace(now, **missing)


def _share(every: tuple[Exposure, ...]) -> Decimal | None:
    held = [each for each in every if any(notional > 0 for _, notional in each.positions or ())]
    if any(each.open_interest_share is None for each in held):
        return None
    shares = [each.open_interest_share for each in every if each.open_interest_share is not None]
    return min(ONE, sum(shares, ZERO)) if shares else None
