"""Is a signer's log that was cut, altered, put back or shared found out before another signature is made?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from credence.service.keys import KeyringRefused
from credence.service.keys.signer_log import Record, SignerLog, read_log
from credence.service.keys.tally import Tally
from tests.service.keys.conftest import Keeper


@pytest.fixture
def used(signer: Keeper) -> Keeper:
    """A signer that has signed three times."""
    with signer.opened() as answer:
        signer.follow(answer, 2)
        for number in (1, 2, 3):
            answer("sign", signer.order(number).to_json())
    return signer


def log_of(keeper: Keeper) -> Path:
    return keeper.folder / "signer.log"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _altered(path: Path) -> None:
    found = lines(path)
    path.write_bytes(found[0] + found[1].replace(b'"number":2', b'"number":2 ') + found[2])


def _another_leaf(path: Path) -> None:
    found = lines(path)
    record = json.loads(found[2])
    record["leaf"] = "00" * 32
    path.write_bytes(found[0] + found[1] + json.dumps(record, separators=(",", ":"), sort_keys=True).encode() + b"\n")


def _chained_anew(path: Path) -> None:
    """Whoever can compute the chain anew cannot compute the tally anew."""
    first, second, third = read_log(path)
    changed = Record(**{**vars(second), "leaf": bytes(32)})
    last = Record(**{**vars(third), "previous": changed.digest()})
    path.write_bytes(b"".join(record.line() + b"\n" for record in (first, changed, last)))


SPOILED: dict[str, Callable[[Path], object]] = {
    "the last record cut": lambda path: path.write_bytes(b"".join(lines(path)[:2])),
    "half of the last record cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "the first record cut": lambda path: path.write_bytes(b"".join(lines(path)[1:])),
    "two records exchanged": lambda path: path.write_bytes(b"".join(lines(path)[index] for index in (0, 2, 1))),
    "a record twice": lambda path: path.write_bytes(path.read_bytes() + lines(path)[2]),
    "a byte altered": _altered,
    "a leaf altered": _another_leaf,
    "a leaf altered and the chain made anew": _chained_anew,
    "nothing left": lambda path: path.write_bytes(b""),
    "no file": lambda path: path.unlink(),
    "a line without end": lambda path: path.write_bytes(path.read_bytes() + b"x" * 4_096),
}


def test_a_spoiled_log_is_refused(used: Keeper) -> None:
    good = log_of(used).read_bytes()
    for name, spoil in SPOILED.items():
        with used.opened() as answer:  # the accepted twin
            assert answer("hello", {})["count"] == 3
        spoil(log_of(used))
        try:
            with used.opened():
                pytest.fail(f"{name}: it started")
        except KeyringRefused:
            log_of(used).write_bytes(good)
            log_of(used).chmod(0o600)


def test_a_tally_is_its_keepers_own(used: Keeper) -> None:
    path = used.folder / "tally.json"
    good = path.read_text()
    for wrong in (good.replace('"count":3', '"count":2'), good.replace('"in_minute":3', '"in_minute":0'), "{}", ""):
        path.write_text(wrong)
        with pytest.raises(KeyringRefused), used.opened():
            pass
    path.write_text(good)
    with used.opened() as answer:
        assert answer("hello", {})["count"] == 3


def test_an_older_tally_does_not_count_again(used: Keeper) -> None:
    """A tally and a log that were put back one without the other are refused, whichever it is."""
    path, log = used.folder / "tally.json", log_of(used)
    older = {file.name: file.read_bytes() for file in (path, log)}
    with used.opened() as answer:
        used.follow(answer)
        for number in (4, 5):
            answer("sign", used.order(number).to_json())
    newer = {file.name: file.read_bytes() for file in (path, log)}
    for file in (path, log):
        file.write_bytes(older[file.name])
        with pytest.raises(KeyringRefused), used.opened():
            pass
        file.write_bytes(newer[file.name])
    with used.opened() as answer:
        assert answer("hello", {})["count"] == 5


def test_what_was_appended_and_not_counted_is_counted(used: Keeper) -> None:
    """As a process leaves it that is killed between the two: no signature had left."""
    before = (used.folder / "tally.json").read_bytes()
    with used.opened() as answer:
        used.follow(answer)
        shown = (used.folder / "tally.json").read_bytes()
        signature = answer("sign", used.order(4).to_json())["signature"]
    (used.folder / "tally.json").write_bytes(shown)
    with used.opened() as answer:
        assert answer("hello", {})["count"] == 4
        assert answer("sign", used.order(4).to_json()) == {"signature": signature, "count": 4}
    assert before != shown


@pytest.mark.parametrize("kept", [1, 100, -1])
def test_part_of_a_record_is_taken_away(used: Keeper, kept: int) -> None:
    """As a process leaves it that is killed within the write."""
    whole = log_of(used).read_bytes()
    log_of(used).write_bytes(whole + lines(log_of(used))[2][:kept])
    with used.opened() as answer:
        assert answer("hello", {})["count"] == 3
        assert answer("sign", used.order(4).to_json())["count"] == 4
    assert log_of(used).read_bytes().startswith(whole)
    assert len(read_log(log_of(used))) == 4


def test_two_signers_do_not_write_one_log(used: Keeper) -> None:
    with used.opened(), pytest.raises(KeyringRefused, match="another signer"), used.opened():
        pass
    with used.opened() as answer:
        assert answer("hello", {})["count"] == 3


def test_another_log_is_not_this_keepers(used: Keeper, tmp_path: Path) -> None:
    shutil.copy(log_of(used), tmp_path / "copy.log")
    assert read_log(tmp_path / "copy.log") == read_log(log_of(used))
    log = SignerLog(tmp_path / "copy.log")
    with pytest.raises(KeyringRefused):
        log.recover(Tally())
    log.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from credence.circuits import curve as curves
from credence.service.keys import signer_log, tally
from credence.service.keys.keeper import keeping_of, master_of, open_keeper
import json
folder, when = Path(sys.argv[1]), sys.argv[2]
if when == "after append":
    append = signer_log.SignerLog.append
    def died(self, record):
        append(self, record)
        os.kill(os.getpid(), signal.SIGKILL)
    signer_log.SignerLog.append = died
else:
    write = tally.TallyFile.write
    def died(self, counted, **more):
        write(self, counted, **more)
        if counted.count > int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    tally.TallyFile.write = died
answer, close = open_keeper(folder, keeping_of(folder), master_of(folder, {}), curve=curves.load(), rng=os.urandom,
                            clock=lambda: int(sys.argv[4]))
answer("sign", json.load(sys.stdin))
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["after append", "after count"])
def test_killed_before_the_answer_it_answers_the_repeat(used: Keeper, when: str) -> None:
    with used.opened() as answer:
        used.follow(answer)
    order = used.order(4).to_json()
    command = [sys.executable, "-c", KILLED, str(used.folder), when, "3", str(used.clock())]
    ended = subprocess.run(
        command, input=json.dumps(order).encode(), capture_output=True, timeout=60, check=False, env=os.environ
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with used.opened() as answer:
        assert answer("hello", {})["count"] == 4
        assert answer("sign", order)["count"] == 4
    assert len(read_log(log_of(used))) == 4
