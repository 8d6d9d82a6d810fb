"""Is a trustee's record what the trustee wrote, whoever else has its folder, and whenever its machine stopped?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.fields import canonical_json
from credence.sdk.errors import VaultTampered
from credence.sdk.refusals import OpeningError
from credence.sdk.trustee import Trustee
from credence.sdk.trustee.keeping import RECORD, VAULT
from credence.sdk.trustee.record import make_line
from credence.sdk.vault import SealParameters
from tests.conftest import SeededBytes

PASSPHRASE = "correct horse battery"
QUICK = SealParameters(iterations=1, lanes=1, memory_kib=8)
OPENED = {"at": 9, "outcome": "opened", "presentation": "p", "identity": "i"}

Again = Callable[[], Trustee]


@pytest.fixture
def trustee(tmp_path: Path, curve: Curve, rng: SeededBytes) -> Trustee:
    return Trustee.create(tmp_path / "1", "trustee 1", PASSPHRASE, curve=curve, rng=rng, parameters=QUICK)


@pytest.fixture
def again(trustee: Trustee, curve: Curve, rng: SeededBytes) -> Again:
    folder = trustee.keeping.folder
    return lambda: Trustee.open(folder, PASSPHRASE, curve=curve, rng=rng, least=QUICK)


@pytest.fixture
def path(trustee: Trustee) -> Path:
    """The record, of three lines."""
    for number in range(3):
        trustee.keeping.record({"at": number, "outcome": "refused"})
    return trustee.keeping.folder / RECORD


def times(trustee: Trustee) -> list[int]:
    return [entry["at"] for entry in trustee.keeping.entries()]


def forged(lines: list[bytes]) -> bytes:
    """A line that follows the last one, as somebody without the passphrase can make it."""
    return make_line(bytes(32), OPENED, hashlib.sha256(lines[-1]).digest())


def bare(lines: list[bytes]) -> bytes:
    return canonical_json({**OPENED, "before": b64u(hashlib.sha256(lines[-1]).digest())}) + b"\n"


def borrowed(lines: list[bytes]) -> bytes:
    """The same with the MAC of a true line."""
    line = {**OPENED, "before": b64u(hashlib.sha256(lines[-1]).digest()), "mac": json.loads(lines[-1])["mac"]}
    return canonical_json(line) + b"\n"


CHANGES: dict[str, Callable[[list[bytes]], bytes]] = {
    "cut": lambda lines: b"".join(lines[:2]),
    "cut to nothing": lambda _: b"",
    "cut in its last line": lambda lines: b"".join(lines)[:-1],
    "one taken out": lambda lines: lines[0] + lines[2],
    "reordered": lambda lines: lines[1] + lines[0] + lines[2],
    "altered": lambda lines: b"".join(lines).replace(b'"at":1', b'"at":7'),
    "altered, then cut": lambda lines: lines[0] + lines[1].replace(b'"at":1', b'"at":7'),
    "repeated": lambda lines: b"".join([*lines, lines[2]]),
    "forged": lambda lines: b"".join([*lines, forged(lines)]),
    "forged without a MAC": lambda lines: b"".join([*lines, bare(lines)]),
    "forged with another line's MAC": lambda lines: b"".join([*lines, borrowed(lines)]),
    "no line": lambda lines: b"".join([*lines, b"{}\n"]),
    "no object": lambda lines: b"".join([*lines, b"[1]\n"]),
    "no JSON": lambda lines: b"".join([*lines, b"\xff\n"]),
    "a MAC that is no text": lambda lines: b"".join([*lines, b'{"mac":1}\n']),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_record_that_somebody_changed_is_refused(how: str, path: Path, again: Again) -> None:
    whole = path.read_bytes()
    path.write_bytes(CHANGES[how](whole.splitlines(keepends=True)))
    with pytest.raises(VaultTampered, match="record"):
        again()
    path.write_bytes(whole)
    assert times(again()) == [0, 1, 2]


def test_part_of_a_line_is_taken_away_and_the_next_one_follows(path: Path, again: Again) -> None:
    whole = path.read_bytes()
    for torn in (b"{", whole.splitlines(keepends=True)[0][:-1], b"\xff"):
        path.write_bytes(whole + torn)
        assert times(again()) == [0, 1, 2]
        assert path.read_bytes() == whole
    opened = again()
    opened.keeping.record({"at": 3, "outcome": "refused"})
    assert times(again()) == [0, 1, 2, 3]


def test_part_of_a_first_line_is_taken_away(trustee: Trustee, again: Again) -> None:
    (trustee.keeping.folder / RECORD).write_bytes(b'{"at"')
    assert times(again()) == []


@pytest.mark.parametrize("torn", [b"", b"{"])
def test_a_line_that_was_written_before_the_machine_stopped_counts(
    trustee: Trustee, path: Path, again: Again, torn: bytes
) -> None:
    vault = path.with_name(VAULT)
    before = vault.read_bytes()
    trustee.keeping.record(OPENED, opened={"p": "i"})
    vault.write_bytes(before)
    path.write_bytes(path.read_bytes() + torn)
    opened = again()
    assert opened.kept.opened == {"p": "i"}
    opened.keeping.record({"at": 10, "outcome": "refused"})
    assert times(again()) == [0, 1, 2, 9, 10]


def test_a_vault_that_is_two_lines_older_is_refused(trustee: Trustee, path: Path, again: Again) -> None:
    vault = path.with_name(VAULT)
    before = vault.read_bytes()
    for number in (3, 4):
        trustee.keeping.record({"at": number, "outcome": "refused"})
    vault.write_bytes(before)
    with pytest.raises(VaultTampered, match="record"):
        again()


def test_a_disk_that_takes_half_a_line_does_not_spoil_the_next(
    trustee: Trustee, path: Path, again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(where: Path, line: bytes) -> None:
        where.write_bytes(where.read_bytes() + line[: len(line) // 2])
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("credence.sdk.trustee.keeping.append", half)
        with pytest.raises(OpeningError, match="cannot be written"):
            trustee.keeping.record(OPENED, opened={"p": "i"})
    assert trustee.kept.opened == {}
    trustee.keeping.record({"at": 3, "outcome": "refused"})
    assert times(again()) == [0, 1, 2, 3]
