"""Races: 64 workers, 16 threads in each of 4 processes, after one thing that may be had once.

Every worker calls the service's own functions; what runs their transaction waits there until all 64 have arrived:

- ``session``: :func:`admission.judge`. Each has verified the same presentation, and signed a receipt of its own.
- ``nonce``: :func:`records.spend_nonce` alone, which nothing but the primary key decides.
- ``identity_tag``: :func:`issuance.claim_credential`. Each has verified the evidence, drawn an attestation and signed for a
  commitment of its own; the workers of a process share a case, and the four cases are of one person.
- ``idempotency key``: :meth:`Effect.run` around the opening of a session, under one key.

Then the whole way over HTTP, to ``credence serve``: 64 clients present to one session, 64 wallets claim with one offer, 64
venues open a session under one key. PostgreSQL has two servers there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar, cast

from sqlmodel import Session

from credence.circuits.credential import PERSON_1
from credence.circuits.issuance import HolderSecrets, issuing_interface, request_credential
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.errors import BadNonce, InProgress
from credence.service.idempotency import Answer, Once
from credence.service.idempotency.answer import REPLAYED
from credence.service.issuer.cases import IllegalStep
from credence.service.issuer.issuance import AlreadyIssued, Claim, claim_credential
from credence.service.store import Contended, Run, Store
from credence.service.verifier import records
from credence.service.verifier.admission import judge
from tests.soak.callers import call_at_once
from tests.soak.figure import Options, Result
from tests.soak.installations import EVIDENCE, KINDS, POSTGRESQL, Installation, Office, install, servers
from tests.soak.team import PROCESSES, THREADS, Attempt, Raced, Start, race

TARGET: Final = "a tag, nonce, session or key under 64 workers: 0 double accepts in 100,000 attempts, each database"
LIMIT: Final = 900
ORDER: Final = 10

SESSIONS: Final = (256, 1)
NONCES: Final = (768, 1)
PERSONS: Final = (192, 1)
KEYS: Final = (320, 1)
OVER_HTTP: Final = (16, 1)
"""Rounds at full size and quick; a round is one thing and an attempt by every worker."""

T = TypeVar("T")


_OUTBOXES: Final = ("issuer_outbox", "verifier_outbox", "auth_outbox")


def run(options: Options) -> Result:
    """Every race, on both databases."""
    figures: dict[str, dict[str, int | float | str]] = {}
    ok = True
    with servers() as server:
        for kind in options.sized(KINDS, POSTGRESQL):
            began, room = perf_counter(), options.room / kind
            installation = install(kind, room, server)
            races = _races(installation, room, options)
            disagreeing = _disagreeing(installation, races)
            attempts, doubles = sum(one.attempts for one in races.values()), sum(one.doubles for one in races.values())
            unwon = sum(one.unwon for one in races.values())
            ok &= not (doubles or unwon or disagreeing) and attempts >= options.sized(100_000, 1)
            figures[kind] = {"attempts": attempts, "double accepts": doubles, "never won": unwon}
            figures[kind] |= {"rows that disagree": ", ".join(disagreeing) or "none", "seconds": perf_counter() - began}
            figures |= {f"{kind} {name}": {"attempts": one.attempts, **one.endings} for name, one in races.items()}
    return {"ok": ok, "figures": figures}


def _races(installation: Installation, room: Path, options: Options) -> dict[str, Raced]:
    with installation.opened() as office:
        held = office.holder(0)
        shown = [office.proven(office.asked(), held).to_json() for _ in range(options.sized(*SESSIONS))]
        persons = range(1, 1 + options.sized(*PERSONS))
        cases = [[office.offered(number) for _ in range(PROCESSES)] for number in persons]
    nonces = [secrets.token_bytes(32) for _ in range(options.sized(*NONCES))]
    keys = [secrets.token_urlsafe(16) for _ in range(options.sized(*KEYS))]
    return {
        "session": race(installation, sessions_raced, shown),
        "nonce": race(installation, nonces_raced, nonces),
        "identity_tag": race(installation, persons_raced, cases),
        "idempotency key": race(installation, keys_raced, keys),
        "over HTTP": call_at_once(installation, room, rounds=options.sized(*OVER_HTTP)),
    }


def sessions_raced(office: Office, things: Sequence[object], _number: int) -> Callable[[int], Sequence[Attempt]]:
    """Everybody presents the same to one session."""
    desk = office.verifier

    def attempt(start: Start, presentation: Presentation) -> str:
        found = judge(desk, presentation.session_id, presentation, from_start(start, desk.store))
        return "won" if found.reason == records.ACCEPTED else found.reason

    def prepare(index: int) -> Sequence[Attempt]:
        return [partial(_ended, partial(attempt, presentation=Presentation.parse(things[index])))] * THREADS

    return prepare


def nonces_raced(office: Office, things: Sequence[object], _number: int) -> Callable[[int], Sequence[Attempt]]:
    """Everybody spends one nonce."""
    store, now = office.verifier.store, office.services.clock()

    def attempt(start: Start, nonce: bytes) -> str:
        start()
        return "won" if store.run(lambda session: records.spend_nonce(session, nonce, now)) else "refused"

    def prepare(index: int) -> Sequence[Attempt]:
        return [partial(_ended, partial(attempt, nonce=cast(bytes, things[index])))] * THREADS

    return prepare


def persons_raced(office: Office, things: Sequence[object], number: int) -> Callable[[int], Sequence[Attempt]]:
    """Everybody claims the credential of one person for a wallet of their own."""
    desk = office.issuer
    interface = issuing_interface(office.services.curve)
    drawn = [HolderSecrets(*(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3))) for _ in range(THREADS)]
    commitments = [request_credential(interface, PERSON_1, one, secrets.token_bytes).commitment for one in drawn]

    def attempt(start: Start, claim: Claim) -> str:
        _, is_new = claim_credential(desk, claim, from_start(start, desk.store))
        return "won" if is_new else "again"

    def prepare(index: int) -> Sequence[Attempt]:
        case_id, secret, token = cast(list[tuple[str, str, str]], things[index])[number]
        claims = [Claim(case_id, secret, commitment, EVIDENCE, token.encode()) for commitment in commitments]
        return [partial(_ended, partial(attempt, claim=claim)) for claim in claims]

    return prepare


def keys_raced(office: Office, things: Sequence[object], _number: int) -> Callable[[int], Sequence[Attempt]]:
    """Everybody opens a session under one idempotency key."""

    def answer(request: PresentationRequest) -> Answer:
        return Answer.text(request.session_id)

    def attempt(start: Start, key: str) -> str:
        once = Once(office.services, "verifier", key, "POST", "/v1/verifier/sessions", b"", b"{}")
        start()
        response = once.by_address().run(office.verifier.store, office.asking(), answer)
        return "again" if REPLAYED in response.headers else "won"

    def prepare(index: int) -> Sequence[Attempt]:
        return [partial(_ended, partial(attempt, key=cast(str, things[index])))] * THREADS

    return prepare


def from_start(start: Start, store: Store) -> Run[Any]:
    """The store's own way to run a transaction, from the start on."""

    def run(work: Callable[[Session], T]) -> T:
        start()
        return store.run(work)

    return run


