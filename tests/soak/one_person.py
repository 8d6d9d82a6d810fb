"""One person, 64 workers: 16 threads in each of 4 processes, with wallets and revokers of their own, at the same moment.

Every worker calls the service's own functions, and waits inside until all 64 have come to the transaction that decides:

- ``renewal``: all claim for the same recovery phrase, through four cases of the person.
- ``reset``: each claims for a phrase of its own, through four cases.
- ``suspension``: one half suspends the credential, the other half claims the next one.
- ``ban``: one half bans the person, the other half claims with another phrase.

In each one wins, and afterwards no person has two live handles, no live handle is revoked, and no other one is not.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, Final, cast

from credence.circuits.credential import PERSON_1
from credence.circuits.issuance import HolderSecrets, issuing_interface, request_credential
from credence.service.errors import Conflict, Unauthorized
from credence.service.issuer.issuance import Claim, claim_credential
from credence.service.issuer.persons import deciding
from credence.service.issuer.revocation.manager import Target
from credence.service.store import Contended
from tests.soak.figure import Options, Result
from tests.soak.installations import EVIDENCE, KINDS, SQLITE, Installation, Office, install, servers
from tests.soak.races import from_start
from tests.soak.team import PROCESSES, THREADS, Attempt, Raced, Start, race

TARGET: Final = (
    "renewals, resets, suspensions, bans of a person by 64 workers: one each, never two live handles, each database"
)
LIMIT: Final = 1_200
ORDER: Final = 11

ROUNDS: Final = (48, 1)
"""Rounds of each at full size and quick; a round is a person and an attempt by every worker."""

_NEVER: Final = {
    "persons with two live handles": (
        "SELECT count(*) FROM (SELECT identity_tag FROM issuer_attestations WHERE life = 'live'"
        " GROUP BY identity_tag HAVING count(*) > 1) AS two"
    ),
    "live handles that are revoked": (
        "SELECT count(*) FROM issuer_attestations"
        " WHERE life = 'live' AND id IN (SELECT attestation_id FROM issuer_revocations)"
    ),
    "other handles that are not": (
        "SELECT count(*) FROM issuer_attestations"
        " WHERE life <> 'live' AND id NOT IN (SELECT attestation_id FROM issuer_revocations)"
    ),
    "persons who are banned and hold one": (
        "SELECT count(*) FROM issuer_attestations"
        " WHERE life = 'live' AND identity_tag IN (SELECT identity_tag FROM issuer_bans)"
    ),
    "credentials without a leaf": (
        "SELECT count(*) FROM issuer_attestations WHERE leaf NOT IN (SELECT leaf FROM issuer_outbox)"
    ),
}


def run(options: Options) -> Result:
    """Every race, on both databases."""
    figures: dict[str, dict[str, int | float | str]] = {}
    ok = True
    with servers() as server:
        for kind in options.sized(KINDS, SQLITE):
            began = perf_counter()
            installation = install(kind, options.room / kind, server, reset_interval_days="0")
            races = _races(installation, options.sized(*ROUNDS))
            wrong = _wrong(installation, races)
            doubles, unwon = sum(one.doubles for one in races.values()), sum(one.unwon for one in races.values())
            ok &= not (doubles or unwon or wrong)
            figures[kind] = {"attempts": sum(one.attempts for one in races.values()), "won twice": doubles}
            figures[kind] |= {"never won": unwon, "wrong afterwards": ", ".join(wrong) or "none"}
            figures[kind] |= {"seconds": perf_counter() - began}
            figures |= {f"{kind} {name}": {"attempts": one.attempts, **one.endings} for name, one in races.items()}
    return {"ok": ok, "figures": figures}


def _races(installation: Installation, rounds: int) -> dict[str, Raced]:
    kinds = {"renewal": renewals, "reset": resets, "suspension": suspensions, "ban": bans}
    things: dict[str, list[object]] = {}
    with installation.opened() as office:
        for place, name in enumerate(kinds):
            persons = range(1 + place * rounds, 1 + (place + 1) * rounds)
            things[name] = [_prepared(office, number) for number in persons]
    return {name: race(installation, kind, things[name]) for name, kind in kinds.items()}


def _prepared(office: Office, number: int) -> object:
    """A person who holds a credential: the attestation, the phrase as scalars, and a case for every process."""
    phrase = tuple(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3))
    issued, _ = claim_credential(office.issuer, _claim(office.offered(number), _commitment(office, phrase)))
    return issued.attestation_id, phrase, [office.offered(number) for _ in range(PROCESSES)]


def _commitment(office: Office, phrase: tuple[int, ...]) -> bytes:
    """As a wallet makes it: always the same point for a phrase."""
    interface, drawn = issuing_interface(office.services.curve), HolderSecrets(*phrase)
    return request_credential(interface, PERSON_1, drawn, secrets.token_bytes, blind=phrase[0] + 1).commitment


def _claim(case: tuple[str, str, str], commitment: bytes) -> Claim:
    case_id, secret, token = case
    return Claim(case_id, secret, commitment, EVIDENCE, token.encode())


def _another(office: Office) -> bytes:
    return _commitment(office, tuple(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3)))


def renewals(office: Office, things: Sequence[object], number: int) -> Callable[[int], Sequence[Attempt]]:
    """Everybody claims for the person's own phrase."""

    def prepare(index: int) -> Sequence[Attempt]:
        _, phrase, cases = cast(tuple[str, tuple[int, ...], list[Any]], things[index])
        return [_claiming(office, _claim(cases[number], _commitment(office, phrase)))] * THREADS

    return prepare


