"""Once an issuer has said that a credential is revoked: how long until nobody accepts it any more?

Credentials are revoked over HTTP, one after another at random moments; every holder then goes on with the witness and the
checkpoint of just before (:mod:`tests.soak.clinging`) and shows them again and again. Settings are as they come, every clock
is the real one, and the servers are ``credence serve``:

- *venue*: the verifier in the issuer's own process;
- *elsewhere*: a verifier of another installation, which trusts the issuer's document and asks over HTTP;
- *sdk*: a venue at that one that checks by itself, against the session's request fetched again (``Verifier.refreshed``);
- *standings*: the issuer's door for standings, where a live credential is shown too;
- *offline*: a venue that checks by itself against the request that it kept, and so hears of nothing. Its bound is twice as
  long, and another promise.

A time is that from the acknowledgement to the sending of the first refused request after which none was accepted. Knocks are
some seconds apart, and fractions of one where the minute ends, so that it is said too late rather than too early.
"""

from __future__ import annotations

import random
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from credence.circuits.issuance import HeldCredential
from credence.circuits.revocation_log import Staple
from credence.circuits.wire import IssuerDocument
from credence.sdk.calls import issuer, perform
from credence.sdk.errors import CredenceError, NotFound
from credence.service.auth import Scope
from credence.service.sandbox.clients import new_client
from tests.soak.clinging import Clinging, key_of
from tests.soak.doors import Doors, Kept, opened
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import Installation, install, servers

TARGET: Final = "who is revoked is refused everywhere: p99 within 60 s of the acknowledgement, 0 accepted later or again"
LIMIT: Final = 480
ORDER: Final = 45

ONLINE: Final = ("venue", "elsewhere", "sdk", "standings")
OFFLINE: Final = "offline"
BOUNDS: Final = {**dict.fromkeys(ONLINE, 60.0), OFFLINE: 120.0}
"""Seconds after which nobody is let in."""

REVOKED: Final = (40, 3)
WINDOW: Final = (140.0, 1.0)
"""Seconds in which all of them are revoked."""

SETTINGS: Final = {"ledger_interval_ms": "250", "session_seconds": "300", "standings": "true"}
"""The defaults, where installations to measure have others; standings are off by default."""

_AROUND: Final = (-1.5, -0.7, -0.2, 0.2, 2.0)
KNOCKS: Final = (
    (0.5, 2.0, 4.0, *range(10, 58, 8), *(60 + at for at in _AROUND), 75, 90, 105, *(120 + at for at in _AROUND)),
    (0.5, 1.5, 2.5, 3.5),
)
"""Seconds after the acknowledgement."""

_SURE: Final = 2
_SPARSE: Final = 4
"""Who has refused twice in a row is asked every fourth time from then on."""

_BEFORE: Final = 3.0
"""Seconds before its revocation at which a holder is seen to be accepted."""

_TRIES: Final = 5
_CONNECTIONS: Final = 24
_PATIENCE: Final = 20.0


@dataclass
class Seen:
    """What one holder was told: by party, seconds after the acknowledgement, and whether it was yes. ``before`` are those
    that accepted it before, ``faults`` answers that were neither."""

    before: Counter[str] = field(default_factory=Counter)
    answers: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: {name: [] for name in BOUNDS})
    faults: Counter[str] = field(default_factory=Counter)

    def due(self, number: int) -> list[str]:
        """Who is to be asked at the knock of this number."""
        sure = {
            name for name, told in self.answers.items() if len(told) >= _SURE and not any(yes for _, yes in told[-_SURE:])
        }
        return [name for name in BOUNDS if name not in sure or number % _SPARSE == 0]

    def last_yes(self, name: str) -> float:
        """Seconds at which it was accepted for the last time, 0 for never."""
        return max((at for at, yes in self.answers[name] if yes), default=0.0)

    def refused(self, name: str) -> float | None:
        """Seconds at which it was refused for good, None where that was not seen."""
        last = self.last_yes(name)
        return min((at for at, yes in self.answers[name] if not yes and at > last), default=None)

    def again(self, name: str) -> int:
        """Acceptances after the first refusal."""
        first = min((at for at, yes in self.answers[name] if not yes), default=float("inf"))
        return sum(yes and at > first for at, yes in self.answers[name])


@dataclass
class _Run:
    """What all holders share: revocations are made one at a time."""

    doors: Doors
    revoker: str = field(repr=False)
    lock: Lock = field(default_factory=Lock)
    done: int = 0


def run(options: Options) -> Result:
    """One run: an issuer on PostgreSQL, another installation on SQLite. Quick: both on SQLite, and no time is judged."""
    kind = options.sized("postgresql", "sqlite")
    count, window, knocks = options.sized(REVOKED[0], REVOKED[1]), options.sized(*WINDOW), options.sized(*KNOCKS)
    with servers([kind], durable=not options.quick) as server:
        installation = install(kind, options.room / "issuer", server, **SETTINGS)
        document, revoker, held = _furnished(installation, count)
        with opened(installation, document, options.room, _CONNECTIONS) as doors, ThreadPoolExecutor(count) as pool:
            running = _Run(doors, revoker)
            began, rng = time.monotonic() + _BEFORE, random.Random(secrets.randbits(64))
            moments = [began + rng.uniform(0, window) for _ in held]
            working = [pool.submit(_lives, running, each, at, knocks) for each, at in zip(held, moments, strict=True)]
            seen = [future.result() for future in working]
    return judged(seen, quick=options.quick)


