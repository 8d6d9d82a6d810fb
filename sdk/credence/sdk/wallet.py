"""The holder: keeps secrets, receives credentials, says what a request would reveal, presents.

:class:`Wallet` waits for the network, :class:`AsyncWallet` is awaited. Both are thin: what a wallet does, and refuses to do,
is written in :mod:`credence.sdk.receiving` and :mod:`credence.sdk.holding`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Generic, Self, TypedDict, Unpack

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import HeldCredential
from credence.circuits.wire import Offer, Presentation, PresentationRequest
from credence.sdk.auditor import AsyncAuditor, Auditor
from credence.sdk.calls.issuer import Evidence
from credence.sdk.calls.verifier import Decision
from credence.sdk.clock import Clock, system_clock
from credence.sdk.contents import ROOT_LENGTH, Contents, RootSecret
from credence.sdk.disclosure import Disclosure
from credence.sdk.flow import Flow, T, W, in_thread, run, run_async
from credence.sdk.following import Follower
from credence.sdk.holding import Satisfaction, TrustedTrustees
from credence.sdk.messages import AsyncTransport, Transport
from credence.sdk.published import AcceptsRules, AsyncAcceptsRules
from credence.sdk.receiving import MAX_VALIDITY_DAYS, TrustedIssuer
from credence.sdk.recovery import phrase_of, root_of
from credence.sdk.renewing import AsyncRenews, Renewer, Renews
from credence.sdk.reviews import Review
from credence.sdk.vault import DEFAULT, SealParameters, VaultFile


class Surroundings(TypedDict, total=False):
    """What a wallet stands in, beside its vault and the way to its service.

    ``trust`` are the issuers that it takes credentials from, ``trustees`` those to whom it seals who its holder is where a
    policy asks; ``clock`` (unix seconds) is the machine's, ``rng`` the system's
    and ``curve`` the engine that the environment chooses, unless given.
    """

    trust: Iterable[TrustedIssuer]
    trustees: Iterable[TrustedTrustees]
    curve: Curve | None
    clock: Clock
    rng: Rng


class _Face(Generic[W]):
    """What both wallets say without asking anyone."""

    def __init__(self, flows: Renewer[W]) -> None:
        self.flows = flows

    @property
    def credentials(self) -> tuple[HeldCredential, ...]:
        """What the wallet holds, oldest first. Secret."""
        return self.flows.contents.credentials

    def understand(self, request: PresentationRequest | Mapping[str, Any]) -> Disclosure:
        """What answering would mean, in words. Raises :class:`RequestInvalid`."""
        return self.flows.understand(request)

    def can_satisfy(self, request: PresentationRequest | Mapping[str, Any]) -> Satisfaction:
        """Whether the wallet can answer, and why not. Raises :class:`RequestInvalid`."""
        return self.flows.can_satisfy(request)


class Wallet(_Face[Transport], Renews, AcceptsRules):
    """One holder's wallet. Make it with :meth:`create`, :meth:`restore` or :meth:`open`.

    Not safe for several threads. Of several processes that have one vault open, whoever writes second raises
    :class:`VaultChanged`, and has shown nothing.
    """

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: str,
        *,
        transport: Transport,
        auditor: Auditor | None = None,
        root: bytes | None = None,
        parameters: SealParameters = DEFAULT,
        **surroundings: Unpack[Surroundings],
    ) -> Self:
        """A new wallet with its vault at ``path``; ``root`` (32 bytes) brings back an earlier holder's secrets.

        Raises :class:`VaultUnavailable` where there is a file already, :class:`WeakPassphrase`, and :class:`WalletError` for
        a root of another length.
        """
        follower = None if auditor is None else auditor.flows
        return cls(_create(transport, follower, path, passphrase, root, parameters, surroundings))

    @classmethod
    def restore(
        cls,
        phrase: str,
        path: Path,
        passphrase: str,
        *,
        transport: Transport,
        auditor: Auditor | None = None,
        parameters: SealParameters = DEFAULT,
        **surroundings: Unpack[Surroundings],
    ) -> Self:
        """A new wallet of the holder whose recovery phrase this is, with its vault at ``path``.

        The secrets are the old ones, and so are the pseudonyms once the issuer has given its credential again. Credentials,
        what the old wallet remembered of issuers and logs, and the uses of rate limits that it counted do not come back.
        Raises :class:`PhraseInvalid`, and as :meth:`create`.
        """
        follower = None if auditor is None else auditor.flows
        return cls(_create(transport, follower, path, passphrase, root_of(phrase), parameters, surroundings))

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: str,
        *,
        transport: Transport,
        auditor: Auditor | None = None,
        **surroundings: Unpack[Surroundings],
    ) -> Self:
        """The wallet in the vault at ``path``.

        Raises :class:`VaultUnavailable` where there is none, :class:`WrongPassphrase`, :class:`VaultTampered`.
        """
        return cls(_open(transport, None if auditor is None else auditor.flows, path, passphrase, surroundings))

    def export_root(self, passphrase: str) -> bytes:
        """The 32 bytes that a wallet can be made from again: the holder's identity everywhere. Keep them off line.

        Asks for the passphrase although the vault is open, since whoever has these bytes needs none. Raises
        :class:`WrongPassphrase`, :class:`VaultUnavailable`, :class:`VaultTampered`.
        """
        return self.flows.root(passphrase)

    def recovery_phrase(self, passphrase: str) -> str:
        """The root as 24 English words to write down (BIP-39), for :meth:`restore`. As secret as :meth:`export_root`, and
        asks and raises alike.
        """
        return phrase_of(self.flows.root(passphrase))

    def receive(
        self,
        offer: Offer | Mapping[str, Any],
        evidence: Evidence | str,
        *,
        transport: Transport | None = None,
        accept_document: bytes | None = None,
        accept_reset: bool = False,
    ) -> HeldCredential:
        """Claim the credential that an offer promises, check it, keep it.

        ``evidence`` (or its token) is the one the case was opened with; ``transport`` leads to the issuer where that is not
        the wallet's own service. After a broken connection the same call may be made again: it brings the same credential.

        ``accept_document`` is the digest of another document than the one that the wallet saw first of this issuer;
        ``accept_reset`` takes other halves from the issuer, once, if the credential counts more resets than before. The
        issuer and a venue can then connect the old pseudonym to the new one; a wallet made anew does not let them.

        Raises :class:`OfferInvalid`, :class:`UntrustedIssuer` and :class:`IssuerDocumentChanged` (before anything personal
        is sent), :class:`CredentialRejected` where the issuer's answer does not verify or would set the holder apart,
        :class:`IssuerHalvesChanged`, :class:`VaultUnavailable`, the log's :class:`AuditError`, and what
        :func:`~credence.sdk.calls.ask` raises.
        """
        flow = self.flows.receive(offer, evidence, way=transport, accept_document=accept_document, accept_reset=accept_reset)
        return run(flow)

    def reviews(self, issuer: str, *, transport: Transport | None = None) -> tuple[Review, ...]:
        """Whether evidence is to be shown again to an issuer, for each of its credentials here, oldest first.

        Reads what the issuer tells everybody alike, and asks about a credential by its own id only where that may concern
        it; ``transport`` leads to the issuer where that is not the wallet's own service. To show evidence is not the
        wallet's business: it is handed in where it was the first time. Raises :class:`UntrustedIssuer` where the service is
        another issuer's, :class:`VaultUnavailable`, and what :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.reviews(issuer, way=transport))

    def present(
        self, request: PresentationRequest | Mapping[str, Any], *, audience: str, compact: bool = False
    ) -> Presentation:
        """Prove what the request asks; ``audience`` names the venue that the wallet knows it is talking to, whole.

        Sends nothing. Where the policy has a rate limit, each call takes one use of it, whether it is sent or not. A
        ``compact`` proof is smaller, and dearer to check.

        Raises :class:`WrongAudience`, :class:`RequestExpired`, :class:`UntrustedTrustees`, :class:`PolicyUnpublished` and
        :class:`VerifierRulesChanged` where others may not be shown this policy, :class:`CannotSatisfy` naming the predicates
        that fail, :class:`RequestInvalid`, :class:`MustCatchUp` where more was revoked than the request has room for,
        :class:`RevocationsRefused` and :class:`LogForked` for what it says of that and of the policy, and
        :class:`VaultUnavailable` where what was learnt cannot be kept (:class:`VaultChanged`: another process wrote there).
        """
        return self.flows.present(request, audience=audience, compact=compact)

    def catch_up(self, request: PresentationRequest | Mapping[str, Any], *, transport: Transport | None = None) -> None:
        """Follow what was revoked up to what the request says, for the credentials that would answer it, and keep that.

        What the request has no room for is read from the issuer, which learns that somebody is that far behind, and nothing
        else; ``transport`` leads to it where that is not the wallet's own service. With an auditor, the log is asked to join
        what the request shows of it to what is remembered. A revoked credential is remembered as one.

        Raises :class:`CannotSatisfy` where a credential is revoked, or cannot be followed by this request;
        :class:`RequestInvalid`, :class:`RevocationsRefused`, :class:`LogForked`, :class:`VaultUnavailable`, and what
        :func:`~credence.sdk.calls.ask` raises.
        """
        run(self.flows.catch_up(request, way=transport))

    def answer(
        self,
        session_id: str,
        *,
        audience: str,
        understood: PresentationRequest | Mapping[str, Any] | None = None,
        transport: Transport | None = None,
        compact: bool = False,
    ) -> Decision:
        """Fetch what a venue's session asks, catch up, present, and return the decision; a denial is a decision too.

        ``understood`` is the request that the holder agreed to: nothing else is answered, but for newer staples.
        ``transport`` leads to the verifier where that is not the wallet's own service. After a broken connection the same
        call may be made again, by the same object: it sends the same presentation and brings its decision. Raises as
        :meth:`present` and :meth:`catch_up`, then nothing was sent to the venue; :class:`RequestChanged` where the service
        asks something else than was understood, or than before; :class:`BadNonce` where the session was answered already;
        :class:`AlreadyUsed` where the wallet, restored from its phrase, has taken two uses of the policy's rate limit that
        it had forgotten (each further call takes others); and what :func:`~credence.sdk.calls.ask` raises.
        """
        flow = self.flows.answer(session_id, audience=audience, understood=understood, way=transport, compact=compact)
        decision = run(flow)
        self.flows.told(session_id, audience=audience)
        return decision