def resets(office: Office, things: Sequence[object], number: int) -> Callable[[int], Sequence[Attempt]]:
    """Everybody claims for a phrase of their own."""

    def prepare(index: int) -> Sequence[Attempt]:
        _, _, cases = cast(tuple[str, tuple[int, ...], list[Any]], things[index])
        return [_claiming(office, _claim(cases[number], _another(office))) for _ in range(THREADS)]

    return prepare


def suspensions(office: Office, things: Sequence[object], number: int) -> Callable[[int], Sequence[Attempt]]:
    """One half suspends, the other half renews: whoever is first takes the credential from the others."""
    desk = office.issuer

    def suspend(start: Start, attestation_id: str) -> str:
        deciding.suspend(desk, attestation_id, "raced", "revoker.example", from_start(start, desk.store))
        return "won"

    def prepare(index: int) -> Sequence[Attempt]:
        held, phrase, cases = cast(tuple[str, tuple[int, ...], list[Any]], things[index])
        claims = [_claiming(office, _claim(cases[number], _commitment(office, phrase)))] * (THREADS // 2)
        return claims + [partial(_ended, partial(suspend, attestation_id=held))] * (THREADS // 2)

    return prepare


def bans(office: Office, things: Sequence[object], number: int) -> Callable[[int], Sequence[Attempt]]:
    """One half bans, the other half begins anew: a ban is won once, and nothing that was issued before it lives on."""
    desk = office.issuer

    def ban(start: Start, case_id: str) -> str:
        deciding.ban(desk, Target(case_id=case_id), "raced", None, "revoker.example", from_start(start, desk.store))
        return "won"

    def prepare(index: int) -> Sequence[Attempt]:
        _, _, cases = cast(tuple[str, tuple[int, ...], list[Any]], things[index])
        mine = cases[number]
        claims = [_claiming(office, _claim(mine, _another(office)), "first") for _ in range(THREADS // 2)]
        return claims + [partial(_ended, partial(ban, case_id=mine[0]))] * (THREADS // 2)

    return prepare


def _claiming(office: Office, claim: Claim, new: str = "won") -> Attempt:
    def attempt(start: Start) -> str:
        _, is_new = claim_credential(office.issuer, claim, from_start(start, office.issuer.store))
        return new if is_new else "again"

    return partial(_ended, attempt)


def _ended(attempt: Attempt, start: Start) -> str:
    try:
        return attempt(start)
    except Contended:
        return "busy"
    except (Conflict, Unauthorized):
        return "refused"


def _wrong(installation: Installation, races: dict[str, Raced]) -> list[str]:
    """What must never be, where it is; resets that are not counted once; a log that does not agree."""
    with installation.opened() as office:
        found = [name for name, statement in _NEVER.items() if office.scalar(statement)]
        counted = office.scalar("SELECT coalesce(sum(resets), 0) FROM issuer_attestations")
        won = races["reset"].endings["won"] + races["ban"].endings["first"]
        office.services.ledger.sequence()
        report = office.services.ledger.verify()
    return found + ["resets"] * (counted != won) + ["log"] * (report.waiting != 0)
