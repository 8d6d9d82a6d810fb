"""What lies under a folder: a disk or memory, and how long it takes to be sure that something is written."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/mounts")


def in_memory(folder: Path) -> bool:
    """Whether the folder's file system keeps nothing when the machine stops, as far as the system tells."""
    if not _MOUNTS.is_file():
        return False
    place = folder.resolve()
    kinds = {Path(line.split()[1]): line.split()[2] for line in _MOUNTS.read_text().splitlines()}
    nearest = max((mount for mount in kinds if place.is_relative_to(mount)), key=lambda mount: len(mount.parts))
    return kinds[nearest] in ("tmpfs", "ramfs")


def sync_ms(folder: Path) -> float:
    """Milliseconds of a page written and synchronised: the median of fifty."""
    seen = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(bytes(4_096))
            file.flush()
            os.fsync(file.fileno())
            seen.append(1000 * (time.perf_counter() - began))
    return statistics.median(seen)
