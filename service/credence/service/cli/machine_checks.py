"""What the machine must bring, whether or not there is an installation: ``credence doctor``'s first half."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from credence.service.cli.findings import FAILED, OK, WARNING, Check, Look, State, looked

PYTHON: Final = (3, 11)

SQLITE: Final = (3, 51, 3)
"""Before it two processes that move a database's log at once can lose a page."""

DISK_NEEDED: Final = 64 << 20
DISK_WANTED: Final = 1 << 30

_LIBRARIES: Final = {"native": ("py-arkworks-bls12381", "pyblst"), "reference": ("py-ecc",)}
_VALUE: Final = 0x5EED
_SCALAR: Final = (1 << 250) - 19


def machine_checks(folder: Path) -> Iterator[Check]:
    """Every check of the machine; ``folder`` is where data lies or would lie."""
    looks: dict[str, Look] = {
        "python": _python,
        "engine": _engine,
        "curve": _curve,
        "sqlite": _sqlite,
        "clock": _clock,
        "disk": lambda: _disk(folder),
    }
    return looked(looks)


def _python() -> tuple[State, str]:
    found = f"{platform.python_implementation()} {platform.python_version()}, credence {version('credence-kyc')}"
    return (OK if sys.version_info >= PYTHON else FAILED), found


def _engine() -> tuple[State, str]:
    from credence.circuits import curve as curves

    versions = []
    for name, libraries in _LIBRARIES.items():
        try:
            curves.load(name)
        except ImportError:
            versions.append(f"{name} is not installed")
        else:
            versions.append(f"{name} ({', '.join(f'{library} {version(library)}' for library in libraries)})")
    try:
        chosen = curves.load().name
    except (ValueError, ImportError):
        return FAILED, f"CREDENCE_CURVE names no engine that is here; {'; '.join(versions)}"
    detail = f"{chosen} is used; {'; '.join(versions)}"
    return (OK, detail) if chosen == "native" else (WARNING, f"{detail}; reference is for tests, a hundred times slower")


def _curve() -> tuple[State, str]:
    """Both engines map the same field element to the curve and take the same multiple of it."""
    from credence.circuits import curve as curves

    try:
        native = curves.load("native")
    except ImportError:
        return WARNING, "there is no native engine to compare with the reference"
    reference = curves.load("reference")
    results = {(engine.map_to_g1(_VALUE) * _SCALAR + engine.BP1).to_bytes() for engine in (native, reference)}
    if len(results) != 1:
        return FAILED, "the native engine computes another point than the reference: do not use it"
    return OK, "native and reference compute the same point"


def _sqlite() -> tuple[State, str]:
    if sqlite3.sqlite_version_info >= SQLITE:
        return OK, sqlite3.sqlite_version
    wanted = ".".join(map(str, SQLITE))
    return WARNING, f"{sqlite3.sqlite_version}; before {wanted} only one process may serve a file, which serve sees to"


def _clock() -> tuple[State, str]:
    from credence.service.app.readiness import EARLIEST
    from credence.service.clock import system_clock

    if system_clock() < EARLIEST:
        return FAILED, "the machine's clock was never set"
    return OK, "plausible"


def _disk(folder: Path) -> tuple[State, str]:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        return FAILED, f"nothing can be written in {place}"
    free = shutil.disk_usage(place).free
    detail = f"{free / (1 << 30):.1f} GiB free"
    if free < DISK_NEEDED:
        return FAILED, detail
    return (OK if free >= DISK_WANTED else WARNING), detail
