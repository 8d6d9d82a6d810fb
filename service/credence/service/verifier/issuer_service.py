"""An issuer's service, read over HTTP: its document and its log, its accumulators' staples and checkpoints. All are public.

Bounded in time and size, without proxies, cookies and redirects. What it says is believed once it was seen to be in the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import httpx2

from credence.circuits.errors import Malformed, Step
from credence.circuits.fields import Fields
from credence.circuits.merkle import HASH_LENGTH
from credence.circuits.revocation_log import CheckpointProof, Staple
from credence.circuits.wire import IssuerDocument
from credence.service.clock import steady_clock
from credence.service.errors import NotFound, ServiceError, Unavailable
from credence.service.problems.body import check_json

T = TypeVar("T")

MAX_ANSWER: Final = 256 * 1024
"""Bytes of an answer: the largest delta in base64url, and a proof."""

_MAX_PROOF: Final = 128

DEADLINE: Final = 5.0
"""Seconds of a whole exchange, as far as its pieces tell, and of each wait in it."""

_FOUND: Final = 200
_ABSENT: Final = 404


class IssuerUnreachable(Unavailable):
    """The issuer's service does not answer, or not in time."""


class IssuerUnreadable(Unavailable):
    """The issuer's service answers with something else than what it was asked for."""


class IssuerService:
    """The service at ``base_url``. ``transport`` overrides the network, ``steady`` tells time. Safe for many threads."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx2.BaseTransport | None = None,
        steady: Callable[[], float] = steady_clock,
    ) -> None:
        self._steady: Final = steady
        self._client: Final = httpx2.Client(
            base_url=base_url,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(DEADLINE),
            limits=httpx2.Limits(max_connections=4, max_keepalive_connections=1),
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "credence-verifier/1"},
        )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def staple(self, accumulator_id: str) -> Staple:
        """The newest staple. Raises :class:`NotFound`, :class:`IssuerUnreachable`, :class:`IssuerUnreadable`, and
        :class:`~credence.circuits.errors.Malformed` for an answer that is no staple."""
        return Staple.parse(self._get(f"/v1/issuer/accumulators/{accumulator_id}"))

    def checkpoint(self, accumulator_id: str, index: int, minute: int) -> CheckpointProof:
        """One checkpoint with its proof. Raises as :meth:`staple`."""
        return CheckpointProof.parse(self._get(f"/v1/issuer/accumulators/{accumulator_id}/checkpoints/{index}/{minute}"))

    def document(self) -> IssuerDocument:
        """The document that it shows. Raises as :meth:`staple`."""
        return IssuerDocument.parse(self._get("/v1/issuer/document"))

    def note(self) -> str:
        """Its log's newest checkpoint, a note. Raises as :meth:`staple`."""
        try:
            return self._read("/v1/log/checkpoint", {"accept": "text/plain"}).decode()
        except UnicodeDecodeError as error:
            raise IssuerUnreadable from error

    def inclusion(self, leaf: bytes, size: int) -> tuple[int, tuple[bytes, ...]]:
        """The place of a leaf in its log of ``size`` entries, and the hashes that prove it. Raises as :meth:`staple`."""
        fields = Fields(self._get(f"/v1/log/inclusion?leaf={leaf.hex()}&size={size}"), "inclusion proof")
        return fields.integer("index"), fields.items("proof", _hash, maximum=_MAX_PROOF)

    def _get(self, path: str) -> Any:
        body = self._read(path)
        try:
            check_json(body)
            return json.loads(body)
        except (ServiceError, ValueError, RecursionError) as error:
            raise IssuerUnreadable from error

    def _read(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        began = self._steady()
        try:
            with self._client.stream("GET", path, headers=headers) as response:
                if response.status_code == _ABSENT:
                    raise NotFound
                if response.status_code != _FOUND or "content-encoding" in response.headers:
                    raise IssuerUnreadable
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MAX_ANSWER:
                        raise IssuerUnreadable
                    if self._steady() - began > DEADLINE:
                        raise IssuerUnreachable
        except httpx2.HTTPError as error:
            raise IssuerUnreachable from error
        return body


def _hash(value: object) -> bytes:
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        found = b""
    if len(found) != HASH_LENGTH:
        raise Malformed("a hash is 64 hexadecimal digits", Step.SHAPE)
    return found
