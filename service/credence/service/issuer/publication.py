"""Publication: which of its documents the issuer shows, and which key it signs with.

A document is shown once the log holds it, and the very first at once. A key signs once a document that names it is shown,
and verifiers elsewhere had the time to read that: until then the key of before goes on, where it is still live. Documents
are numbered, and a number is given once, so that of several processes one publishes and the others show what it published.
A process whose keyring is older than the newest document shows that document all the same, and publishes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.wire import IssuerDocument
from credence.service.errors import NotFound, Unavailable
from credence.service.issuer import records
from credence.service.issuer.documents import Holdings, publish, read_document
from credence.service.issuer.revocation.accumulator import accumulator_keys
from credence.service.keys import Purpose
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.keys.ports import CredentialSigner, PublicIssuerKey
from credence.service.logs import logger
from credence.service.runtime import Services

_PARTY: Final = "issuer"
_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class _Shown:
    """The newest document and its number, and the one that is shown: the newest that is in the log, or the first.

    ``usable`` are the ids of the keys of the latter that are not retired, each with when it was published first (unix
    seconds); None for those of the very first document, which nobody could know another key by.
    """

    newest: IssuerDocument
    number: int
    document: IssuerDocument
    usable: Mapping[str, int | None]

    @property
    def is_settled(self) -> bool:
        """Whether the newest is the one that is shown."""
        return self.newest == self.document


class Publication:
    """The documents of one issuer. Safe for many threads, and beside other processes."""

    def __init__(self, services: Services, keys: CredentialSigner, accumulators: AccumulatorKeys) -> None:
        self._services: Final = services
        self._keys: Final = keys
        self._accumulators: Final = accumulators
        self._lock: Final = Lock()
        self._shown: _Shown | None = None

    def document(self) -> IssuerDocument:
        """The document that is shown; before there is one, the one that will be the first."""
        if self._shown is None:
            self._take_up()
        shown = self._shown
        return self._holdings().first() if shown is None else shown.document

    def signing_key(self) -> PublicIssuerKey:
        """The newest live key that was published long enough ago, or else the newest live one that the log knows.

        Raises :class:`Unavailable` where the log knows none yet.
        """
        if self._shown is None or not self._shown.is_settled:
            self._take_up()
        shown = self._shown
        usable = {} if shown is None else shown.usable
        known = [key for key in self._keys.live() if key.version.key_id in usable]
        if not known:
            raise Unavailable("The log does not know the issuer's newest key yet.")
        latest = self._services.clock() - self._services.settings.issuer_key_notice_seconds
        return next((key for key in known if (usable[key.version.key_id] or 0) <= latest), known[0])

    def refresh(self) -> bool:
        """Takes up what was published, and publishes what the keyring has new; whether it did the latter."""
        published = False
        for _ in range(_ATTEMPTS):
            shown, holdings = self._take_up(), self._holdings()
            if shown is not None and (holdings.is_said_by(shown.newest) or holdings.is_behind(shown.newest)):
                return published
            now, number = self._services.clock(), 0 if shown is None else shown.number + 1
            document = holdings.first() if shown is None else holdings.after(shown.newest, now)
            work = partial(publish, document=document, number=number, now=now, rng=self._services.rng)
            if self._services.store(_PARTY).run(work):
                logger().info("issuer-document.published", party=_PARTY)
                published = True
        raise Unavailable

    def _take_up(self) -> _Shown | None:
        with self._lock:
            size = self._log_size()
            with self._services.store(_PARTY).reading() as session:
                self._shown = _read(session, self._shown, size)
            return self._shown

    def _log_size(self) -> int:
        try:
            return self._services.ledger.checkpoint().size
        except NotFound:
            return 0

    def _holdings(self) -> Holdings:
        """Beside a signer the service's keyring has every key as ended when it was split, which is not when it ended."""
        settings = self._services.settings
        versions = () if settings.signer_socket is not None else self._services.keyring.versions(Purpose.ISSUER_BBS)
        return Holdings(
            issuer=settings.issuer_id,
            log_vkey=self._services.ledger.verifier.vkey,
            live=self._keys.live(),
            ended={version.key_id: version.retired for version in versions if version.retired is not None},
            accumulators=accumulator_keys(settings.issuer_id, self._accumulators),
            schemas=(PERSON_1.id, *((STANDING_1.id,) if settings.standings else ())),
        )


def _read(session: Session, known: _Shown | None, size: int) -> _Shown | None:
    row = records.newest_document(session)
    if row is None:
        return None
    if known is not None and known.newest.digest() == row.digest:
        if known.is_settled:
            return known
        newest = known.newest
    else:
        newest = read_document(row)
    number, document = row.number, newest
    while not records.is_logged(session, document.leaf(), size):
        earlier = records.document_numbered(session, number - 1)
        if earlier is None:
            break  # nothing was ever logged: there is no document that anybody could hold the first one against
        number, document = number - 1, read_document(earlier)
    return _Shown(newest, row.number, document, _published(session, document, number))


def _published(session: Session, document: IssuerDocument, number: int) -> Mapping[str, int | None]:
    """When each key of a document that is not retired was published first."""
    wanted, found = {key.key_id for key in document.live()}, dict[str, int | None]()
    while number > 0 and wanted:
        row, before = records.document_numbered(session, number), records.document_numbered(session, number - 1)
        earlier = set() if before is None else {key.key_id for key in read_document(before).keys}
        found |= dict.fromkeys(wanted - earlier, None if row is None else row.published_at)
        wanted, number = wanted & earlier, number - 1
    return found | dict.fromkeys(wanted)


def issuer_document(services: Services, keys: CredentialSigner, accumulators: AccumulatorKeys) -> IssuerDocument:
    """What a service over this installation shows, without publishing anything."""
    return Publication(services, keys, accumulators).document()
