"""One thing to check, and what checks may look up outside their own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from credence.circuits.bbs.suite import Suite
from credence.circuits.curve import Curve
from credence.service.conformance.fixture import Fixture, Note, suite_label


@dataclass(frozen=True)
class Case:
    """``check`` returns or raises; it is given a place for notes. None means skipped, for ``reason``.

    ``cause`` is why something malicious is to be refused; empty where nothing is.
    """

    suite: str
    label: str
    check: Callable[[Note], None] | None
    reason: str = ""
    cause: str = ""


@dataclass
class Setting:
    """The engine, and the messages that other files of the same folder hold.

    ``signed`` maps a signature in hex to (signer's messages, committed messages); ``messages`` maps a folder to the
    same pair as its ``messages.json`` lists them.
    """

    curve: Curve
    signed: dict[str, tuple[list[bytes], list[bytes]]] = field(default_factory=dict)
    messages: dict[PurePath, tuple[list[bytes], list[bytes]]] = field(default_factory=dict)


Reader = Callable[[Fixture, Setting], Iterable[Case] | None]
"""Turns a file into cases, or returns None where the file is of another kind."""


def suite_case(
    fixture: Fixture, setting: Setting, family: str, kind: str, judge: Callable[[Suite, Note], None], label: str = ""
) -> Case:
    """A case of a family under the file's suite; where the file does not name its hash, either may satisfy it."""
    suites = fixture.suites(setting.curve)

    def check(note: Note) -> None:
        _under_one_of(suites, judge, note)

    return Case(f"{family}/{suite_label(suites)}/{kind}", label or fixture.name.as_posix(), check)


def _under_one_of(suites: Sequence[Suite], judge: Callable[[Suite, Note], None], note: Note) -> None:
    for suite in suites[:-1]:
        try:
            judge(suite, note)
        except Exception:  # noqa: BLE001, S112 - the next suite is tried, and the last one's failure is the case's
            continue
        return
    judge(suites[-1], note)
