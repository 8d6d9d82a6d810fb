"""Does the command find what was done to a log, and prove what is in it?"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.note import NoteSigner
from credence.service.cli.opening import opened
from credence.service.issuer.keepers import signer_of
from credence.service.issuer.publication import issuer_document
from credence.service.issuer.records import IssuerOutbox
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.ledger import post
from tests.service.cli.conftest import Outcome, Run, Service

LEAVES = [bytes([number]) * 32 for number in range(1, 7)]


@pytest.fixture(scope="module")
def grown(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose log has six entries under two checkpoints."""
    folder = tmp_path_factory.mktemp("grown") / "data"
    shutil.copytree(made, folder)
    with opened(folder) as services:
        for part in (LEAVES[:4], LEAVES[4:]):
            for second, leaf in enumerate(part):
                with services.store("issuer").transaction() as session:
                    post(session, IssuerOutbox, kind="test", leaf=leaf, now=services.clock() + second, rng=os.urandom)
            services.ledger.sequence()
    return folder


@pytest.fixture
def log(grown: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = room / "data"
    shutil.copytree(grown, folder)
    monkeypatch.setenv("CREDENCE_DATA_DIR", str(folder))
    return folder


def spoil(log: Path, *statements: str) -> None:
    with sqlite3.connect(log / "credence.sqlite3") as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def damage(outcome: Outcome) -> set[tuple[str, int]]:
    assert outcome.code == 1
    assert outcome.json["ok"] is False
    assert all(set(finding) == {"fault", "index", "detail"} for finding in outcome.json["findings"])
    assert "contradicts itself" in outcome.complaint
    return {(finding["fault"], finding["index"]) for finding in outcome.json["findings"]}


def test_a_log_in_order(run: Run, log: Path) -> None:
    outcome = run("ledger", "verify", "--json")
    assert outcome.code == 0
    found = outcome.json
    assert (found["ok"], found["entries"], found["checkpoints"], found["findings"]) == (True, 6, 2, [])
    assert (found["unpublished"], found["waiting"], found["unattributed"], found["seen"]) == (0, 0, 0, 0)
    words = run("ledger", "verify")
    assert words.code == 0
    assert "--seen" in words.err


def test_a_tampered_entry(run: Run, log: Path) -> None:
    spoil(log, 'UPDATE ledger_entries SET leaf = zeroblob(32) WHERE "index" = 2')
    assert ("tampered", 2) in damage(run("ledger", "verify", "--json"))


def test_a_dropped_entry(run: Run, log: Path) -> None:
    spoil(log, 'DELETE FROM ledger_entries WHERE "index" = 3')
    assert ("dropped", 3) in damage(run("ledger", "verify", "--json"))


def test_entries_that_changed_places(run: Run, log: Path) -> None:
    spoil(
        log,
        'UPDATE ledger_entries SET "index" = 100 WHERE "index" = 1',
        'UPDATE ledger_entries SET "index" = 1 WHERE "index" = 2',
        'UPDATE ledger_entries SET "index" = 2 WHERE "index" = 100',
    )
    found = damage(run("ledger", "verify", "--json"))
    assert {("reordered", 1), ("reordered", 2)} <= found


def test_damage_in_words(run: Run, log: Path) -> None:
    spoil(log, 'DELETE FROM ledger_entries WHERE "index" = 3')
    outcome = run("ledger", "verify")
    assert outcome.code == 1
    assert "dropped at 3: " in outcome.out


REWRITTEN = (
    'DELETE FROM ledger_entries WHERE "index" >= 4',
    "DELETE FROM ledger_checkpoints WHERE size > 4",
    "DELETE FROM issuer_outbox WHERE entry_index >= 4",
)


def test_a_log_that_was_cut_off_whole_is_found_by_a_checkpoint_kept_elsewhere(run: Run, log: Path, room: Path) -> None:
    (room / "seen").write_text(run("ledger", "checkpoint").out)
    kept = run("ledger", "verify", "--seen", room / "seen", "--json")
    assert (kept.code, kept.json["seen"]) == (0, 1)
    spoil(log, *REWRITTEN)
    assert run("ledger", "verify").code == 0
    assert ("rolled back", 6) in damage(run("ledger", "verify", "--seen", room / "seen", "--json"))


def test_a_checkpoint_of_another_log(run: Run, log: Path, room: Path) -> None:
    (room / "seen").write_text(run("ledger", "checkpoint").out.replace("6\n", "7\n", 1))
    outcome = run("ledger", "verify", "--seen", room / "seen")
    assert outcome.code == 1
    (room / "seen").write_text("no note")
    malformed = run("ledger", "verify", "--seen", room / "seen")
    assert malformed.code == 2
    assert "--seen" in malformed.complaint


def test_checkpoint(run: Run, log: Path) -> None:
    outcome = run("ledger", "checkpoint", "--json")
    assert outcome.code == 0
    assert set(outcome.json) == {"origin", "size", "root", "note"}
    assert outcome.json["size"] == 6
    assert run("ledger", "checkpoint").out == outcome.json["note"]


def test_a_log_without_a_checkpoint(run: Run, data: Path) -> None:
    outcome = run("ledger", "checkpoint")
    assert outcome.code == 1
    assert "no checkpoint yet" in outcome.complaint


def test_a_proof(run: Run, log: Path) -> None:
    outcome = run("ledger", "prove", LEAVES[2].hex(), "--json")
    assert outcome.code == 0
    assert set(outcome.json) == {"leaf", "index", "size", "root", "proof", "checkpoint"}
    assert (outcome.json["index"], outcome.json["size"]) == (2, 6)
    words = run("ledger", "prove", LEAVES[2].hex())
    assert all(digest in words.out for digest in outcome.json["proof"])


def test_a_leaf_that_is_not_there(run: Run, log: Path) -> None:
    outcome = run("ledger", "prove", "ff" * 32, "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert "no such leaf" in outcome.complaint


def test_over_http(run: Run, service: Service, room: Path) -> None:
    where = ("--url", service.url, "--log-key", service.log_key)
    shown = run("ledger", "checkpoint", *where, "--json")
    assert shown.code == 0
    with opened(service.data) as services:
        leaf = services.ledger.entries(0, 1)[0].leaf
    proven = run("ledger", "prove", leaf.hex(), *where, "--json")
    assert proven.code == 0
    assert proven.json["index"] == 0
    other = run("ledger", "checkpoint", "--url", service.url, "--log-key", "nonsense")
    assert other.code == 2
    without = run("ledger", "checkpoint", "--url", service.url)
    assert without.code == 2
    assert "--log-key" in without.complaint


def test_a_log_that_signs_with_another_key(run: Run, service: Service) -> None:
    stranger = NoteSigner("log.localhost/credence", Ed25519PrivateKey.from_private_bytes(bytes(32))).vkey
    outcome = run("ledger", "checkpoint", "--url", service.url, "--log-key", stranger)
    assert (outcome.code, outcome.out) == (1, "")
    assert "no known signer" in outcome.complaint


@pytest.mark.parametrize("arguments", [(), ("abc",), ("zz" * 32,), ("aa" * 32, "--receipt", "receipt.json")])
def test_bad_usage_of_prove(arguments: tuple[str, ...], run: Run, log: Path) -> None:
    outcome = run("ledger", "prove", *arguments)
    assert outcome.code == 2


def test_a_receipt_that_is_none(run: Run, log: Path, room: Path) -> None:
    (room / "receipt.json").write_text('{"receipt": {}}')
    outcome = run("ledger", "prove", "--receipt", room / "receipt.json")
    assert outcome.code == 2
    assert "receipt" in outcome.complaint


def test_two_documents_of_an_issuer_are_compared(run: Run, data: Path, room: Path) -> None:
    assert run("keys", "rotate", "issuer-bbs").code == 0
    with opened(data) as services:
        document = issuer_document(
            services, signer_of(services), AccumulatorKeys(services.keyring, services.curve, os.urandom)
        )
    first = replace(document, keys=document.keys[1:])
    stories = {
        "first": first,
        "second": replace(document, previous=(first.digest(),)),
        "aside": replace(first, schemas=(*first.schemas, "credence/standing/1"), previous=(first.digest(),)),
        "other": replace(first, issuer="other.example"),
    }
    for name, story in stories.items():
        (room / name).write_text(json.dumps(story.to_json()))
    for pair, code in {("first", "second"): 0, ("first", "first"): 0, ("second", "aside"): 1, ("first", "other"): 2}.items():
        outcome = run("ledger", "compare-documents", *(str(room / name) for name in pair), "--json")
        assert outcome.code == code, pair
    assert "fork" in run("ledger", "compare-documents", str(room / "aside"), str(room / "second")).complaint
