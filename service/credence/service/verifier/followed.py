"""What a verifier has followed, kept in a file: after a restart a key that was retired is not accepted again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from credence.circuits.errors import CircuitError
from credence.circuits.wire import IssuerDocument
from credence.service.errors import Misconfigured
from credence.service.keys.files import changing, read_private, write_private

FOLLOWED_FILE: Final = "followed.json"
"""The file's name, beside the witness."""

MAX_FOLLOWED: Final = 64
"""Trusted documents whose successors are kept: the newest ones."""

_FORM: Final = "credence/followed/1"


class Followed:
    """The newest document that continues each trusted one, by the digest of that. ``path`` None keeps it in memory alone.

    Safe beside other processes. It is no secret, and as trustworthy as the folder that it lies in.
    """

    def __init__(self, path: Path | None) -> None:
        self._path: Final = path
        self._documents = self._read()

    def get(self, trusted: IssuerDocument) -> IssuerDocument | None:
        """What continues a trusted document; None where nothing was seen."""
        digest = trusted.digest()
        found = self._documents.get(digest)
        return found if found is not None and digest in found.previous else None

    def put(self, trusted: IssuerDocument, document: IssuerDocument) -> None:
        """Keeps it, unless another process has one that continues it. Raises :class:`OSError`, :class:`Misconfigured`."""
        digest = trusted.digest()
        if self._path is None:
            self._documents = {**self._documents, digest: document}
            return
        with changing(self._path):
            found = self._read()
            before = found.pop(digest, None)
            found[digest] = before if before is not None and document.digest() in before.previous else document
            found = dict(list(found.items())[-MAX_FOLLOWED:])
            write_private(self._path, _text(found), replace=True)
        self._documents = found

    def _read(self) -> dict[bytes, IssuerDocument]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            content = json.loads(read_private(self._path))
            if content["type"] != _FORM:
                raise ValueError(content["type"])
            return {bytes.fromhex(name): IssuerDocument.parse(value) for name, value in content["followed"].items()}
        except (CircuitError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise Misconfigured(f"{self._path} cannot be read: without it retired keys would be accepted again") from error


def _text(documents: Mapping[bytes, IssuerDocument]) -> bytes:
    followed = {digest.hex(): document.to_json() for digest, document in documents.items()}
    return json.dumps({"type": _FORM, "followed": followed}, indent=1).encode() + b"\n"
