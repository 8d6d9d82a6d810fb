"""Follow a transparency log and hold it to what it signed: :class:`Auditor` waits, :class:`AsyncAuditor` is awaited.

Both are thin: what an auditor does is written in :mod:`credence.sdk.following`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from credence.circuits.denials import DeniedCount
from credence.circuits.fields import Json
from credence.circuits.note import Checkpoint
from credence.circuits.warrant import Notice
from credence.circuits.wire import IssuerDocument
from credence.sdk.calls.auditor import WarrantState
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.denials import AuditedDenials, audit_denials
from credence.sdk.editions import MAX_EDITIONS, AuditedEditions, walk_editions
from credence.sdk.flow import Flow, T, run, run_async
from credence.sdk.following import AuditedReceipt, AuditedRules, Follower, Inclusion, Seen
from credence.sdk.messages import AsyncTransport, Transport
from credence.sdk.openings import Openings, count_openings, listed


class Auditor:
    """Follows the log whose verifier key is ``vkey``, from ``seen`` on where that is given.

    Not safe for several threads. Raises :class:`CheckpointInvalid` for a key that is none, or a memory of another log.
    """

    def __init__(self, transport: Transport, vkey: str, *, seen: Seen | None = None) -> None:
        self.flows = Follower(transport, vkey, seen=seen)
        self._way = transport

    @property
    def vkey(self) -> str:
        """The pinned log's verifier key."""
        return self.flows.vkey

    @property
    def seen(self) -> Seen | None:
        """What to remember; None before the first checkpoint."""
        return self.flows.seen

    def follow(self) -> Checkpoint:
        """Fetch the newest checkpoint, see that it continues the remembered one, remember it.

        Raises :class:`CheckpointInvalid` for a note that the log did not sign, :class:`LogRolledBack` for a smaller log,
        :class:`LogForked` for one that does not continue what was seen, :class:`NotFound` where nothing was ever
        published, and what :func:`~credence.sdk.calls.ask` raises. Nothing is remembered of what was refused.
        """
        return run(self.flows.follow())

    def check_consistency(self, one: str, other: str) -> None:
        """Return iff one of two signed checkpoints continues the other, in whichever order.

        Holds what somebody else saw against what one has seen. Raises :class:`CheckpointInvalid` for a note that the log
        did not sign, :class:`LogForked` where the log cannot show it, and what :func:`~credence.sdk.calls.ask` raises.
        """
        run(self.flows.check_consistency(one, other))

    def inclusion(self, leaf: bytes) -> Inclusion:
        """Where the 32 bytes ``leaf`` stand in the log as it is now.

        Tells the log which leaf one asks for. Raises :class:`InclusionFailed`, and as :meth:`follow`, which runs first.
        """
        return run(self.flows.inclusion(leaf))

    def attestation(self, attestation_id: str, *, leaf: bytes | None = None) -> Inclusion:
        """Where an attestation stands in the log; ``leaf`` is what its holder was told, if that is known.

        Raises :class:`InclusionFailed`, also where the issuer publishes another leaf or another place, :class:`NotFound`
        for an unknown attestation, and as :meth:`inclusion`.
        """
        return run(self.flows.attestation(attestation_id, leaf=leaf))

    def issuer_document(self, document: IssuerDocument) -> Inclusion:
        """Where an issuer's document stands in the log: everyone can see the keys it shows. Raises as :meth:`inclusion`."""
        return run(self.flows.issuer_document(document))

    def verifier_document(self) -> VerifierDocument:
        """The keys that sign receipts, as the verifier shows them now. Raises what :func:`~credence.sdk.calls.ask` raises.

        The log does not vouch for them: keep the document, or compare it with what others see.
        """
        return run(self.flows.verifier_document())

    def verifier_rules(self) -> AuditedRules:
        """The tariffs and policies that the verifier publishes, found in the log, with the marks of all policies.

        Raises :class:`BadResponse` where the list of policies is not that of the rules, and as :meth:`inclusion`.
        """
        return run(self.flows.verifier_rules())

    def verifier_editions(self, since: bytes | None = None, *, most: int = MAX_EDITIONS) -> AuditedEditions:
        """As :meth:`verifier_rules`, and every edition before it, back to the first or to the one with the digest ``since``.

        That policies only ever came, and no tariff of before became another one. ``since`` (32 bytes) is one that this
        auditor read before, or accepts; at most ``most`` editions are read. Raises
        :class:`~credence.sdk.refusals.MarkDropped` for a policy that an edition has and the next one lacks,
        :class:`~credence.sdk.refusals.EditionMissing` for an edition that is named and not shown,
        :class:`~credence.sdk.refusals.RulesBroken` for one that is not continued, where ``since`` is not among them, and
        where there are more; and as :meth:`verifier_rules`, also for an edition that the log does not have.
        """
        return run(walk_editions(self.flows, since, most))

    def receipt(self, signed: Json, document: VerifierDocument) -> AuditedReceipt:
        """Check a signed receipt against the verifier's published keys and, where it was accepted, the log.

        Raises :class:`ReceiptInvalid` for a receipt that no key of the document signed, and as :meth:`inclusion`.
        """
        return run(self.flows.receipt(signed, document))

    def denials(self, counts: Iterable[DeniedCount], receipts: Iterable[Json], document: VerifierDocument) -> AuditedDenials:
        """Find a verifier's counts of denied decisions in the log, and hold its denied receipts against them.

        Fewer receipts than were counted is no finding: rows are erased in time. Raises
        :class:`~credence.sdk.refusals.DenialsMiscounted` for more, for a minute or receipt that stands twice and for
        another verifier's count, :class:`ReceiptInvalid` as :meth:`receipt`, and as :meth:`inclusion`.
        """
        return run(audit_denials(self.flows, counts, receipts, document))

    def openings(self) -> Openings:
        """Every warrant and opening that the service tells of, each found in the log, and how many there are.

        Raises :class:`InclusionFailed` for one that the log does not have where it is said to be, :class:`BadResponse`
        where the numbers are not those of the list, and as :meth:`inclusion`.
        """
        return run(count_openings(self._way, self.flows))

    def listed(self, notice: Notice) -> WarrantState:
        """What the public list, which is read whole, says of a warrant; the log is not asked.

        Raises :class:`InclusionFailed` where it is not in it, :class:`BadResponse` as :meth:`openings`, and what
        :func:`~credence.sdk.calls.ask` raises.
        """
        return run(listed(self._way, notice))


