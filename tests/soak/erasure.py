"""Is somebody who was erased gone: from the databases, their logs, every backup, what was printed, and the keys?

The forty planted strings go through enrolment, review, comments, a vendor's messages, presentation and conduct of a real
``credence serve``. All that it seals of them is what the references to them are: whoever has the keys opens it, and that is
the control, before. Then their time has come, and the same search opens nothing of them: in the databases, and in the backup
that was made before. One person is under a legal hold, and stays.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest.mock import patch

import httpx2
from sqlmodel import select

from credence.service.app import PARTIES, open_services, tables
from credence.service.app.erasures import erasures
from credence.service.auth import Scope
from credence.service.clock import system_clock
from credence.service.forgetting import Kind as KeyKind
from credence.service.issuer.inbox.records import IssuerVendorResult
from credence.service.issuer.retention import erasing
from credence.service.issuer.sealing import KEYS, RESULTS, result_references
from credence.service.runtime import Services
from credence.service.sandbox.clients import new_client
from credence.service.store import Store
from credence.service.store.backup import read_backup, restore
from tests.service.adapters import vendors
from tests.service.needles import Search, needles
from tests.service.postgres import Postgres
from tests.soak.collector import collecting
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, SQLITE, VENUE, Installation, Kind, install, servers
from tests.soak.opening import Opened, opened_of, pseudonyms_of
from tests.soak.planted import APPLICANTS, STRINGS
from tests.soak.planted_strings import Left, _files, _keep_database, _screening, _unzipped, _wal_file
from tests.soak.planting import Planter
from tests.soak.scene import Scene
from tests.soak.serving import free_port, serving

TARGET: Final = "40 planted strings and what refers to them: 0 found after erasure, in older backups too"
LIMIT: Final = 600

HELD: Final = "stays-under-a-hold-8841"
"""What a colleague wrote about the one who stays."""

_YEARS: Final = 4 * 365 * 86_400
_REFERENCES: Final = tuple(f"vendor-number-{number:02}-{secrets.token_hex(6)}" for number in range(len(STRINGS)))


@dataclass
class Seen:
    """What one installation came to."""

    figures: dict[str, Value] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def expect(self, name: str, found: int, wanted: int) -> None:
        """Notes a number, and a fault where it is not what it has to be."""
        self.figures[name] = found
        if found != wanted:
            self.faults.append(f"{name}: {found} and not {wanted}")


def run(options: Options) -> Result:
    """Both databases; one, where it only has to be shown that the figure works."""
    figures: dict[str, dict[str, Value]] = {}
    faults: list[str] = []
    kinds = options.sized(KINDS, SQLITE)
    with servers(kinds) as server:
        for kind in kinds:
            seen = Seen()
            _erased(kind, options.room / kind, server, seen)
            figures[kind] = seen.figures
            faults += [f"{kind}: {fault}" for fault in seen.faults]
    return {"ok": not faults, "figures": {"strings": len(STRINGS), **figures}, "note": "; ".join(faults)}


def _erased(kind: Kind, folder: Path, server: Postgres | None, seen: Seen) -> None:
    left, more = Left(), _told(folder)
    first_wal = _wal_file(server) if kind == "postgresql" else ""
    with collecting() as collector:
        port = free_port()
        installation = install(kind, folder, server, otlp_endpoint=collector.url, metrics_port=str(port), **more)
        printed = folder / "printed.log"
        with serving(installation, printed) as running:
            held = _live(installation, running.url)
            left.add("metrics", httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).content)
            _command(installation, "db", "backup", str(folder / "before"))
            _command(installation, "db", "backup-keys", str(folder / "keys"))
        left.add("spans", *collector.received)
    with _services(installation) as services:
        before = opened_of(services.store("issuer"), services.keeping)
        people = pseudonyms_of(services.store("verifier"))
        _conduct(services, people)
        seen.figures |= {"sealed": before.count, "keys": services.keeping.keys.count()}
        _controls(before, held, seen)
        salts = before.salts - before.salts_of[held]
    with _services(installation, later=_YEARS) as services:
        for chore in erasures(services):
            seen.figures[chore.name.replace("-", "_")] = chore.run()
        _search(installation, services, before, held, folder, server, seen)
        seen.expect("conduct left", _rows(services, "reputation_events"), 0)
        seen.expect("came back and opens", _comes_back(services), 1)
        services.ledger.verify()
    _command(installation, "ledger", "verify")
    _command(installation, "db", "backup", str(folder / "after"))
    _keep_database(installation, server, first_wal, left)
    left.add("printed", printed.read_bytes())
    for name in ("before", "after"):
        left.add(f"backup {name}", *_unzipped(folder / name))
    left.add("files", *_files(installation.settings.data_dir))
    raw = Search(needles((*STRINGS, *_REFERENCES)) | salts)
    seen.expect("found", len(left.holding(raw)), 0)
    seen.figures |= {"places": len(left.places), "searched_mb": left.size / 1e6}
    if b"issuer_cases" not in left.places["backup before"] and kind == "sqlite":
        seen.faults.append("the search does not find what belongs in a backup")


def _told(folder: Path) -> dict[str, str]:
    """What the installation is told: a list outside of what is searched, a vendor that sends messages, the finest log."""
    listed, accounts = folder.with_suffix(".json"), folder.with_suffix(".accounts.json")
    listed.write_text(json.dumps(_screening()), encoding="utf-8")
    written = vendors.written_accounts(accounts, "https://api.example", ["onfido"])
    return {"screening_lists": f"own={listed}", "vendor_accounts": str(written), "log_level": "debug"}


def _live(installation: Installation, url: str) -> str:
    """Everybody's whole way, a comment for each string, a vendor's message for each number; the case that is put on hold."""
    with installation.opened() as office:
        names = ("reviewer.example", "second.example")
        keys = [new_client(office.services, name, [Scope.ISSUER_REVIEW]).key for name in names]
    planter = Planter(url, installation, *keys)
    planter.accepted()
    cases = _cases(installation)
    assert len(cases) == len(APPLICANTS), cases
    held, others = cases[0], cases[1:]
    for number, text in enumerate(STRINGS):
        _written(planter, others[number % len(others)], text)
    _written(planter, held, HELD)
    assert planter.send("POST", f"/v1/issuer/cases/{held}/hold", keys[0], json={"reason": "audit"}).status_code == 200
    for reference in _REFERENCES:
        body = vendors.message("onfido", reference=reference)
        named = {"content-type": "application/json", **vendors.signature("onfido", body)}
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        answer = planter.send("POST", "/v1/issuer/vendors/onfido/webhook", content=body, headers=headers)
        assert answer.json() == {"new": True}, answer.text
    time.sleep(1)  # the log takes what was accepted
    planter.close()
    return held


def _written(planter: Planter, case_id: str, text: str) -> None:
    made = planter.send("POST", f"/v1/issuer/cases/{case_id}/comments", planter.reviewer_key, json={"comment": text})
    assert made.status_code == 201, made.text


def _conduct(services: Services, people: list[str]) -> None:
    opening = PARTIES["reputation"].opening
    assert opening is not None
    desk, now = opening(services), services.clock()
    lines = [
        {"id": f"vote-{number}", "kind": "vote", "pseudonym": who, "at": now - 60, "source": "engine"}
        for number, who in enumerate(people)
    ]
    found = desk.report(VENUE, lines)  # type: ignore[attr-defined]
    assert {line.outcome.value for line in found} == {"accepted"}, found


def _controls(before: Opened, held: str, seen: Seen) -> None:
    """With the keys, everything that is planted is found by opening what is kept."""
    seen.expect("strings opened before", sum(text.encode() in before.contents for text in STRINGS), len(STRINGS))
    seen.expect("numbers opened before", sum(text.encode() in before.contents for text in _REFERENCES), len(_REFERENCES))
    if HELD.encode() not in before.contents or held not in before.salts_of:
        seen.faults.append("what is held was not opened before")


def _search(
    installation: Installation,
    services: Services,
    before: Opened,
    held: str,
    folder: Path,
    server: Postgres | None,
    seen: Seen,
) -> None:
    """What is opened now with the keys that are left: out of the databases, and out of the backup that was made before."""
    gone = {text.encode() for text in (*STRINGS, *_REFERENCES)} | (before.salts - before.salts_of[held])
    places = {"databases": services.store("issuer")}
    url = server.create() if installation.kind == "postgresql" and server else f"sqlite:///{folder / 'restored.sqlite3'}"
    backup = read_backup(folder / "before")
    places["older backup"] = store = Store(url)
    restore(backup, [(store, list(backup.copies[0].owners))], tables())
    for name, place in places.items():
        found = opened_of(place, services.keeping)
        seen.expect(f"opened in {name}", len(gone & found.contents), 0)
        kept = HELD.encode() in found.contents and found.salts_of.get(held) == before.salts_of[held]
        seen.expect(f"held in {name}", int(kept), 1)
    store.close()
    seen.expect("keys left", services.keeping.keys.count(), 1)
    there = services.keeping.keys.find_all(before.key_ids)
    file = b"".join(path.read_bytes() for path in _key_files(installation))
    seen.expect("keys in the store's file", sum(key in file for key in before.key_ids - set(there)), 0)
    if not all(key in file for key in there):
        seen.faults.append("the search does not find a key that is there")


def _comes_back(services: Services) -> int:
    """Somebody is erased by a process that stops before it destroys the key, comes again, and the next process goes on: how
    much of what came again can be opened."""
    store, keeping, now, name = services.store("issuer"), services.keeping, services.clock(), "comes-back"

    def told(until: int) -> None:
        key = KEYS.obtain(store, keeping.keys, KeyKind.REFERENCE, name.encode(), now=now)
        row = IssuerVendorResult(vendor=name, reference=name, standing="approved", updated_at=now, subject_key=key.key_id)
        row.sealed = key.seal_text(RESULTS, "sealed", f"{name}/{name}", name)
        row.retain_until, row.legal_basis = until, "legitimate-interest"
        with store.transaction() as session:
            KEYS.claim(session, key.key_id)
            session.add(row)

    told(now)
    with patch.object(erasing, "finish", lambda *_: 0):
        assert erasing.purge_results(store, keeping, now=now, limit=10)["keys"] == 1
    told(now + 1)
    erasing.finish(store, keeping)
    with store.reading() as session:
        rows = [row for row in session.exec(select(IssuerVendorResult)).all() if row.vendor == name]
    return sum(found == name for found in result_references(keeping, rows))


def _key_files(installation: Installation) -> list[Path]:
    return sorted(installation.settings.data_dir.glob("subjects.keys*"))


def _cases(installation: Installation) -> list[str]:
    with _services(installation) as services, services.store("issuer").reading() as session:
        return [
            str(name) for name in session.connection().exec_driver_sql("SELECT id FROM issuer_cases ORDER BY id").scalars()
        ]


def _rows(services: Services, table: str) -> int:
    with services.store("issuer").reading() as session:
        return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def _command(installation: Installation, *words: str) -> None:
    outcome = Scene(installation, None).command(*words)  # type: ignore[arg-type]
    assert outcome.exit_code == 0, outcome.stderr


def _services(installation: Installation, later: int = 0) -> _Opened:
    return _Opened(installation, later)


class _Opened:
    """The installation's services in this process, whose clock is ``later`` by so many seconds."""

    def __init__(self, installation: Installation, later: int) -> None:
        self._installation, self._later = installation, later

    def __enter__(self) -> Services:
        self._services = open_services(
            self._installation.settings,
            clock=lambda: system_clock() + self._later,
            rng=secrets.token_bytes,
            checkpoints=False,
        )
        return self._services

    def __exit__(self, *_: object) -> None:
        for store in dict.fromkeys([*self._services.stores.values(), self._services.keeping.keys.store]):
            store.close()
