"""By the terms of a decision: what a margin call asks and why, and why a charge is not what was expected.

Both compute and change nothing. A decision is priced again by the facts that were kept with it and the very version of the
tariff that it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, Final, Self

from credence.service.errors import Conflict, InvalidRequest, NotFound
from credence.service.runtime import Services
from credence.service.verifier import records as tariffs
from credence.service.verifier.charges import records
from credence.service.verifier.persons.exposure import Positions
from credence.service.verifier.records import VerifierDecision
from credence.service.verifier.sealing import answer_of, facts_of
from credence.service.verifier.tariff import Tariff
from credence.service.verifier.tariff.amounts import EXACT, ZERO, parse_decimal
from credence.service.verifier.tariff_versions import tariff_of
from credence.service.verifier.terms import Facts, FactsError, Terms, terms_for
from credence.service.verifier.terms.margin_call import CALL_BUFFER, MarginCall, NotExplained, Position, explain_call
from credence.service.verifier.terms.reconciling import Charge, Finding, NotReconciled, Priced, reconcile

AHEAD: Final = 86_400
"""Seconds from now for which a margin call may be explained: raises that are under way are over by then."""


class NotPriced(Conflict):
    """The session has no terms that could be computed again."""

    default = "The session was not accepted, or by a release that did not keep what it was priced by."


@dataclass(frozen=True, slots=True)
class Decided:
    """An accepted decision, priced again."""

    session_id: str
    pseudonym: bytes | None
    decided_at: int
    priced: Priced
    terms: Terms


@dataclass(frozen=True, slots=True)
class Called:
    """A position at a price, and the account's equity in USD. ``others`` None: what the decision knew of other classes.

    ``at`` None: now. ``target`` is the buffer that ends the call.
    """

    position: Position
    equity: Decimal
    others: Positions | None = None
    at: int | None = None
    target: Decimal = CALL_BUFFER

    @classmethod
    def read(
        cls,
        position: Mapping[str, str],
        equity: str,
        others: Sequence[tuple[str, str]] | None = None,
        at: int | None = None,
        target: str | None = None,
    ) -> Self:
        """From wire forms. Raises :class:`InvalidRequest`."""
        side = position["side"]
        try:
            found = Position(
                position["instrument_class"],
                "long" if side == "long" else "short",
                _decimal("quantity", position["quantity"]),
                _decimal("price", position["price"]),
            )
        except NotExplained as error:
            raise InvalidRequest(f"{error.reason}.") from error
        held = None if others is None else tuple((name, _decimal("other_positions", usd)) for name, usd in others)
        wanted = CALL_BUFFER if target is None else _decimal("target_buffer", target)
        return cls(found, _decimal("equity_usd", equity), held, at, wanted)


def margin_call(services: Services, venue: str, session_id: str, called: Called) -> MarginCall:
    """The call of a position under the terms of a venue's session.

    ``called.position`` is all that the person holds of its class. Raises :class:`NotFound` for another venue's session,
    :class:`NotPriced`, :class:`InvalidRequest` for amounts or a time out of range, :class:`credence.service.errors.Erased`.
    """
    decided, now = decision_of(services, venue, session_id), services.clock()
    at = now if called.at is None else called.at
    if not decided.decided_at <= at <= now + AHEAD:
        raise InvalidRequest("at is before the decision, or more than a day from now.")
    terms, position = decided.terms, called.position
    own = terms.margin_for(position.instrument_class).instrument_class
    known = decided.priced.facts.positions
    others = called.others
    if others is None:
        others = tuple(held for held in known if terms.margin_for(held[0]).instrument_class != own)
    try:
        with localcontext(EXACT):
            other = sum((Decimal(str(row["mm_usd"])) for row in terms.held(others, at)), ZERO)
        return explain_call(terms, position, called.equity, at=at, other_maintenance=other, target=called.target)
    except (NotExplained, ValueError) as error:
        raise InvalidRequest("An amount is out of range.") from error


def reconciliation(
    services: Services, venue: str, session_id: str, charge: Charge, stated: Mapping[str, Any]
) -> tuple[Finding, Decided, Decided]:
    """Why a charge differs from what the terms of a venue's session give; also the decision then in force.

    Known of the moment of the charge are the pseudonym's newest decision by then, the version of the tariff that counted
    then, and what the venue ``stated`` of it (fields of :class:`Facts`). Of several decisions in one second it is the first
    that explains the charge, the session's own before others. Raises as :func:`margin_call`.
    """
    expected, now = decision_of(services, venue, session_id), services.clock()
    if not expected.decided_at <= charge.at <= now:
        raise InvalidRequest("The charge is before the decision, or in the future.")
    rows: list[VerifierDecision] = []
    with services.store("verifier").reading() as session:
        if expected.pseudonym is not None:
            rows = records.acceptances_at(session, venue, expected.pseudonym, charge.at)
        active = tariffs.active_tariff_version(session, expected.priced.tariff.name, charge.at)
    tariff = expected.priced.tariff if active is None else tariff_of(services, active)
    rows.sort(key=lambda row: row.session_id != session_id)
    found, then = _held_against(services, charge, expected, rows[0] if rows else None, tariff, stated)
    for row in rows[1:]:
        if found.cause != "unexplained":
            break
        found, then = _held_against(services, charge, expected, row, tariff, stated)
    return found, expected, then


def _held_against(
    services: Services,
    charge: Charge,
    expected: Decided,
    row: VerifierDecision | None,
    tariff: Tariff,
    stated: Mapping[str, Any],
) -> tuple[Finding, Decided]:
    """What is found where ``row`` was in force, the expected decision itself if None; and that decision."""
    then = expected if row is None or row.session_id == expected.session_id else _decided(services, row)
    try:
        facts = replace(then.priced.facts, **stated)
    except FactsError as error:
        raise InvalidRequest(f"{error}.") from error
    return reconcile(charge, expected.priced, Priced(tariff, facts)), then


def decision_of(services: Services, venue: str, session_id: str) -> Decided:
    """The accepted decision of a venue's session. Raises :class:`NotFound` and :class:`NotPriced`."""
    with services.store("verifier").reading() as session:
        found = tariffs.find_session(session, session_id)
        if found is None or found[0].venue != venue:
            raise NotFound
        row = records.acceptance_of(session, venue, session_id)
    if row is None:
        raise NotPriced
    return _decided(services, row)