class AsyncWallet(_Face[AsyncTransport], AsyncRenews, AsyncAcceptsRules):
    """As :class:`Wallet`, awaited. Several tasks may use one: their calls take turns.

    Proving and sealing run in a worker thread. A call that is cancelled leaves in the vault all of its change or nothing.
    """

    def __init__(self, flows: Renewer[AsyncTransport], turn: asyncio.Lock) -> None:
        super().__init__(flows)
        self._turn = turn

    @classmethod
    async def create(
        cls,
        path: Path,
        passphrase: str,
        *,
        transport: AsyncTransport,
        auditor: AsyncAuditor | None = None,
        root: bytes | None = None,
        parameters: SealParameters = DEFAULT,
        **surroundings: Unpack[Surroundings],
    ) -> Self:
        """As :meth:`Wallet.create`."""
        follower, turn = _auditing(auditor)
        made = partial(_create, transport, follower, path, passphrase, root, parameters, surroundings)
        return cls(await in_thread(made), turn)

    @classmethod
    async def restore(
        cls,
        phrase: str,
        path: Path,
        passphrase: str,
        *,
        transport: AsyncTransport,
        auditor: AsyncAuditor | None = None,
        parameters: SealParameters = DEFAULT,
        **surroundings: Unpack[Surroundings],
    ) -> Self:
        """As :meth:`Wallet.restore`."""
        follower, turn = _auditing(auditor)
        made = partial(_create, transport, follower, path, passphrase, root_of(phrase), parameters, surroundings)
        return cls(await in_thread(made), turn)

    @classmethod
    async def open(
        cls,
        path: Path,
        passphrase: str,
        *,
        transport: AsyncTransport,
        auditor: AsyncAuditor | None = None,
        **surroundings: Unpack[Surroundings],
    ) -> Self:
        """As :meth:`Wallet.open`."""
        follower, turn = _auditing(auditor)
        return cls(await in_thread(partial(_open, transport, follower, path, passphrase, surroundings)), turn)

    async def export_root(self, passphrase: str) -> bytes:
        """As :meth:`Wallet.export_root`."""
        async with self._turn:
            return await in_thread(partial(self.flows.root, passphrase))

    async def recovery_phrase(self, passphrase: str) -> str:
        """As :meth:`Wallet.recovery_phrase`."""
        return phrase_of(await self.export_root(passphrase))

    async def receive(
        self,
        offer: Offer | Mapping[str, Any],
        evidence: Evidence | str,
        *,
        transport: AsyncTransport | None = None,
        accept_document: bytes | None = None,
        accept_reset: bool = False,
    ) -> HeldCredential:
        """As :meth:`Wallet.receive`."""
        flow = self.flows.receive(offer, evidence, way=transport, accept_document=accept_document, accept_reset=accept_reset)
        return await self._run(flow)

    async def reviews(self, issuer: str, *, transport: AsyncTransport | None = None) -> tuple[Review, ...]:
        """As :meth:`Wallet.reviews`."""
        return await self._run(self.flows.reviews(issuer, way=transport))

    async def present(
        self, request: PresentationRequest | Mapping[str, Any], *, audience: str, compact: bool = False
    ) -> Presentation:
        """As :meth:`Wallet.present`."""
        async with self._turn:
            return await in_thread(partial(self.flows.present, request, audience=audience, compact=compact))

    async def catch_up(
        self, request: PresentationRequest | Mapping[str, Any], *, transport: AsyncTransport | None = None
    ) -> None:
        """As :meth:`Wallet.catch_up`."""
        await self._run(self.flows.catch_up(request, way=transport))

    async def answer(
        self,
        session_id: str,
        *,
        audience: str,
        understood: PresentationRequest | Mapping[str, Any] | None = None,
        transport: AsyncTransport | None = None,
        compact: bool = False,
    ) -> Decision:
        """As :meth:`Wallet.answer`."""
        flow = self.flows.answer(session_id, audience=audience, understood=understood, way=transport, compact=compact)
        async with self._turn:
            decision = await run_async(flow)
            self.flows.told(session_id, audience=audience)
            return decision

    async def _run(self, flow: Flow[AsyncTransport, T]) -> T:
        async with self._turn:
            return await run_async(flow)


