"""Is a sync that failed told from one whose pages were written again, in what strace writes?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.injection import Seen, read, struck
from tests.soak.synchronised import rewritten, unsettled

FOLDER = Path("/data")
LOG, DATABASE = "/data/credence.sqlite3-wal", "/data/credence.sqlite3"
FAILED = "-1 EIO (Input/output error) (INJECTED)"


def record(*lines: str) -> list[Seen]:
    return read("".join(f"{line}\n" for line in lines))


def write(path: str, offset: int) -> str:
    return f'7  pwrite64(5<{path}>, ""..., 4096, {offset})   = 4096'


def sync(path: str, ended: str = "0") -> str:
    return f"7  fdatasync(5<{path}>) = {ended}"


@pytest.mark.parametrize(
    ("path", "again", "seen"),
    [
        (LOG, [32, 4152], (1, 0)),
        (LOG, [32], (1, 0)),  # a shorter transaction in the failed one's place
        (LOG, [0, 32], (1, 0)),  # the log from its beginning
        (LOG, [4152], (1, 1)),
        (DATABASE, [4152, 8192, 32], (1, 0)),
        (DATABASE, [32], (1, 1)),
        (DATABASE, [], (1, 1)),
        (LOG, [], (0, 0)),  # a checkpoint syncs the log: nothing hangs on it
    ],
)
def test_what_failed_is_written_again_before_the_next_sync(path: str, again: list[int], seen: tuple[int, int]) -> None:
    kept = [write(path, 0), write(path, 12_288), sync(path)]
    failed = [write(path, 32), write(path, 4152), sync(path, FAILED)]
    calls = record(*kept, *failed, *(write(path, offset) for offset in again), sync(path))
    assert rewritten(calls, FOLDER, Path(path).name) == seen
    assert rewritten(calls, FOLDER, "another") == (0, 0)
    assert unsettled(calls, FOLDER) == (seen == (0, 0))
    assert unsettled(record(*kept, *failed), FOLDER)
    assert rewritten(record(*kept, write(path, 32), sync(path)), FOLDER, Path(path).name) == (0, 0)


def test_a_call_that_another_thread_interrupts_is_one_call() -> None:
    calls = record(
        f'7 pwrite64(5<{LOG}>, ""..., 24, 32 <unfinished ...>',
        f"8 fdatasync(6<{DATABASE}> <unfinished ...>",
        "7 <... pwrite64 resumed>) = 24",
        f"8 <... fdatasync resumed>) = {FAILED}",
    )
    assert [(call.call, call.path, call.error) for call in calls] == [
        ("pwrite64", LOG, None),
        ("fdatasync", DATABASE, "EIO"),
    ]
    assert calls[0].offset == 32
    assert struck(calls, FOLDER) == [calls[1]]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (f'7 openat(AT_FDCWD</here>, "{LOG}", O_RDWR|O_CREAT, 0600) = {FAILED}', LOG),
        (f'7 rename("/data/.witness.note.x", "/data/witness.note") = {FAILED}', "/data/witness.note"),
        (f"7 mmap(NULL, 32768, PROT_READ, MAP_SHARED, 9<{LOG}>, 0) = {FAILED}", LOG),
        (f'7 write(1<socket:[12]>, ""..., 8) = {FAILED}', None),
        (f'7 openat(AT_FDCWD</data>, "/etc/hosts", O_RDONLY) = {FAILED}', None),
        (sync(LOG, "-1 EIO (Input/output error)"), None),
        (sync(LOG), None),
    ],
)
def test_a_fault_counts_where_it_struck_a_file_of_the_installation(line: str, path: str | None) -> None:
    assert [call.path for call in struck(record(line), FOLDER)] == ([] if path is None else [path])


def test_a_line_that_is_half_written_waits() -> None:
    whole = write(LOG, 32) + "\n"
    assert read(whole + whole[:40]) == read(whole)