def summed(positions: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    """Notionals by instrument class, from wire forms. Raises :class:`InvalidRequest`."""
    found: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for name, notional in positions:
            found[name] = found.get(name, ZERO) + _decimal("positions", notional)
    return found


def read_charge(kind: Any, notional: str, amount: str, at: int, instrument_class: str) -> Charge:
    """From wire forms. Raises :class:`InvalidRequest`."""
    if kind.endswith("margin") and not instrument_class:
        raise InvalidRequest("A margin is of an instrument class, and none was named.")
    try:
        return Charge(kind, _decimal("notional_usd", notional), _decimal("amount_usd", amount), at, instrument_class)
    except NotReconciled as error:
        raise InvalidRequest(f"{error.reason}.") from error


def _decided(services: Services, row: VerifierDecision) -> Decided:
    kept = facts_of(services.keeping, row)
    if kept is None:
        raise NotPriced
    said = json.loads(answer_of(services.keeping, row))
    tariff = _tariff(services, said["terms"]["tariff"])
    facts = Facts.from_json(json.loads(kept))
    terms = terms_for(tariff, facts, expires_at=int(said["terms"]["expires_at"]))
    return Decided(row.session_id, row.pseudonym, row.decided_at, Priced(tariff, facts), terms)


def _tariff(services: Services, named: Mapping[str, str]) -> Tariff:
    with services.store("verifier").reading() as session:
        row = tariffs.find_tariff_version(session, named["name"], int(named["version"]))
    if row is None or row.digest.hex() != named["digest"]:
        raise NotPriced("The version of the tariff that the decision names is not known any more.")
    return tariff_of(services, row)


def _decimal(name: str, text: str) -> Decimal:
    try:
        return parse_decimal(text)
    except ValueError as error:
        raise InvalidRequest(f"{name} is not a decimal string.") from error