def _auditing(auditor: AsyncAuditor | None) -> tuple[Follower[AsyncTransport] | None, asyncio.Lock]:
    """An auditor's flows and its turn: a wallet that uses it does not come between its other users."""
    return (None, asyncio.Lock()) if auditor is None else (auditor.flows, auditor.turn)


def _create(
    way: W,
    follower: Follower[W] | None,
    path: Path,
    passphrase: str,
    root: bytes | None,
    parameters: SealParameters,
    given: Surroundings,
) -> Renewer[W]:
    """Blocks, since it stretches the passphrase, and so does :func:`_open`."""
    rng = given.get("rng", secrets.token_bytes)
    contents = Contents(RootSecret(rng(ROOT_LENGTH) if root is None else root))
    vault = VaultFile.create(path, passphrase, contents.encode(), rng, parameters=parameters)
    return _holder(vault, contents, way, follower, given)


def _open(way: W, follower: Follower[W] | None, path: Path, passphrase: str, given: Surroundings) -> Renewer[W]:
    vault, sealed = VaultFile.open(path, passphrase, given.get("rng", secrets.token_bytes))
    return _holder(vault, Contents.decode(sealed), way, follower, given)


def _holder(vault: VaultFile, contents: Contents, way: W, follower: Follower[W] | None, given: Surroundings) -> Renewer[W]:
    return Renewer(
        vault,
        contents,
        way,
        trust=given.get("trust", ()),
        trustees=given.get("trustees", ()),
        follower=follower,
        curve=given.get("curve") or curves.load(),
        clock=given.get("clock", system_clock),
        rng=given.get("rng", secrets.token_bytes),
    )


__all__ = ["MAX_VALIDITY_DAYS", "AsyncWallet", "Review", "Satisfaction", "TrustedIssuer", "TrustedTrustees", "Wallet"]
