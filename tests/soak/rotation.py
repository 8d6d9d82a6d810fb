"""Every key of a service is rotated and retired while it issues and verifies, on both databases, one after the other.

Persons come for credentials into new wallets, which were told of the issuer's first document and of no other; wallets
present as fast as they can. Meanwhile, round after round, each purpose that can be rotated gets another key in the keyring's
file, and loses the one before as soon as the operator's rule lets it: once no API key is keyed by it, no offer open under
it, and no holder shows a credential of it any more. Nobody sends anything twice. At the end every receipt there was is held
against the verifier's document, and every document of the issuer against the one before and against the log.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.succession import check_succession
from credence.circuits.wire import IssuerDocument
from credence.sdk import Decision, TrustedIssuer, Wallet
from credence.sdk.calls import issuer, perform, verifier
from credence.sdk.retries import Retries
from credence.service.app import open_services
from credence.service.app.installation import open_keyring
from credence.service.auth.api_keys import revoke, rotate_key
from credence.service.clock import system_clock
from credence.service.keys import Keyring, Purpose
from tests.soak.errands import QUICKEST, Issue, Show, Ways
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import DESK, ISSUER, KINDS, POSTGRESQL, VENUE, Installation, install, servers
from tests.soak.serving import serving

TARGET: Final = "every key rotated and retired under load, each database: 0 failed presentations, 0 failed issuances"
LIMIT: Final = 420
ORDER: Final = 24

ROUNDS: Final = (8, 2)
NOTICE: Final = 3
"""Seconds for which a new issuing key is published before it signs."""

ISSUING: Final = 2
PRESENTING: Final = 3
ONCE: Final = Retries(attempts=1)
_NOTICED: Final = 2.5
_PATIENCE: Final = 30.0
ROTATED: Final = tuple(purpose for purpose in Purpose if not purpose.is_permanent)


@dataclass
class _Load:
    """What clients do and saw. ``wallets`` present; ``under`` says which issuing key theirs is of."""

    ways: Ways
    pinned: TrustedIssuer
    stop: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    wallets: deque[tuple[Wallet, str]] = field(default_factory=lambda: deque(maxlen=12))
    busy: Counter[str] = field(default_factory=Counter)
    decisions: list[Decision] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    numbers: int = 0
    under_way: Counter[str] = field(default_factory=Counter)
    issued: Counter[str] = field(default_factory=Counter)

    def issue(self) -> None:
        """One person after another."""
        while not self.stop.is_set():
            with self.lock:
                self.numbers += 1
                errand, desk = Issue(self.ways, self.numbers), self.ways.installation.desk_key
                self.under_way[desk] += 1
            path = self.ways.folder / f"holder-{errand.number}.vault"
            errand.wallet = Wallet.create(
                path, secrets.token_hex(16), transport=self.ways.transport, trust=[self.pinned], parameters=QUICKEST
            )
            done = self._done("issuance", errand.run)
            with self.lock:
                self.under_way[desk] -= 1
                if done and errand.held is not None:
                    self.issued[errand.held.key_id] += 1
                    self.wallets.append((errand.wallet, errand.held.key_id))

    def present(self) -> None:
        """One presentation after another, by whoever holds a credential of a key that is not about to end."""
        while not self.stop.is_set():
            with self.lock:
                if not self.wallets:
                    continue
                wallet, key_id = self.wallets.popleft()
                self.busy[key_id] += 1
                errand, venue = Show(self.ways, wallet), self.ways.installation.venue_key
                self.under_way[venue] += 1
            done = self._done("presentation", errand.run)
            with self.lock:
                self.busy[key_id] -= 1
                self.under_way[venue] -= 1
                if done and errand.decision is not None:
                    self.decisions.append(errand.decision)
                    self.wallets.append((wallet, key_id))

    def _done(self, what: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it counts
            with self.lock:
                self.failures[f"{what}: {type(error).__name__} ({error})"] += 1
            return False
        return True

    def leave(self, key_id: str) -> None:
        """Nobody shows a credential of this key any more: for them it has expired."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with self.lock:
                kept = [held for held in self.wallets if held[1] != key_id]
                self.wallets.clear()
                self.wallets.extend(kept)
                if not self.busy[key_id]:
                    return
            time.sleep(0.01)
        raise RuntimeError("a presentation does not end")


def run(options: Options) -> Result:
    """Both databases, one after the other."""
    figures: dict[str, dict[str, Value]] = {}
    ok = True
    with servers() as server:
        for kind in options.sized(KINDS, POSTGRESQL):
            room = options.room / kind
            settings = {"issuer_key_notice_seconds": str(NOTICE), "queue_ms": "10000"}
            installation = install(kind, room, server, **settings)
            found, failures = _run(installation, room, options.sized(*ROUNDS))
            figures[kind] = found
            if failures:
                figures[f"{kind} FAILURES"] = dict(failures)
            ok &= not failures and found["rotations"] == options.sized(*ROUNDS) * len(ROTATED)
            ok &= found["issuing keys that signed"] == options.sized(*ROUNDS) + 1
    return {"ok": ok, "figures": figures}


