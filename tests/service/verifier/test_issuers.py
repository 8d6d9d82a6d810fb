"""Does the verifier believe exactly the issuers that its operator names, by the keys that they publish now?"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.wire import IssuerDocument
from credence.service.errors import Misconfigured
from credence.service.verifier.issuers import IssuerFiles
from tests.circuits.journey import ISSUER, World
from tests.service.verifier.conftest import Venue


def write(path: Path, document: IssuerDocument | dict[str, Any] | str) -> None:
    value = document.to_json() if isinstance(document, IssuerDocument) else document
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    # two writes within the clock's grain would look alike
    before = path.stat().st_mtime_ns
    os.utime(path, ns=(before, before + 1_000_000))


def test_a_document_is_read(issuer_file: Path, world: World) -> None:
    files = IssuerFiles({ISSUER: issuer_file})
    assert files() == files() == (world.document,)
    assert IssuerFiles({})() == ()


def test_a_new_key_is_believed_at_once(issuer_file: Path, world: World) -> None:
    files = IssuerFiles({ISSUER: issuer_file})
    key = replace(world.document.keys[0], key_id="k2", public_key=(world.curve.BP2 * 2).to_bytes())
    write(issuer_file, replace(world.document, keys=(*world.document.keys, key)))
    assert [key.key_id for key in files()[0].keys] == ["k1", "k2"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": 1, "type": 2}', "\ufeff{}"])
def test_what_becomes_unreadable_is_believed_no_longer(issuer_file: Path, world: World, text: str) -> None:
    files = IssuerFiles({ISSUER: issuer_file})
    write(issuer_file, text)
    assert files() == ()
    write(issuer_file, world.document)
    assert files() == (world.document,)


def test_a_file_that_goes_takes_its_issuer_along(issuer_file: Path) -> None:
    files = IssuerFiles({ISSUER: issuer_file})
    issuer_file.unlink()
    assert files() == ()


def test_a_wrong_file_stops_the_start(issuer_file: Path, world: World) -> None:
    with pytest.raises(Misconfigured, match="another issuer's"):
        IssuerFiles({"other.example": issuer_file})
    with pytest.raises(Misconfigured, match="cannot be read"):
        IssuerFiles({ISSUER: issuer_file.parent / "nowhere.json"})
    write(issuer_file, {**world.document.to_json(), "surprise": 1})
    with pytest.raises(Misconfigured, match="unknown key"):
        IssuerFiles({ISSUER: issuer_file})
    issuer_file.write_text(" " * 70_000)
    with pytest.raises(Misconfigured, match="too large"):
        IssuerFiles({ISSUER: issuer_file})


def test_a_withdrawn_key_is_refused_at_the_next_presentation(venue: Venue, issuer_file: Path) -> None:
    assert venue.admitted()["decision"] == "accepted"
    other = replace(venue.world.document.keys[0], key_id="k2")
    write(issuer_file, replace(venue.world.document, keys=(other,)))
    request = venue.open()
    denied = venue.answer(request.session_id, venue.prove(request)).json()
    assert (denied["decision"], denied["reason"]) == ("denied", "not_accepted")
    write(issuer_file, venue.world.document)
    assert venue.answer(request.session_id, venue.prove(request)).json()["decision"] == "accepted"