class AsyncAuditor:
    """As :class:`Auditor`, awaited. Several tasks may use one: their calls take turns."""

    def __init__(self, transport: AsyncTransport, vkey: str, *, seen: Seen | None = None) -> None:
        self.flows = Follower(transport, vkey, seen=seen)
        self._way = transport
        self.turn = asyncio.Lock()

    @property
    def vkey(self) -> str:
        """As :attr:`Auditor.vkey`."""
        return self.flows.vkey

    @property
    def seen(self) -> Seen | None:
        """As :attr:`Auditor.seen`."""
        return self.flows.seen

    async def follow(self) -> Checkpoint:
        """As :meth:`Auditor.follow`."""
        return await self._run(self.flows.follow())

    async def check_consistency(self, one: str, other: str) -> None:
        """As :meth:`Auditor.check_consistency`."""
        await self._run(self.flows.check_consistency(one, other))

    async def inclusion(self, leaf: bytes) -> Inclusion:
        """As :meth:`Auditor.inclusion`."""
        return await self._run(self.flows.inclusion(leaf))

    async def attestation(self, attestation_id: str, *, leaf: bytes | None = None) -> Inclusion:
        """As :meth:`Auditor.attestation`."""
        return await self._run(self.flows.attestation(attestation_id, leaf=leaf))

    async def issuer_document(self, document: IssuerDocument) -> Inclusion:
        """As :meth:`Auditor.issuer_document`."""
        return await self._run(self.flows.issuer_document(document))

    async def verifier_document(self) -> VerifierDocument:
        """As :meth:`Auditor.verifier_document`."""
        return await self._run(self.flows.verifier_document())

    async def verifier_rules(self) -> AuditedRules:
        """As :meth:`Auditor.verifier_rules`."""
        return await self._run(self.flows.verifier_rules())

    async def verifier_editions(self, since: bytes | None = None, *, most: int = MAX_EDITIONS) -> AuditedEditions:
        """As :meth:`Auditor.verifier_editions`."""
        return await self._run(walk_editions(self.flows, since, most))

    async def receipt(self, signed: Json, document: VerifierDocument) -> AuditedReceipt:
        """As :meth:`Auditor.receipt`."""
        return await self._run(self.flows.receipt(signed, document))

    async def denials(
        self, counts: Iterable[DeniedCount], receipts: Iterable[Json], document: VerifierDocument
    ) -> AuditedDenials:
        """As :meth:`Auditor.denials`."""
        return await self._run(audit_denials(self.flows, counts, receipts, document))

    async def openings(self) -> Openings:
        """As :meth:`Auditor.openings`."""
        return await self._run(count_openings(self._way, self.flows))

    async def listed(self, notice: Notice) -> WarrantState:
        """As :meth:`Auditor.listed`."""
        return await self._run(listed(self._way, notice))

    async def _run(self, flow: Flow[AsyncTransport, T]) -> T:
        async with self.turn:
            return await run_async(flow)


__all__ = [
    "AsyncAuditor",
    "AuditedDenials",
    "AuditedEditions",
    "AuditedReceipt",
    "AuditedRules",
    "Auditor",
    "Inclusion",
    "Openings",
    "Seen",
]
