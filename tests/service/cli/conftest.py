"""Commands run in this process: in an empty folder, with nothing of the machine's own configuration."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from credence.circuits.encoding import b64u
from credence.sdk import HttpTransport, PresentationRequest, Verifier
from credence.service.app import create_app
from credence.service.cli import commands
from credence.service.clock import system_clock
from credence.service.demo.server import captured_logs, serving
from credence.service.sandbox.persons import LISTED_NAMES, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings

PASSPHRASE = "planted: correct horse battery"
ISSUER = "issuer.localhost"
VENUE = "venue.example"
AUDIENCE = f"verifier.localhost/{VENUE}"
POLICY: dict[str, Any] = {
    "name": "perp-standard",
    "version": 1,
    "credentials": {"person": {"schema": "credence/person/1", "issuers": [ISSUER]}},
    "all_of": [{"attribute": "kyc_level", "at_least": 2}, {"attribute": "expires_on", "at_least": "today"}],
    "disclose": [{"attribute": "risk_tier"}],
    "pseudonym": {"suffix": ""},
    "tariff": "perp-default",
}


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line that a command ends with where it failed."""
        lines = [line for line in self.err.splitlines() if line.startswith("credence: ")]
        assert len(lines) == 1, self.err
        assert self.err.splitlines()[-1] == lines[0]
        return lines[0]


Run = Callable[..., Outcome]


def run_command(*args: object, typed: str | None = None) -> Outcome:
    """Runs a command; no output ever holds a traceback, a colour or the planted passphrase."""
    with CliRunner().isolation(input=typed) as (out, err, _both):  # not invoke, which makes all commands anew
        with pytest.raises(SystemExit) as ended:
            commands().main([str(arg) for arg in args])
        sys.stdout.flush()
        sys.stderr.flush()
        outcome = Outcome(int(ended.value.code or 0), out.getvalue().decode(), err.getvalue().decode())
    both = outcome.out + outcome.err
    if "--debug" not in args:
        assert "Traceback" not in both, both
    assert "\x1b" not in both
    assert PASSPHRASE not in both
    return outcome


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, without the reader's own settings."""
    for name in os.environ:
        if name.startswith("CREDENCE_") or name == "COLUMNS":  # the width that a test runner sets for its workers
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    return run_command


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation as ``credence init`` makes it; never touched again."""
    folder = tmp_path_factory.mktemp("made") / "data"
    outcome = run_command("init", "--data-dir", folder)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def data(made: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that installation, named by the environment."""
    folder = room / "data"
    shutil.copytree(made, folder)
    monkeypatch.setenv("CREDENCE_DATA_DIR", str(folder))
    return folder


@dataclass(frozen=True)
class Service:
    """A running service over an installation of its own, and the files that people have."""

    url: str
    data: Path
    files: Path
    vendor: Vendor

    def evidence(self, person: Person) -> Path:
        """A file with the vendor's result for a person, another one each time."""
        path = self.files / f"evidence-{len(list(self.files.iterdir()))}.jws"
        path.write_text(self.vendor.issue_result(person, ISSUER, system_clock()) + "\n")
        return path

    @property
    def desk_key(self) -> Path:
        return self.files / "desk.key"

    @property
    def reviewer_keys(self) -> tuple[Path, Path]:
        return self.files / "first.key", self.files / "second.key"

    @property
    def venue_key(self) -> Path:
        return self.files / "venue.key"

    @property
    def document(self) -> Path:
        return self.files / "issuer.json"

    @property
    def log_key(self) -> str:
        return str(json.loads(self.document.read_text())["log_vkey"])

    def open_session(self, *, message: bytes = b"") -> PresentationRequest:
        """What the venue asks of a wallet."""
        with HttpTransport(self.url) as transport:
            venue = Verifier(transport, audience=AUDIENCE, api_key=self.venue_key.read_text().strip())
            return venue.open_session("perp-standard", volume_30d_usd=1_000_000, message=message).request


@pytest.fixture(scope="session")
def service(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(made, tmp_path_factory.mktemp("service")) as found:
        yield found


@contextmanager
def started(made: Path, folder: Path) -> Iterator[Service]:
    """A service over a copy of an installation, with its clients; for a test that changes what others look at."""
    files = folder / "files"
    files.mkdir()
    vendor = Vendor.create(os.urandom)
    shutil.copytree(made, folder / "data")
    settings = Settings.load(
        data_dir=folder / "data",
        ledger_interval_ms=60,
        vendor_keys=",".join(f"{name}={b64u(key)}" for name, key in vendor.vendor_keys.items()),
        screening_lists={"invented": LISTED_NAMES},
        standings=True,
    )
    with captured_logs(StringIO()), serving(create_app(settings)) as server:
        found = Service(server.url, folder / "data", files, vendor)
        _equip(found)
        yield found


def _equip(service: Service) -> None:
    where = ("--data-dir", service.data)
    enrolled = run_command("client", "register", VENUE, "--role", "venue", *where)
    assert enrolled.code == 0, enrolled.err
    for words, path, scopes in (
        (("add", "desk.example"), service.desk_key, "issuer:cases,issuer:review"),
        (("add", "first.example"), service.reviewer_keys[0], "issuer:review"),
        (("add", "second.example"), service.reviewer_keys[1], "issuer:review"),
        (("key", VENUE), service.venue_key, "verifier:policies,verifier:sessions"),
    ):
        given = run_command("client", *words, "--scope", scopes, *where)
        assert given.code == 0, given.err
        path.write_text(given.out)
    shown = run_command("issuer", "document", "--url", service.url)
    assert shown.code == 0, shown.err
    service.document.write_text(shown.out)
    policy = service.files / "policy.json"
    policy.write_text(json.dumps(POLICY))
    registered = run_command("verifier", "policy", "add", policy, "--url", service.url, "--api-key-file", service.venue_key)
    assert registered.code == 0, registered.err


@pytest.fixture
def policy_file(room: Path) -> Path:
    path = room / "policy.json"
    path.write_text(json.dumps(POLICY))
    return path
