"""SIGKILL in the middle of revocations and of changes to the keyring, again and again, on both databases at once.

In each cycle three clients revoke credentials over HTTP, while another process rotates and retires keys in the keyring that
the server reads; both die, each at a random moment. Then the keyring must open, with every change that was acknowledged
and at most two live keys for a purpose; the server starts over the same files, and each revocation that was not answered
is sent again as it was. At the end each that was acknowledged is a row, once, whose checkpoint is in the log; the log
agrees with its witness and its parties; and the issuer's documents are one chain.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import secrets
import time
from collections import Counter, deque
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from credence.circuits import curve as curves
from credence.circuits.succession import check_succession
from credence.circuits.wire import IssuerDocument
from credence.sdk import HttpTransport
from credence.sdk.calls import Call, issuer, keyed, perform
from credence.sdk.calls.issuer import Revocation
from credence.sdk.errors import CredenceError, TransportError
from credence.service.app.installation import open_keyring
from credence.service.auth import Scope
from credence.service.clock import system_clock
from credence.service.keys import KeyringRefused, Purpose
from credence.service.keys.keyring import MAX_LIVE
from credence.service.sandbox.clients import new_client
from tests.soak.figure import Options, Result
from tests.soak.installations import KINDS, POSTGRESQL, Installation, install, servers
from tests.soak.keyturner import Turners
from tests.soak.lane import ONCE
from tests.soak.serving import Nursery

TARGET: Final = "300 kills in the middle of revocations and rotations, each database: 0 acknowledged lost, the keyring opens"
LIMIT: Final = 2_400
ORDER: Final = 22

CYCLES: Final = (300, 4)
SHARE: Final = (0.7, 0.25)
"""Of the kills, how many must have met a revocation that was not answered."""

REVOKING: Final = 3
EACH: Final = 5
"""Credentials that are made for a cycle: what a life of the server revokes at most, on average."""

_SOONEST, _LATEST = 0.03, 0.3
_PATIENCE: Final = 60.0


@dataclass
class _Tally:
    cycles: int = 0
    met: int = 0
    revoked: int = 0
    lost: int = 0
    duplicated: int = 0
    turned: Counter[str] = field(default_factory=Counter)
    documents: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@dataclass
class _Errand:
    attestation_id: str
    call: Call[Revocation]
    answered: bool = False


def run(options: Options) -> Result:
    """A lane for each database, beside each other."""
    cycles, kinds = options.sized(*CYCLES), options.sized(KINDS, POSTGRESQL)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.soak.kills_keys"])
    with servers() as server, ProcessPoolExecutor(len(kinds), context) as pool:
        rooms = {kind: options.room / kind for kind in kinds}
        installed = {kind: install(kind, room, server) for kind, room in rooms.items()}
        running = {kind: pool.submit(_live, installed[kind], rooms[kind], cycles, seed) for seed, kind in enumerate(kinds)}
        tallies = {kind: future.result() for kind, future in running.items()}
    figures: dict[str, dict[str, int | float]] = {}
    for kind, tally in tallies.items():
        figures[kind] = {
            "cycles": tally.cycles,
            "kills that met a revocation": tally.met,
            "revoked": tally.revoked,
            "lost": tally.lost,
            "duplicated": tally.duplicated,
            **tally.turned,
            "documents": tally.documents,
        }
        if tally.faults:
            figures[f"{kind} FAULTS"] = dict(tally.faults)
    return {"ok": all(_kept(tally, cycles, options.sized(*SHARE)) for tally in tallies.values()), "figures": figures}


def _kept(tally: _Tally, cycles: int, share: float) -> bool:
    whole = tally.lost == tally.duplicated == 0 and not tally.faults and tally.turned["rotated"] >= cycles / 2
    return whole and tally.cycles >= cycles and tally.met >= share * cycles


def _live(installation: Installation, folder: Path, cycles: int, seed: int) -> _Tally:
    tally, rng = _Tally(), random.Random(seed)
    with installation.opened(checkpoints=True) as office:
        auth = new_client(office.services, "revoker.example", [Scope.ISSUER_REVOKE]).key
        waiting = deque(office.holder(number).attestation_id for number in range(cycles * EACH))
    errands: list[_Errand] = []
    with ExitStack() as exits:
        nursery = exits.enter_context(Nursery(installation, folder / "server.log"))
        turners = exits.enter_context(Turners(installation, folder / "journal", folder / "turners.log"))
        way = exits.enter_context(HttpTransport(nursery.url, connections=REVOKING, retries=ONCE))
        pool = exits.enter_context(ThreadPoolExecutor(REVOKING))
        nursery.start()
        while tally.cycles < cycles:
            running = [pool.submit(_work, way, auth, waiting, tally) for _ in range(REVOKING)]
            turners.start()
            moments = {turners.kill: rng.uniform(_SOONEST, _LATEST), nursery.kill: rng.uniform(_SOONEST, _LATEST)}
            began = time.monotonic()
            for kill in sorted(moments, key=lambda kill: moments[kill]):
                time.sleep(max(began + moments[kill] - time.monotonic(), 0))
                kill()
            done = _gathered(running)
            missed = [errand for errand in done if not errand.answered]
            tally.cycles += 1
            tally.met += bool(missed)
            _look(installation, turners, tally)
            nursery.start()
            for errand in missed:
                _again(way, errand, tally)
            errands += done
        time.sleep(2.5)  # the last server takes the keyring up once more
        nursery.kill()
    tally.turned.update(did for did, _, _ in turners.done())
    _settle(installation, errands, tally)
    return tally


def _work(way: HttpTransport, auth: str, waiting: deque[str], tally: _Tally) -> list[_Errand]:
    """One client, until the server is gone."""
    errands: list[_Errand] = []
    while waiting:
        attestation_id = waiting.popleft()
        call = keyed(issuer.revoke("soak", auth, attestation_id=attestation_id), secrets.token_bytes)
        errands.append(_Errand(attestation_id, call))
        try:
            perform(way, call)
            errands[-1].answered = True
        except TransportError:
            return errands
        except CredenceError as error:
            tally.faults[f"before a kill: {type(error).__name__} ({error})"] += 1
            return errands
    return errands


def _gathered(running: list[Future[list[_Errand]]]) -> list[_Errand]:
    return [errand for future in running for errand in future.result(_PATIENCE)]


def _again(way: HttpTransport, errand: _Errand, tally: _Tally) -> None:
    try:
        perform(way, errand.call)
        errand.answered = True
    except CredenceError as error:
        tally.faults[f"again: {type(error).__name__} ({error})"] += 1


def _look(installation: Installation, turners: Turners, tally: _Tally) -> None:
    """The keyring opens, has what was acknowledged, and no more live keys than it may."""
    try:
        ring = open_keyring(installation.settings)
    except KeyringRefused as error:
        tally.faults[f"keyring: {error.reason}"] += 1
        return
    for purpose in Purpose:
        if not 1 <= len(ring.live(purpose)) <= MAX_LIVE:
            tally.faults["keyring: none, or too many live keys"] += 1
    known = {(version.purpose.value, version.key_id): version.retired for version in ring.versions()}
    for did, purpose_name, key_id in turners.done():
        name = purpose_name, key_id
        tally.lost += name not in known or (did == "retired" and known[name] is None)


def _settle(installation: Installation, errands: list[_Errand], tally: _Tally) -> None:
    """At the end, with nobody serving."""
    acknowledged = {errand.attestation_id for errand in errands if errand.answered}
    tally.revoked = len(acknowledged)
    with installation.opened(checkpoints=True) as office:
        office.issuer.publication.refresh()
        ledger = office.services.ledger
        ledger.sequence()
        if (finding := ledger.disagreement()) is not None:
            tally.faults[f"witness: {finding.detail}"] += 1
        ledger.verify([])
        rows = Counter(office.column("SELECT attestation_id FROM issuer_revocations"))
        tally.lost += len(acknowledged - rows.keys())
        tally.duplicated += sum(rows.values()) - len(rows)
        tally.duplicated += len(rows.keys() - {errand.attestation_id for errand in errands})
        unlogged = "SELECT count(*) FROM issuer_outbox WHERE entry_index IS NULL"
        tally.faults.update({"outbox rows without an entry": int(office.scalar(unlogged))})
        texts = office.column("SELECT document FROM issuer_documents ORDER BY number")
        documents = [IssuerDocument.parse(json.loads(text)) for text in texts]
        for earlier, later in pairwise(documents):
            check_succession(curves.load(), earlier, later, system_clock())
        for document in documents:
            ledger.inclusion(document.leaf())
        tally.documents = len(documents)
        live = {version.key_id for version in office.services.keyring.live(Purpose.ISSUER_BBS)}
        if {key.key_id for key in documents[-1].live()} != live:
            tally.faults["the newest document has other live keys"] += 1
    tally.faults += Counter()  # what was not, goes
