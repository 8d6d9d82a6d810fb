"""The races over HTTP: many callers, real servers, real proofs."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from credence.circuits.credential import PERSON_1
from credence.circuits.issuance import HeldCredential, HolderSecrets, issuing_interface, request_credential
from credence.circuits.wire import Offer
from credence.sdk import HttpTransport
from credence.sdk import errors as sdk_errors
from credence.sdk.calls import issuer, keyed, perform, verifier
from credence.sdk.calls.issuer import Evidence
from credence.sdk.errors import Conflict, CredenceError
from tests.soak.installations import ISSUER, POLICY, Installation, Office
from tests.soak.serving import serving
from tests.soak.team import WORKERS, Raced, at_once


def call_at_once(installation: Installation, folder: Path, *, rounds: int) -> Raced:
    """``rounds`` with one presentation each, as many with one offer, and with one key; ``WORKERS`` callers in each.

    PostgreSQL has two servers, between which callers alternate.
    """
    with ExitStack() as exits:
        office = exits.enter_context(installation.opened())
        count = 2 if installation.kind == "postgresql" else 1
        urls = [exits.enter_context(serving(installation, folder / f"server-{number}.log")).url for number in range(count)]
        ways = [exits.enter_context(HttpTransport(url, connections=WORKERS)) for url in urls]
        callers = [ways[number % count] for number in range(WORKERS)]
        held = office.holder(900_000_000)
        seen = [_present(office, callers, held) for _ in range(rounds)]
        seen += [_claim(office, callers, 900_000_001 + number) for number in range(rounds)]
        seen += [_open(installation, callers) for _ in range(rounds)]
    wins = [endings["won"] for endings in seen]
    return Raced(
        attempts=sum(endings.total() for endings in seen),
        endings=sum(seen, Counter()),
        doubles=sum(count - 1 for count in wins if count > 1),
        unwon=wins.count(0),
    )


def _present(office: Office, callers: list[HttpTransport], held: HeldCredential) -> Counter[str]:
    """Everybody posts the same presentation."""
    call = verifier.present(office.proven(office.asked(), held))

    def attempt(way: HttpTransport) -> str:
        return "won" if perform(way, call).accepted else "denied"

    return _ended([partial(attempt, way) for way in callers])


def _claim(office: Office, callers: list[HttpTransport], number: int) -> Counter[str]:
    """Everybody bears the same offer, and wants the credential for a wallet of their own."""
    case_id, secret, token = office.offered(number)
    offer = Offer(ISSUER, PERSON_1.id, case_id, secret, office.services.clock() + 3_600)
    interface = issuing_interface(office.services.curve)

    def wallet() -> bytes:
        drawn = HolderSecrets(*(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3)))
        return request_credential(interface, PERSON_1, drawn, secrets.token_bytes).commitment

    def attempt(way: HttpTransport, commitment: bytes) -> str:
        perform(way, issuer.claim(offer, commitment, Evidence(token)))
        return "won"

    return _ended([partial(attempt, way, wallet()) for way in callers])


def _open(installation: Installation, callers: list[HttpTransport]) -> Counter[str]:
    """The venue opens a session under one key, everywhere at once: all are told of one and the same."""
    nothing: dict[str, Any] = {"volume_30d_usd": None, "maker_share": None, "channel": b"", "message": b""}
    call = keyed(verifier.open_session(POLICY, installation.venue_key, **nothing), secrets.token_bytes)
    told = _ended([partial(lambda way: perform(way, call).session_id, way) for way in callers])
    errors = Counter({name: number for name, number in told.items() if name == "refused" or name in vars(sdk_errors)})
    opened = told - errors
    return errors + Counter(won=len(opened), again=opened.total() - len(opened))


def _ended(attempts: list[Callable[[], str]]) -> Counter[str]:
    def told(attempt: Callable[[], str]) -> str:
        try:
            return attempt()
        except Conflict:
            return "refused"
        except CredenceError as error:
            return type(error).__name__

    return Counter(at_once([partial(told, attempt) for attempt in attempts]))
