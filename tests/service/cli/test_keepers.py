"""Do the commands of keepers do what they say, for a person at a terminal?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from credence.circuits import curve as curves
from credence.circuits.leaf import ATTESTATION_LEAF
from credence.circuits.merkle import Tree
from credence.service.cli.opening import opened
from credence.service.clock import system_clock
from credence.service.issuer.records import IssuerOutbox
from credence.service.keys.door import Door
from credence.service.keys.keeper import keeping_of, master_of, open_keeper
from credence.service.keys.signer_log import FIRST, Record
from credence.service.ledger import post
from tests.service.cli.conftest import Run
from tests.service.cli.test_doctor import checks, failed


@pytest.fixture
def den() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ck") as folder:
        yield Path(folder)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    keeping, stop = keeping_of(folder), Event()
    drawn = {"curve": curves.load(), "rng": os.urandom, "clock": system_clock}
    answer, close = open_keeper(folder, keeping, master_of(folder, {}), **drawn)
    thread = Thread(target=Door(keeping.socket, answer, uids=keeping.uids).serve, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        close()


@pytest.mark.slow
def test_keys_are_split_off_and_the_doctor_knows(run: Run, data: Path, den: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for duty in ("signer", "tagger"):
        outcome = run("keys", "split", duty, str(den / duty), "--json")
        assert outcome.code == 0, outcome.err
        assert outcome.json["socket"] == str(den / duty / "run" / f"{duty}.sock")
    assert run("keys", "split", "signer", str(den / "again")).code == 3
    assert run("keys", "split", "judge", str(den / "judge")).code == 2
    assert failed(run("doctor", "--json")) == ["keyring"], "the settings do not say where the keys are"
    for duty in ("signer", "tagger"):
        monkeypatch.setenv(f"CREDENCE_{duty.upper()}_SOCKET", str(den / duty / "run" / f"{duty}.sock"))
    assert failed(run("doctor", "--json")) == ["signer", "tagger"]
    with at_work(den / "signer"), at_work(den / "tagger"):
        outcome = run("doctor", "--json")
        assert outcome.code == 0, outcome.out
        assert checks(outcome)["tagger"]["detail"] == "answers; counted 0"
        assert checks(outcome)["signer"]["detail"] == "answers; counted 0; waits to be shown the ledger"
        socket = den / "signer" / "run" / "signer.sock"
        for path, mode in ((socket, 0o666), (socket.parent, 0o755)):
            before = path.stat().st_mode
            path.chmod(mode)
            assert "others may reach" in checks(run("doctor", "--json"))["signer"]["detail"]
            path.chmod(before)
        assert run("doctor", "--json").code == 0
        outcome = run("keys", "complete", "--json")
        assert outcome.json == {"made": []}, "what moved away is not made anew"


def test_a_folder_is_its_own_dutys(run: Run, data: Path, den: Path) -> None:
    assert run("keys", "split", "tagger", str(den / "t")).code == 0
    outcome = run("keys", "signer", str(den / "t"))
    assert (outcome.code, "this folder is a tagger's" in outcome.err) == (1, True)
    assert run("keys", "signer", str(den / "nowhere")).code == 3


def test_an_audit_wants_a_log_and_says_what_it_finds(run: Run, data: Path, den: Path) -> None:
    assert run("keys", "audit-signer", str(den)).code == 3
    assert run("keys", "split", "signer", str(den / "s")).code == 0
    outcome = run("keys", "audit-signer", str(den / "s"), "--lag", "0", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json == {
        "ok": True, "signatures": 0, "logged": 0, "void": 0, "waiting": 0, "findings": []
    }  # fmt: skip
    (den / "s" / "signer.log").write_text("something\n")
    assert run("keys", "audit-signer", str(den / "s"), "--lag", "0").code == 3


def test_a_leaf_that_only_waits_is_a_finding(run: Run, data: Path, den: Path) -> None:
    assert run("keys", "split", "signer", str(den / "s")).code == 0
    leaf = bytes([7]) * 32
    with opened(data) as services:
        (den / "s" / "signer.log").write_bytes(Record(1, FIRST, "k1", leaf, bytes(32), 1, 0, Tree().root()).line() + b"\n")
        drawn = {"kind": ATTESTATION_LEAF, "leaf": leaf, "now": services.clock(), "rng": services.rng}
        services.store("issuer").run(lambda session: post(session, IssuerOutbox, **drawn))
        late = run("keys", "audit-signer", str(den / "s"), "--lag", "0", "--json")
        assert (late.code, late.json["ok"], late.json["waiting"]) == (1, False, 1)
        assert late.json["findings"] == [{"fault": "waiting", "number": 1, "leaf": leaf.hex()}]
        assert "still wait" in late.complaint
        services.ledger.sequence()
    assert run("keys", "audit-signer", str(den / "s"), "--lag", "0").code == 0
