"""Whether others are shown the policy that a request asks under: its verifier's rules are in the log, and have it.

A wallet remembers the rules that it saw of each verifier. What it is shown next is the same edition, one that continues it,
or one that it continues; anything else may be rules that were made for one person, and is an error until its holder has
compared them with what others see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final, Protocol

from credence.circuits.errors import CircuitError
from credence.circuits.note import NoteVerifier, open_checkpoint
from credence.circuits.policy import Policy
from credence.circuits.verifier_rules import PolicyProof, VerifierRules, check_rules_succession, verify_published
from credence.circuits.wire import PresentationRequest
from credence.sdk.calls import ask, verifier
from credence.sdk.errors import LogForked, NotFound
from credence.sdk.flow import Flow, W, in_thread
from credence.sdk.following import Seen
from credence.sdk.refusals import PolicyUnpublished, VerifierRulesChanged

MAX_HOPS: Final = 64
"""Editions that a wallet reads to come from what it is shown to what it knows; each names up to 64."""


def check_published(
    request: PresentationRequest, policy: Policy, known: VerifierRules | bytes | None, logs: Mapping[str, Seen]
) -> VerifierRules:
    """The edition of the rules that a wallet knows from now on.

    ``known`` is the one that it knows, or the digest that its holder accepted; None at the first meeting. ``logs`` is what
    is remembered of logs. Raises :class:`PolicyUnpublished`, :class:`VerifierRulesChanged` and :class:`LogForked`.
    """
    proof = request.published
    if proof is None:
        raise PolicyUnpublished("The request does not show that its policy is published: fetch it again in a moment.")
    try:
        found = verify_published(proof, request.audience, policy.digest, policy.tariff)
    except CircuitError as error:
        raise PolicyUnpublished(f"The request does not show that its policy is published: {error.reason}.") from error
    seen = logs.get(found.rules.log_vkey)
    if seen is not None:
        before = open_checkpoint(seen.note, NoteVerifier.parse(seen.vkey))
        if before.size == found.log.size and before.root != found.log.root:
            raise LogForked(evidence=(seen.note, proof.note))
    digest = found.rules.digest()
    if known is None or digest == _digest(known):
        return found.rules
    if isinstance(known, bytes):
        if known in found.rules.previous:
            return found.rules
        raise VerifierRulesChanged(known=known, shown=digest)
    if digest in known.previous:
        return known  # of a process that is a little behind: what it shows was published all the same
    try:
        check_rules_succession(known, found.rules)
    except CircuitError as error:
        raise VerifierRulesChanged(known=known.digest(), shown=digest) from error
    return found.rules


def walk_back(way: W, known: VerifierRules | bytes | None, shown: PolicyProof | None) -> Flow[W, VerifierRules | None]:
    """The oldest edition that the one shown names, where it continues what is known by way of others; None where not.

    For more editions than one of them names. ``way`` leads to the verifier, which learns how many that were. Each answer
    is what the one after it named, and is continued by it.
    """
    if known is None or shown is None:
        return None
    wanted, later, first = _digest(known), shown.rules, None
    for _ in range(MAX_HOPS):
        if wanted in later.previous or not later.previous:
            break
        try:
            earlier = yield from ask(way, verifier.rules_edition(later.previous[-1]))
            check_rules_succession(earlier, later)
            if isinstance(known, VerifierRules) and wanted in earlier.previous:
                check_rules_succession(known, earlier)
        except (NotFound, CircuitError):
            return None
        first, later = first or earlier, earlier
    return first if wanted in later.previous else None


def _digest(known: VerifierRules | bytes) -> bytes:
    return known if isinstance(known, bytes) else known.digest()


class _Keeper(Protocol):
    def accept_rules(self, verifier: str, digest: bytes) -> None: ...


class _Waits(Protocol):
    @property
    def flows(self) -> _Keeper: ...


class _AsyncWaits(_Waits, Protocol):
    _turn: asyncio.Lock


class AcceptsRules:
    """What a wallet has beside its other calls, for a verifier whose rules do not continue those that it saw."""

    def accept_rules(self: _Waits, verifier: str, digest: bytes) -> None:
        """Take the rules with this digest (32 bytes) of a verifier, after :class:`VerifierRulesChanged`.

        For whoever has compared it with what others see of the verifier. Raises :class:`VaultUnavailable`.
        """
        self.flows.accept_rules(verifier, digest)


class AsyncAcceptsRules:
    """As :class:`AcceptsRules`, awaited."""

    async def accept_rules(self: _AsyncWaits, verifier: str, digest: bytes) -> None:
        """As :meth:`AcceptsRules.accept_rules`."""
        async with self._turn:
            await in_thread(partial(self.flows.accept_rules, verifier, digest))
