"""Whether what a failed sync was about is written again before anything is kept on the strength of a later one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.soak.injection import Seen

DATABASE: Final = "credence.sqlite3"
LOG: Final = f"{DATABASE}-wal"

SYNCS: Final = frozenset({"fsync", "fdatasync"})


def rewritten(calls: Sequence[Seen], folder: Path, name: str) -> tuple[int, int]:
    """Of the syncs of a file, log or database, that failed: how many were followed to the next one that succeeded, and for
    how many of these what they were about was not written again before. What came before the record is not known.

    The log is written from where the last transaction that was kept ends: whatever is written first after the failure has to
    begin no later than what had failed. A checkpoint that failed writes its pages again; but not those that earlier ones had
    written and left to its sync, because somebody still read from the log.
    """
    found = [_again(calls, place) for place in _failures(calls, folder) if calls[place].path == str(folder / name)]
    return sum(again is not None for again in found), sum(again is False for again in found)


def unsettled(calls: Sequence[Seen], folder: Path) -> bool:
    """Whether one of them was not followed to its end yet."""
    return any(_again(calls, place) is None for place in _failures(calls, folder))


def _failures(calls: Sequence[Seen], folder: Path) -> list[int]:
    files = {str(folder / name) for name in (DATABASE, LOG)}
    failed = (n for n, call in enumerate(calls) if call.error is not None and call.call in SYNCS and call.path in files)
    return [place for place in failed if _written_before(calls, place)]


def _written_before(calls: Sequence[Seen], place: int) -> set[int]:
    """Offsets that the sync at ``place`` was to keep."""
    written: set[int] = set()
    for call in calls[:place]:
        if call.path == calls[place].path and call.error is None:
            if call.call == "pwrite64":
                written.add(call.offset)
            elif call.call in SYNCS:
                written.clear()
    return written


def _again(calls: Sequence[Seen], place: int) -> bool | None:
    """Whether it was all written again; None where nothing was synchronised with success yet."""
    file, before, after = calls[place].path, _written_before(calls, place), list[int]()
    for call in calls[place + 1 :]:
        if call.path != file or call.error is not None:
            continue
        if call.call == "pwrite64":
            after.append(call.offset)
        elif call.call in SYNCS and (after or not file.endswith(LOG)):  # a checkpoint syncs the log before it reads it
            return after[0] <= min(before) if file.endswith(LOG) else before <= set(after)
    return None
