"""Following: a trusted document whose issuer has rotated its keys since, and the document that it shows now.

The operator trusts a document once. A document that continues it and stands in the log that it names is believed in its
place; anything else is logged and left aside. What is believed is kept (:mod:`credence.service.verifier.followed`), so that
nobody gets back by a restart what was retired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final, Protocol

from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError
from credence.circuits.merkle import leaf_hash, verify_inclusion
from credence.circuits.note import NoteVerifier, open_checkpoint
from credence.circuits.succession import check_succession
from credence.circuits.wire import IssuerDocument
from credence.service.clock import Clock
from credence.service.errors import ServiceError
from credence.service.logs import logger
from credence.service.runtime import TrustedDocuments
from credence.service.verifier.followed import Followed


class Publisher(Protocol):
    """Where an issuer shows its document, and its log. Each raises :class:`ServiceError` or :class:`CircuitError`."""

    def document(self) -> IssuerDocument:
        """The document that it shows."""
        ...

    def note(self) -> str:
        """Its log's newest checkpoint, a note."""
        ...

    def inclusion(self, leaf: bytes, size: int) -> tuple[int, tuple[bytes, ...]]:
        """The place of a leaf in its log of ``size`` entries, and the hashes that prove it."""
        ...


class FollowedIssuers:
    """The documents of ``trusted``, each as its issuer shows it now at one of ``publishers`` (by issuer id). Safe for many
    threads; :meth:`refresh` alone asks anybody. ``kept`` is what was followed before.

    The operator's word goes before: what continues a document that is trusted no more is not believed.
    """

    def __init__(
        self,
        trusted: TrustedDocuments,
        publishers: Mapping[str, Publisher],
        curve: Curve,
        clock: Clock,
        kept: Followed | None = None,
    ) -> None:
        self._trusted: Final = trusted
        self._publishers: Final = dict(publishers)
        self._curve: Final = curve
        self._clock: Final = clock
        self._lock: Final = Lock()
        self._kept: Final = kept or Followed(None)

    def __call__(self) -> Sequence[IssuerDocument]:
        """The documents that are believed now."""
        return [self._newest(document) for document in self._trusted()]

    def refresh(self) -> None:
        """Asks every issuer once. What cannot be followed is logged, and keeps nobody else from being asked."""
        for document in self._trusted():
            publisher = self._publishers.get(document.issuer)
            if publisher is not None:
                try:
                    self._follow(document, publisher)
                except (ServiceError, CircuitError, OSError) as error:
                    logger().warning("issuer-document.unfollowed", party="verifier", error=type(error).__name__)

    def _follow(self, trusted: IssuerDocument, publisher: Publisher) -> None:
        known = self._newest(trusted)
        shown = publisher.document()
        if shown.digest() == known.digest():
            return
        now = self._clock()
        check_succession(self._curve, trusted, shown, now)
        if known != trusted:
            check_succession(self._curve, known, shown, now)  # nor may it go back, or aside
        checkpoint = open_checkpoint(publisher.note(), NoteVerifier.parse(trusted.log_vkey))
        index, hashes = publisher.inclusion(shown.leaf(), checkpoint.size)
        verify_inclusion(leaf_hash(shown.leaf()), index, checkpoint.size, hashes, checkpoint.root)
        with self._lock:
            self._kept.put(trusted, shown)
        logger().info("issuer-document.followed", party="verifier")

    def _newest(self, trusted: IssuerDocument) -> IssuerDocument:
        return self._kept.get(trusted) or trusted
