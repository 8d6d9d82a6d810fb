"""A published list's file, read once from its beginning to its end: bounded, hashed, with progress."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from credence.service.screening.lists import ListEntry, ListRefused, ListVersion, SanctionsList

Progress = Callable[[int, int], None]
"""Told how much of how much was read: rows of a table, bytes of a document."""

MAX_BYTES: Final = 256 * 1024 * 1024
"""The largest published list, in the largest of its formats, has a tenth of it."""

_PROGRESS_BYTES: Final = 1 << 20


class ListSource:
    """An open list. Everything that is read of it is hashed. Made by :func:`open_list`."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        """Raises :class:`OSError`."""
        self._size = path.stat().st_size
        self._file = path.open("rb")
        self._progress, self._done, self._told = progress, 0, 0
        self._hash = hashlib.sha256()

    def follow(self, path: Path) -> bool:
        """Goes on with another file of the same list, if there is one. Raises :class:`OSError`."""
        if not path.is_file():
            return False
        self._file.close()
        self._file = path.open("rb")
        self._done, self._told, self._size = 0, 0, path.stat().st_size
        return True

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises :class:`ListRefused` where they are too many in all."""
        found = self._file.read(MAX_BYTES + 1 if size < 0 else size)
        self._hash.update(found)
        self._done += len(found)
        if self._done > MAX_BYTES:
            raise ListRefused("a screening list is too large")
        if self._progress is not None and (not found or self._done - self._told >= _PROGRESS_BYTES):
            self._told = self._done
            self._progress(self._done, max(self._size, self._done))
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of what was read, in hex."""
        return self._hash.hexdigest()


@contextmanager
def open_list(path: Path, progress: Progress | None = None) -> Iterator[ListSource]:
    """A list's file. Whatever goes wrong with it becomes a :class:`ListRefused`."""
    try:
        source = ListSource(path, progress)
    except OSError as error:
        raise ListRefused("a screening list cannot be read") from error
    try:
        yield source
    except OSError as error:
        raise ListRefused("a screening list cannot be read") from error
    finally:
        source.close()


def elements(source: ListSource, root: str, *records: str) -> Iterator[tuple[Element, Element]]:
    """Every record of a document by its name, with the root, whatever their namespace. What was read is let go again.

    Raises :class:`ListRefused` for a document that is cut off, has another root, or defines entities.
    """
    path: list[Element] = []
    try:
        for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if not path and local_name(element) != root:
                    raise ListRefused("a screening list is of another format")
                path.append(element)
                continue
            path.pop()
            if path and local_name(element) in records:
                yield path[0], element
                path[-1].remove(element)
    except (ParseError, DefusedXmlException) as error:
        raise ListRefused("a screening list cannot be read as XML") from error


def collected(name: str, entries: Iterable[ListEntry], source: ListSource) -> SanctionsList:
    """The list of these entries, under the digest of its file and a version made of that.

    Raises :class:`ListRefused` for no entry, or two of one id.
    """
    found: dict[str, ListEntry] = {}
    for entry in entries:
        if found.setdefault(entry.entry_id, entry) is not entry:
            raise ListRefused("a screening list has two entries of one id")
    if not found:
        raise ListRefused("a screening list has no entry")
    digest = source.digest
    return SanctionsList(ListVersion(name, f"sha256-{digest[:16]}", digest), tuple(found.values()))


def dated(found: SanctionsList, version: str, published: date | None) -> SanctionsList:
    """The list with the version and the day that its publisher gave it, where it gave one."""
    if not version:
        return found
    return SanctionsList(ListVersion(found.version.name, version[:64], found.version.digest), found.entries, published)


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element, *path: str) -> Iterator[Element]:
    """Every descendant at a path of names, whatever their namespace."""
    if not path:
        yield element
        return
    for child in element:
        if local_name(child) == path[0]:
            yield from children(child, *path[1:])


def texts(element: Element, *path: str) -> list[str]:
    """The texts at a path, without those that are empty."""
    return [text for child in children(element, *path) if (text := " ".join((child.text or "").split()))]


def first_text(element: Element, *path: str) -> str:
    """The first text at a path, or nothing."""
    return next(iter(texts(element, *path)), "")


def day_of(text: str) -> date | None:
    """The day that an ISO moment begins with; None for what is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