def _ended(attempt: Attempt, start: Start) -> str:
    try:
        return attempt(start)
    except (BadNonce, AlreadyIssued, IllegalStep):
        return "refused"
    except (Contended, InProgress):
        return "busy"


def _disagreeing(installation: Installation, races: dict[str, Raced]) -> list[str]:
    """Tables that hold another number of rows than was won, or two rows for one thing."""
    won = {name: one.endings["won"] for name, one in races.items()}
    with installation.opened() as office:
        spent, decided = office.count("verifier_spent_nonces"), office.count("verifier_decisions")
        issued, receipts = office.count("issuer_attestations"), office.count("verifier_outbox WHERE kind = 'receipt'")
        of_persons = office.scalar("SELECT count(DISTINCT identity_tag) FROM issuer_attestations")
        of_sessions = office.scalar("SELECT count(DISTINCT session_id) FROM verifier_decisions")
        opened = office.count("verifier_sessions")
        office.services.ledger.sequence()
        report = office.services.ledger.verify()
    # two holders, and as many sessions that were opened only to be answered, are no one's winnings
    presented, asked = decided - won["session"], races["session"].attempts // (PROCESSES * THREADS)
    told = office.count("issuer_outbox") == issued + 1 + office.count("issuer_checkpoints")
    found = {
        "spent nonces": spent == decided + won["nonce"],
        "decisions": decided == of_sessions == receipts,
        "attestations": issued == of_persons,
        "winnings": (issued - 2 - won["identity_tag"]) + presented + (opened - asked - presented - won["idempotency key"])
        == won["over HTTP"],
        # what each party told the log: receipts; credentials, the document and a checkpoint a minute; registrations
        "log": report.waiting == 0 and report.entries == sum(office.count(table) for table in _OUTBOXES) and told,
    }
    return [name for name, agrees in found.items() if not agrees]
