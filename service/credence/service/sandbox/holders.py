"""The persons' wallets, and how they answer a venue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Final

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.wire import IssuerDocument, Offer, Presentation, PresentationRequest
from credence.sdk import Decision, Disclosure, HeldCredential, SealParameters, Transport, TrustedIssuer, Wallet
from credence.sdk.calls import perform
from credence.sdk.calls import verifier as venue
from credence.sdk.errors import ServiceProblem, TransportError
from credence.service.clock import Clock
from credence.service.errors import Conflict, ServiceError, Unavailable
from credence.service.problems import ROWS
from credence.service.sandbox.careless import prove_carelessly
from credence.service.sandbox.persons import Invented

_PASSPHRASE: Final = "sandbox: not a secret"  # noqa: S105 - as it says
_QUICK: Final = SealParameters(iterations=2, lanes=1, memory_kib=19 * 1024)


class Behaviour(StrEnum):
    """How a wallet goes about a request."""

    HONEST = "honest"
    """Proves what is asked, and sends nothing where it cannot."""
    CARELESS = "careless"
    """Proves what it has, even where that is too little; of what stays hidden nothing untrue can be proven."""
    FORGING = "forging"
    """Sends a proof with one bit changed."""


class NoWallet(Conflict):
    """Somebody who has never been given a credential."""

    default = "This person has no wallet in the sandbox."


@dataclass(frozen=True, slots=True)
class Answered:
    """What a wallet did: ``disclosure`` is what it told its holder before, ``decision`` None where it sent nothing."""

    disclosure: Disclosure
    decision: Decision | None


class Holders:
    """Every wallet of the sandbox. Safe for many threads; one wallet answers at a time."""

    def __init__(self, folder: Path, way: Transport, curve: Curve, clock: Clock, rng: Rng) -> None:
        self._folder: Final = folder
        self._way: Final = way
        self._curve: Final = curve
        self._clock: Final = clock
        self._rng: Final = rng
        self._lock: Final = Lock()
        self._open: Final[dict[str, Wallet]] = {}

    def receive(self, person: Invented, document: IssuerDocument, offer: Offer, token: str) -> HeldCredential:
        """Makes the person's wallet and claims the credential. Raises as :meth:`credence.sdk.Wallet.receive`."""
        pin = TrustedIssuer(document.issuer, document.log_vkey, frozenset({document.digest()}))
        self._folder.mkdir(mode=0o700, exist_ok=True)
        wallet = Wallet.create(
            self._vault(person),
            _PASSPHRASE,
            transport=self._way,
            trust=[pin],
            parameters=_QUICK,
            curve=self._curve,
            clock=self._clock,
            rng=self._rng,
        )
        return wallet.receive(offer, token)

    def answer(self, person: Invented, session_id: str, behaviour: Behaviour) -> Answered:
        """Has the person's wallet answer a session.

        Raises :class:`NoWallet`, and what the service answers, such as :class:`~credence.service.errors.BadNonce`.
        """
        with self._lock:
            wallet = self._wallet(person)
            try:
                request = perform(self._way, venue.request(session_id))
                disclosure = wallet.understand(request)
                if behaviour is Behaviour.CARELESS:
                    return Answered(disclosure, self._answer_carelessly(wallet, request))
                if disclosure.unmet:
                    return Answered(disclosure, None)
                if behaviour is Behaviour.HONEST:
                    return Answered(disclosure, wallet.answer(session_id, audience=request.audience))
                return Answered(disclosure, perform(self._way, venue.present(_forged(wallet, request))))
            except ServiceProblem as problem:
                raise _same(problem) from problem
            except TransportError as error:
                raise Unavailable from error

    def _answer_carelessly(self, wallet: Wallet, request: PresentationRequest) -> Decision | None:
        (held,) = wallet.credentials
        try:
            proven = prove_carelessly(self._curve, request, held, self._clock(), self._rng)
        except CircuitError:
            return None
        return perform(self._way, venue.present(proven))

    def _wallet(self, person: Invented) -> Wallet:
        if person.id not in self._open:
            if not self._vault(person).is_file():
                raise NoWallet
            self._open[person.id] = Wallet.open(
                self._vault(person),
                _PASSPHRASE,
                transport=self._way,
                curve=self._curve,
                clock=self._clock,
                rng=self._rng,
            )
        return self._open[person.id]

    def _vault(self, person: Invented) -> Path:
        return self._folder / f"{person.id}.vault"


def _same(problem: ServiceProblem) -> ServiceError:
    """The service's own error of the same kind."""
    kinds = (kind for kind in ROWS if issubclass(kind, ServiceError) and kind.slug == problem.slug)
    kind = next(kinds, None)
    return Unavailable() if kind is None or not issubclass(kind, ServiceError) else kind()


def _forged(wallet: Wallet, request: PresentationRequest) -> Presentation:
    proven = wallet.present(request, audience=request.audience)
    return replace(proven, proof=proven.proof[:-1] + bytes([proven.proof[-1] ^ 1]))