def _run(installation: Installation, room: Path, rounds: int) -> tuple[dict[str, Value], Counter[str]]:
    rng, ring = random.Random(rounds), open_keyring(installation.settings)
    rotations = retirements = 0
    with ExitStack() as exits:
        server = exits.enter_context(serving(installation, room / "server.log"))
        ways = exits.enter_context(
            Ways.to(server.url, installation, room, connections=ISSUING + PRESENTING + 1, retries=ONCE)
        )
        load = _Load(ways, TrustedIssuer.pinned(ways.issuer))
        pool = exits.enter_context(ThreadPoolExecutor(ISSUING + PRESENTING))
        exits.callback(load.stop.set)
        running = [pool.submit(load.issue) for _ in range(ISSUING)] + [pool.submit(load.present) for _ in range(PRESENTING)]
        began = time.monotonic()
        _await_signer(load, ring)
        for _ in range(rounds):
            for purpose in rng.sample(ROTATED, len(ROTATED)):
                ring.rotate(purpose, now=system_clock(), rng=secrets.token_bytes, curve=curves.load())
                rotations += 1
                time.sleep(rng.uniform(0, 0.2))
            time.sleep(_NOTICED)
            _move_clients(load, ring)
            _await_signer(load, ring)
            for purpose in rng.sample(ROTATED, len(ROTATED)):
                older = ring.live(purpose)[1]
                if purpose is Purpose.ISSUER_BBS:
                    load.leave(older.key_id)
                ring.retire(purpose, older.key_id, now=system_clock())
                retirements += 1
                time.sleep(rng.uniform(0, 0.2))
            time.sleep(1)
        load.stop.set()
        for future in running:
            future.result(_PATIENCE)
        seconds = time.monotonic() - began
        faults = load.failures + _receipts(load) + _documents(load, installation)
    shown = len(load.decisions)
    return {
        "rounds": rounds,
        "rotations": rotations,
        "retirements": retirements,
        "issuances": sum(load.issued.values()),
        "presentations": shown,
        "failed": sum(load.failures.values()),
        "issuing keys that signed": len(load.issued),
        "seconds": seconds,
    }, faults


def _move_clients(load: _Load, ring: Keyring) -> None:
    """Desk and venue get API keys that the new key of the keyring keys; whatever is under way ends with the old ones."""
    installation = load.ways.installation
    services = open_services(installation.settings, clock=system_clock, rng=secrets.token_bytes, checkpoints=False)
    try:
        assert services.keyring.current(Purpose.API_KEY) == ring.current(Purpose.API_KEY)
        given: dict[str, Any] = {"now": system_clock(), "rng": secrets.token_bytes, "overlap": 300}
        with services.store("auth").transaction() as session:
            desk, venue = (rotate_key(session, services.keyring, client, **given) for client in (DESK, VENUE))
        keyed = {"desk_key": desk.issued.key, "venue_key": venue.issued.key}
        with load.lock:
            load.ways = replace(load.ways, installation=replace(installation, **keyed))
        end = time.monotonic() + _PATIENCE
        while load.under_way[installation.desk_key] or load.under_way[installation.venue_key]:
            if time.monotonic() > end:
                raise RuntimeError("what is under way does not end")
            time.sleep(0.02)
        with services.store("auth").transaction() as session:
            for rotated in (desk, venue):
                revoke(session, rotated.before, now=system_clock())
    finally:
        for store in dict.fromkeys(services.stores.values()):
            store.close()


def _await_signer(load: _Load, ring: Keyring) -> None:
    """Until somebody has a credential under the newest key."""
    newest, end = ring.current(Purpose.ISSUER_BBS).key_id, time.monotonic() + _PATIENCE
    while not load.issued[newest]:
        if time.monotonic() > end:
            raise RuntimeError("nothing is signed with the new key")
        time.sleep(0.05)


def _receipts(load: _Load) -> Counter[str]:
    """Every receipt verifies under the keys that are published now, retired ones included."""
    document, faults = perform(load.ways.transport, verifier.document()), Counter[str]()
    for decision in load.decisions:
        try:
            document.open(dict(decision.receipt))
        except Exception as error:  # noqa: BLE001 - whatever it is, it counts
            faults[f"receipt: {type(error).__name__} ({error})"] += 1
    return faults


def _documents(load: _Load, installation: Installation) -> Counter[str]:
    """Each document continues the one before, from the first to what is shown now, and is in the log."""
    shown, faults, end = perform(load.ways.transport, issuer.document()), Counter[str](), time.monotonic() + _PATIENCE
    while len(shown.live()) > 1 and time.monotonic() < end:  # the last retirement is on its way into the log
        time.sleep(0.2)
        shown = perform(load.ways.transport, issuer.document())
    with installation.opened() as office:
        texts = office.column("SELECT document FROM issuer_documents ORDER BY number")
        documents = [IssuerDocument.parse(json.loads(text)) for text in texts]
    auditor, now = load.ways.auditor(), system_clock()
    for document in documents:
        auditor.issuer_document(document)
    for earlier, later in pairwise(documents):
        check_succession(curves.load(), earlier, later, now)
    if documents[0] != load.ways.issuer or documents[-1] != shown or shown.issuer != ISSUER:
        faults["documents: another first or last one"] += 1
    if len(shown.live()) != 1:
        faults["documents: a key was not retired"] += 1
    return faults
