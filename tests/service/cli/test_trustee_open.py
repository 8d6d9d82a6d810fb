"""Does ``credence trustee open --out`` hand the share in as well, and write nothing where it could not?"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.escrow.locking import Locked
from credence.circuits.warrant import Share
from credence.sdk.errors import Unreachable
from credence.service.cli import trustee_opening
from tests.service.cli.conftest import run_command

SHARE = Share(b"w" * 32, 2, Locked(b"p" * 48, b"s" * 32), b"g" * 64)


class Desk:
    """Stands for a trustee whose checks all hold, and for a service that takes its share, or does not."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder, self.handed, self.down = folder, list[Any](), False
        for name in ("warrant", "exhibit", "issuer", "verifier"):
            (folder / f"{name}.json").write_text("{}")
        patch.setattr(trustee_opening, "verifier_of", lambda _: SimpleNamespace(log_vkey="log"))
        patch.setattr(trustee_opening, "issuers_of", lambda _: [])
        patch.setattr(trustee_opening, "read_as", lambda *_: None)
        patch.setattr(trustee_opening, "open_trustee", lambda *_: None)
        patch.setattr(trustee_opening, "_following", lambda *_: SimpleNamespace(seen=None))
        patch.setattr("credence.sdk.trustee.open_handle", lambda *_, **__: SHARE)
        patch.setattr("credence.sdk.calls.perform", self._perform)

    def _perform(self, service: object, call: Any) -> int:
        del service
        if self.down:
            raise Unreachable
        self.handed.append(call.request)
        return len(self.handed)

    def open(self, out: Path) -> Any:
        files = ("--exhibit", "exhibit.json", "--issuer-document", "issuer.json", "--verifier-document", "verifier.json")
        given = [self.folder / each if each.endswith(".json") else each for each in files]
        known = ("--authority", f"authority.example={b64u(bytes(32))}", "--log-key", "log", "--folder", self.folder)
        where = ("--url", "http://127.0.0.1:9")
        return run_command("trustee", "open", self.folder / "warrant.json", *given, *known, *where, "--out", out)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    return Desk(monkeypatch, tmp_path)


def test_a_share_that_is_written_was_handed_in(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "share.json"
    outcome = desk.open(out)
    assert outcome.code == 0, outcome.err
    assert [request.path for request in desk.handed] == [f"/v1/auditor/warrants/{b64u(SHARE.warrant)}/shares"]
    assert "has handed in its share" in outcome.out
    assert json.loads(out.read_text()) == SHARE.to_json()


def test_a_share_that_could_not_be_handed_in_is_not_written(desk: Desk, tmp_path: Path) -> None:
    desk.down, out = True, tmp_path / "share.json"
    assert desk.open(out).code != 0
    assert not out.exists()
    desk.down = False
    assert desk.open(out).code == 0