def _furnished(installation: Installation, count: int) -> tuple[IssuerDocument, str, list[HeldCredential]]:
    """The issuer's document, a revoker's key, and so many holders."""
    with installation.opened(checkpoints=True) as office:
        key = new_client(office.services, "revoker.example", [Scope.ISSUER_REVOKE]).key
        return office.document, key, [office.holder(number) for number in range(count)]


def _lives(run: _Run, held: HeldCredential, moment: float, knocks: Sequence[float]) -> Seen:
    """One holder: accepted everywhere, revoked, and knocking from then on."""
    seen = Seen()
    _sleep_until(moment - _BEFORE)
    _welcome(run.doors, seen, held)
    _sleep_until(moment)
    with run.lock:
        wallet, kept = _up_to_date(run, held), run.doors.kept(held)
        way = run.doors.here.way
        revoked = perform(way, issuer.revoke("soak", run.revoker, attestation_id=held.attestation_id))
        acknowledged = time.monotonic()
        run.done += 1
    minute = revoked.revoked_at // 60
    with suppress(NotFound):  # the latest minute of the old value, where the log has that
        perform(way, issuer.checkpoint(key_of(wallet.document).accumulator_id, wallet.view.index, minute))
        wallet = wallet.as_of(minute)
    for number, after in enumerate(knocks):
        _sleep_until(acknowledged + after)
        _knock(run.doors, seen, wallet, kept, number, acknowledged)
    return seen


def _welcome(doors: Doors, seen: Seen, held: HeldCredential) -> None:
    """Everybody accepts it: some perhaps the next time only, if another revocation or a minute's end came in between."""
    for _ in range(_TRIES):
        missing = tuple(name for name in BOUNDS if not seen.before[name])
        if not missing:
            return
        wallet, kept = Clinging.at(_staple(doors), held, doors.document), doors.kept(held)
        seen.before.update(name for name, _, yes in doors.knock(missing, wallet, kept) if yes)


def _knock(doors: Doors, seen: Seen, wallet: Clinging, kept: Kept, number: int, acknowledged: float) -> None:
    names = seen.due(number)
    try:
        for name, at, yes in doors.knock(names, wallet, kept):
            seen.answers[name].append((at - acknowledged, yes))
    except CredenceError as error:  # neither yes nor no
        seen.faults[type(error).__name__] += 1


def _up_to_date(run: _Run, held: HeldCredential) -> Clinging:
    """The wallet once the log shows every revocation that was made before."""
    end = time.monotonic() + _PATIENCE
    while (staple := _staple(run.doors)).newest.checkpoint.index != run.done:
        if time.monotonic() > end:
            raise RuntimeError("the log does not show what was revoked")
        time.sleep(0.05)
    return Clinging.at(staple, held, run.doors.document)


def _staple(doors: Doors) -> Staple:
    """The issuer's newest."""
    return perform(doors.here.way, issuer.staple(key_of(doors.document).accumulator_id))


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0))


def judged(seen: Sequence[Seen], *, quick: bool) -> Result:
    """What all holders were told, held against what is promised; when quick, no time is."""
    figures: dict[str, dict[str, Value]] = {}
    faults: list[str] = []
    for name, bound in BOUNDS.items():
        times = sorted(at for at in (each.refused(name) for each in seen) if at is not None)
        again = sum(each.again(name) for each in seen)
        late = sum(yes and at > bound for each in seen for at, yes in each.answers[name])
        welcome = sum(each.before[name] for each in seen)
        found = figures[name] = {
            "revoked": len(seen),
            "accepted before": welcome,
            "refused for good": len(times),
            **_spread(times),
            "last accepted after": max(each.last_yes(name) for each in seen),
            "accepted again": again,
            f"accepted after {bound:.0f} s": late,
        }
        faults += [f"{name}: {what}" for what in _wrong(found, len(seen), bound, again + late, quick=quick)]
    unanswered = sum((each.faults for each in seen), Counter[str]())
    answered = sum(len(told) for each in seen for told in each.answers.values())
    if 50 * unanswered.total() > answered:
        faults.append("knocks that nobody answered")
    asked: dict[str, Value] = {"answered": answered, "neither yes nor no": unanswered.total(), **unanswered}
    return {"ok": not faults, "figures": {**figures, "knocks": asked}, "note": "; ".join(faults)}


def _spread(times: Sequence[float]) -> dict[str, Value]:
    if len(times) < 2:
        return {}
    at = statistics.quantiles(times, n=100, method="inclusive")
    return {"p50 s": at[49], "p99 s": at[98], "slowest s": times[-1]}


def _wrong(found: dict[str, Value], count: int, bound: float, wrongly: int, *, quick: bool) -> Iterator[str]:
    if found["accepted before"] != count:
        yield "somebody was refused before"
    if wrongly:
        yield "accepted again, or too late"
    if not quick and found["refused for good"] != count:
        yield "somebody was never refused"
    if not quick and float(found.get("p99 s") or 0) > bound:
        yield f"p99 over {bound:.0f} s"
