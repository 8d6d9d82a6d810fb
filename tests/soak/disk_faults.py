"""A disk that fails under a real server: one call of its write path at a time is not made, again and again, on SQLite.

Six clients issue, present, revoke and report over HTTP. strace makes a random call of a random kind fail with EIO or ENOSPC
on a file of the installation: database, write-ahead log and its index, the store of subjects' keys and its journal, the
witness, the folder itself; under load, while the server starts, and while it stops. Whatever was not answered with success
is sent again as it was. After each two dozen faults all that was acknowledged is looked for, and the server stops or is
killed; at the end every table is held against all of it. A server that cannot go on is started again, which must suffice.

Linux forgets what a failed ``fsync`` should have kept, and says so once: the next one succeeds without it. So a success
counts only for what was written since. After a failed sync of the write-ahead log the next write to it must therefore begin
where the failed transaction did, or before. Of the database it is counted, and not judged, how often pages were left out
that the failed sync was about: SQLite leaves those out that earlier checkpoints wrote. Both are read from the calls.
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from credence.service.auth import Scope
from credence.service.sandbox.clients import new_client, new_key
from tests.soak.disk_crowd import CLIENTS, Crowd
from tests.soak.errands import Report, Revoke, Ways
from tests.soak.figure import Options, Result, Value
from tests.soak.injection import Fault, Injection, injecting, refusal, struck
from tests.soak.installations import VENUE, Installation, install
from tests.soak.lane import ONCE
from tests.soak.reckoning import Kept, reckon
from tests.soak.serving import Nursery
from tests.soak.synchronised import DATABASE, LOG, rewritten, unsettled

TARGET: Final = "500 faults of the disk in every call that writes, SQLite: 0 acknowledged lost, 0 there twice, 0 times 500"
LIMIT: Final = 2_400
ORDER: Final = 24

EFFECTIVE: Final = (500, 6)
TRIED: Final = (1_200, 24)
"""Faults that may be tried for so many that struck."""
LIFE: Final = (24, 10)
"""Faults under load between a start and a stop."""

_ERRORS: Final = ("EIO", "ENOSPC")
LONGEST: Final = 1_800.0
"""Seconds after which no other life begins."""

_WAIT: Final = 1.0
_SETTLING: Final = 1.0
"""Seconds until a call is made, and until what a failed sync was about is written again."""

# ``write`` is left out: it also wakes an event loop, which ends its process where it cannot
_FOLLOWED: Final = ("pwrite64", "fsync", "fdatasync")

INDEX: Final = f"{DATABASE}-shm"
SUBJECTS: Final = "subjects.keys"
JOURNAL: Final = f"{SUBJECTS}-journal"


@dataclass(frozen=True)
class Kind:
    """A call that may fail, up to the ``most``-th of a thread. Without ``files`` whichever file it is."""

    call: str
    files: tuple[str, ...] = ()
    most: int = 1

    def drawn(self, folder: Path, rng: random.Random) -> Fault:
        """One fault of this kind."""
        only = tuple(folder / name for name in self.files)
        return Fault(self.call, rng.choice(_ERRORS), rng.randint(1, self.most), only, _FOLLOWED)


UNDER_LOAD: Final = (
    Kind("pwrite64", (LOG,), 20),
    Kind("pwrite64", (DATABASE,), 8),
    Kind("pwrite64", (SUBJECTS, JOURNAL), 12),
    Kind("fdatasync", (LOG,), 3),
    Kind("fdatasync", (LOG,)),
    Kind("fdatasync", (DATABASE,)),
    Kind("fdatasync", (SUBJECTS,)),
    Kind("fdatasync", (JOURNAL,), 2),
    Kind("fdatasync", ("",)),
    Kind("fsync", (), 2),
    Kind("openat", (DATABASE, LOG, SUBJECTS), 2),
    Kind("openat", (JOURNAL,)),
    Kind("rename"),
    Kind("unlink"),
)
STARTING: Final = (
    Kind("pwrite64", (INDEX,), 8),
    Kind("ftruncate", (INDEX,)),
    Kind("mmap", (INDEX,)),
    Kind("openat", (DATABASE,)),
    Kind("openat", (LOG,)),
    Kind("openat", (INDEX,)),
    Kind("openat", (f"{DATABASE}.lock",)),
    Kind("pwrite64", (DATABASE, LOG), 4),
    Kind("unlink"),
)
STOPPING: Final = (
    Kind("pwrite64", (DATABASE,), 4),
    Kind("fdatasync", (DATABASE,)),
    Kind("fdatasync", (LOG,)),
    Kind("ftruncate", (DATABASE,)),
    Kind("unlink"),
)


@dataclass
class Tally:
    """What was seen. ``struck`` counts calls that failed by name, error and file; ``faults`` whatever was wrong."""

    tried: int = 0
    effective: int = 0
    lives: int = 0
    restarts: int = 0
    refused_starts: int = 0
    synced_again: int = 0
    moved_again: int = 0
    not_moved_again: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    by_file: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


def run(options: Options) -> Result:
    """Faults one after the other, until enough of them struck."""
    if (why := refusal(options.room)) is not None:
        return {"ok": False, "figures": {}, "note": why}
    installation = install("sqlite", options.room / "service", None)
    with installation.opened(checkpoints=True) as office:
        revoking = new_client(office.services, "revoker.example", [Scope.ISSUER_REVOKE]).key
        reporting = new_key(office.services, VENUE, [Scope.REPUTATION_EVENTS]).key
    enough, began = options.sized(*EFFECTIVE), time.monotonic()
    with ExitStack() as exits:
        nursery = exits.enter_context(Nursery(installation, options.room / "server.log"))
        nursery.start()
        ways = exits.enter_context(Ways.to(nursery.url, installation, options.room, connections=CLIENTS, retries=ONCE))
        crowd = Crowd(ways, revoking, reporting)
        pool = exits.enter_context(ThreadPoolExecutor(CLIENTS))
        exits.callback(crowd.stop)
        disk = _Disk(installation, options.room, nursery, crowd)
        while (
            disk.tally.effective < enough and disk.tally.tried < options.sized(*TRIED) and time.monotonic() < began + LONGEST
        ):
            disk.life(pool, options.sized(*LIFE))
        nursery.end()
    kept = reckon(installation, crowd.errands, crowd.notes)
    return _said(disk.tally, crowd, _counted(installation, crowd, kept), enough, time.monotonic() - began)


class _Disk:
    """The files of one installation under one server."""

    def __init__(self, installation: Installation, room: Path, nursery: Nursery, crowd: Crowd) -> None:
        self.tally = Tally()
        self._folder = Path(installation.values["data_dir"])
        self._room, self._nursery, self._crowd = room, nursery, crowd
        self._rng = random.Random(24)

    def life(self, pool: ThreadPoolExecutor, faults: int) -> None:
        """Faults under load, a look, a fault while the server stops (or SIGKILL), and one while another starts."""
        running = self._crowd.begin(pool)
        for _ in range(faults):
            self._under_load()
        self._crowd.rest(running)
        self._crowd.look()
        if self._rng.random() < 0.5:
            with self._fault(STOPPING, self._nursery.pids[1]) as injection:
                self._nursery.end()
            self._seen(injection)
        else:
            self._nursery.kill()
        with self._fault(STARTING, self._nursery.pids[0]) as injection:
            started = self._start()
        self._seen(injection)
        self.tally.refused_starts += not started
        if not started and not self._start():
            raise RuntimeError("the server does not start after a fault")
        self.tally.lives += 1

    def _under_load(self) -> None:
        with self._fault(UNDER_LOAD, self._nursery.pids[1]) as injection:
            if injection.wait(_WAIT):
                self._settled(injection)
        self._seen(injection)
        if self._crowd.stuck.is_set() or not self._nursery.lives():
            if self._nursery.lives():
                self._nursery.kill()
            else:
                self._nursery.end()
            if not self._start():
                raise RuntimeError("the server does not start after a fault")
            self._crowd.stuck.clear()
            self.tally.restarts += 1

    def _fault(self, kinds: Sequence[Kind], pid: int) -> AbstractContextManager[Injection]:
        self.tally.tried += 1
        fault = self._rng.choice(kinds).drawn(self._folder, self._rng)
        return injecting(pid, fault, self._room / f"strace-{self.tally.tried}")

    def _start(self) -> bool:
        try:
            self._nursery.start()
        except RuntimeError:
            self._nursery.end()
            return False
        return True

    def _settled(self, injection: Injection) -> None:
        """Waits until what a failed sync was about was written and synchronised again."""
        end = time.monotonic() + _SETTLING
        while unsettled(injection.calls(), self._folder) and time.monotonic() < end:
            time.sleep(0.02)

    def _seen(self, injection: Injection) -> None:
        calls = injection.calls()
        failed = struck(calls, self._folder)
        self.tally.effective += bool(failed)
        for call in failed:
            self.tally.struck[f"{call.call} {call.error}"] += 1
            self.tally.by_file[_file(call.path, self._folder)] += 1
        again, wrong = rewritten(calls, self._folder, LOG)
        self.tally.synced_again += again
        if wrong:
            self.tally.faults["kept on the strength of a sync of the log that failed"] += wrong
        again, wrong = rewritten(calls, self._folder, DATABASE)
        self.tally.moved_again += again
        self.tally.not_moved_again += wrong


def _file(path: str, folder: Path) -> str:
    """The file's name; one that is to take another one's place is that one."""
    name = str(Path(path).relative_to(folder))
    return "the folder" if name == "." else re.sub(r"^\.(.+)\.[^.]+$", r"\1", name)


def _counted(installation: Installation, crowd: Crowd, kept: Kept) -> Kept:
    """What the reckoning does not know of: revocations, conduct, and whether SQLite finds its files whole."""
    reported = {name for errand in crowd.errands if isinstance(errand, Report) and errand.finished for name in errand.ids}
    wanted = [errand for errand in crowd.errands if isinstance(errand, Revoke)]
    revoked = {errand.held.attestation_id for errand in wanted if errand.held is not None and errand.finished}
    with installation.opened(checkpoints=True) as office:
        rows = Counter(office.column("SELECT attestation_id FROM issuer_revocations"))
        kept.lost += len(revoked - rows.keys())
        kept.duplicated += rows.total() - len(revoked & rows.keys())
        events = int(office.count("reputation_events"))
        kept.lost += max(0, len(reported) - events)
        kept.duplicated += max(0, events - len(reported))
    folder = Path(installation.values["data_dir"])
    for name in (DATABASE, SUBJECTS):
        with closing(sqlite3.connect(folder / name)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        if said != ["ok"]:
            kept.faults[f"{name} is not whole: {said[0]}"] += 1
    return kept


def _said(tally: Tally, crowd: Crowd, kept: Kept, enough: int, seconds: float) -> Result:
    answers = crowd.answers
    wrong = tally.faults + answers.faults + kept.faults
    failed, lost = answers.failed.total(), kept.lost + answers.lost
    figures: dict[str, Mapping[str, Value]] = {
        "sqlite": {
            "effective": tally.effective,
            "tried": tally.tried,
            "lost": lost,
            "duplicated": kept.duplicated,
            "answers of 500": failed,
            "answers of 503": answers.unavailable.total(),
            "503 without Retry-After": answers.unannounced,
            "not answered": answers.broken_off.total(),
            "failed syncs of the log, followed": tally.synced_again,
            "of the database": tally.moved_again,
            "of these with pages left out": tally.not_moved_again,
            "lives": tally.lives,
            "restarts that were needed": tally.restarts,
            "starts that were refused": tally.refused_starts,
            "credentials": kept.credentials,
            "decisions": kept.decisions,
            "revocations": sum(isinstance(errand, Revoke) and errand.finished for errand in crowd.errands),
            "reports": sum(isinstance(errand, Report) and errand.finished for errand in crowd.errands),
            "checkpoints": kept.checkpoints,
            "seconds": seconds,
        },
        "calls that failed": dict(sorted(tally.struck.items())),
        "of which file": dict(sorted(tally.by_file.items())),
        "503 to": dict(sorted(answers.unavailable.items())),
    }
    if wrong or failed:
        figures["FAULTS"] = dict(wrong + answers.failed)
    sound = not (wrong or failed or lost or kept.duplicated or answers.unannounced)
    return {"ok": sound and tally.effective >= enough, "figures": figures}
