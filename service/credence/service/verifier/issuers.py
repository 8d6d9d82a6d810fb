"""Issuers a verifier believes: their published documents, from files that the operator names.

The verifier imports no issuer. What it knows of one is the document that the issuer shows to everybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Final

from credence.circuits.errors import CircuitError
from credence.circuits.wire import IssuerDocument
from credence.service.errors import Misconfigured, ServiceError
from credence.service.logs import logger
from credence.service.problems.body import check_json

_MAX_BYTES: Final = 65_536

Mark = tuple[int, int, int] | None
"""What tells two contents of a file apart (inode, nanoseconds, bytes); None where it cannot be read."""


class IssuerFiles:
    """The documents of ``files`` (issuer id to path), read again as soon as a file changes. Safe for several threads.

    Raises :class:`Misconfigured` for a file that holds no document of its issuer. One that becomes so later is no longer
    trusted, and the log says so: a key that an issuer withdrew must not live on here.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files: Final = dict(files)
        self._lock: Final = Lock()
        self._marks: dict[str, Mark] = {issuer: _mark(path) for issuer, path in self._files.items()}
        self._documents = {issuer: read_document(issuer, path) for issuer, path in self._files.items()}

    def __call__(self) -> tuple[IssuerDocument, ...]:
        """The documents as they are now."""
        with self._lock:
            for issuer, path in self._files.items():
                mark = _mark(path)
                if mark != self._marks[issuer]:
                    self._marks[issuer] = mark
                    self._read_again(issuer, path)
            return tuple(self._documents.values())

    def _read_again(self, issuer: str, path: Path) -> None:
        try:
            self._documents[issuer] = read_document(issuer, path)
        except Misconfigured as error:
            self._documents.pop(issuer, None)
            logger().error("issuer-document.refused", reason=error.reason)


def read_document(issuer: str, path: Path) -> IssuerDocument:
    """The document in a file. Raises :class:`Misconfigured` for one that is unreadable, or another issuer's."""
    place = f"the document of the trusted issuer {issuer}"
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise Misconfigured(f"{place} is too large")
        check_json(data)
        document = IssuerDocument.parse(json.loads(data))
    except OSError as error:
        raise Misconfigured(f"{place} cannot be read") from error
    except (ServiceError, CircuitError) as error:
        raise Misconfigured(f"{place}: {error.reason}") from error
    if document.issuer != issuer:
        raise Misconfigured(f"{place} is another issuer's")
    return document


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
