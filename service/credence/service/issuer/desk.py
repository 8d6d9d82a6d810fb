"""The desk: what the issuer has at hand once it has started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from credence.circuits.wire import IssuerDocument
from credence.service.errors import InvalidRequest
from credence.service.issuer.diligence import SHIPPED, DiligenceTable, load_table
from credence.service.issuer.evidence import EvidenceAdapter, EvidenceRefused, VerifiedEvidence
from credence.service.issuer.keepers import signer_of, tags_of
from credence.service.issuer.publication import Publication
from credence.service.issuer.revocation.manager import Manager, open_manager
from credence.service.issuer.revocation.stapling import Stapler
from credence.service.keys.ports import CredentialSigner, IdentityTags
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.screening.lists import SanctionsList
from credence.service.screening.searching import ScreeningIndex
from credence.service.store import Store

PARTY: Final = "issuer"


@dataclass(frozen=True)
class Desk:
    """The services of the process, the ways evidence comes, the lists and tables, and who is revoked. Made by
    :func:`open_desk`; safe for many threads."""

    services: Services
    keys: CredentialSigner
    tags: IdentityTags
    adapters: Mapping[str, EvidenceAdapter]
    index: ScreeningIndex
    diligence: DiligenceTable
    revocation: Manager
    stapler: Stapler

    @property
    def store(self) -> Store:
        """The issuer's own database."""
        return self.services.store(PARTY)

    @cached_property
    def publication(self) -> Publication:
        """Which of its documents the issuer shows, and which key it signs with."""
        return Publication(self.services, self.keys, self.revocation.keys)

    @cached_property
    def pseudonym_key(self) -> bytes:
        """Under what a limit knows a pseudonym: 32 bytes that only this process has, and never keeps."""
        return self.services.rng(32)

    def document(self) -> IssuerDocument:
        """What the issuer publishes of itself now."""
        return self.publication.document()

    def verify(self, evidence_type: str, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        """The facts in evidence, which was handed in first at ``received_at``, by default now.

        Raises as :meth:`EvidenceAdapter.verify`, and :class:`InvalidRequest` where no adapter reads it.
        """
        adapter = self.adapters.get(evidence_type)
        if adapter is None:
            raise InvalidRequest("There is no such type of evidence.")
        try:
            return adapter.verify(token, now, received_at)
        except EvidenceRefused as error:
            logger().info("evidence.refused", party=PARTY, reason=error.refusal.value)
            raise

    def require(self, evidence: VerifiedEvidence) -> None:
        """Returns iff evidence carries what the issuer's mode demands. Raises :class:`EvidenceRefused`."""
        unmet = self.diligence.modes[self.services.settings.mode].unmet(evidence)
        if unmet is not None:
            logger().info("evidence.refused", party=PARTY, reason=unmet.value)
            raise EvidenceRefused(unmet)


def open_desk(services: Services, adapters: Mapping[str, EvidenceAdapter], lists: Sequence[SanctionsList]) -> Desk:
    """Indexes the lists, loads the diligence table and hands the issuer's document to the log if that is new.

    Raises :class:`~credence.service.errors.Misconfigured` for lists or a table that are refused.
    """
    keys, tags = signer_of(services), tags_of(services)
    manager, table = open_manager(services), load_table(services.settings.diligence_file or SHIPPED)
    desk = Desk(services, keys, tags, adapters, ScreeningIndex(lists), table, manager, Stapler(manager))
    desk.publication.refresh()
    manager.checkpoint()
    if not lists:
        logger().warning("screening.absent", party=PARTY)
    return desk
