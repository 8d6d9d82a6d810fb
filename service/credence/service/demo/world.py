"""The world of one demo run: the service, a clock that can be moved, and whoever takes part."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Final, Self, TypeVar

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.fields import Json
from credence.sdk import Auditor, Decision, Evidence, RegisteredPolicy, TrustedIssuer, Verifier, Wallet
from credence.sdk.calls import issuer, perform
from credence.sdk.errors import AuditError, ServiceProblem
from credence.service.clock import system_clock
from credence.service.demo.cast import Holder, OnList, Venue
from credence.service.demo.pid_provider import PidProvider
from credence.service.demo.real_input import AccountDays
from credence.service.demo.report import StepFailed
from credence.service.demo.running import ISSUER, Running, start_service
from credence.service.demo.server import captured_logs
from credence.service.demo.trustees import Trustees
from credence.service.sandbox.persons import Person
from credence.service.sandbox.vendor import Vendor

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds that the log is given to take up what it was told."""

_PAUSE: Final = 0.02
_DISTINCT: Final = 6
_LONG: Final = 32
_BETWEEN: Final = re.compile(r'[.~"]')
"""What stands between the parts of signed evidence."""


class DemoClock:
    """The machine's time, and what it was moved by."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        """The time in unix seconds."""
        return system_clock() + self._ahead

    def move_to(self, moment: int) -> None:
        """From now on it is ``moment`` and later. Raises :class:`StepFailed` for a moment in the past."""
        ahead = moment - self()
        if ahead < 0:
            raise StepFailed("a clock is not moved back")
        self._ahead += ahead


class World:
    """Everything a step may use. A context manager: at its end the service is stopped, whatever has happened.

    ``answered`` is a challenge that is spent; ``listed`` and those after it apply under names that are on the lists;
    ``accounts`` are real ones, ``personal`` is what nobody may keep.
    ``holders`` and ``venues`` are by name, ``notes`` are the log's checkpoints as an auditor saw them, ``decisions`` the
    accepted ones.
    """

    def __init__(
        self,
        folder: Path,
        curve: Curve,
        rng: Rng,
        *,
        ofac: Path | None = None,
        un: Path | None = None,
        days: Path | None = None,
    ) -> None:
        self.folder: Final = folder
        self.curve: Final = curve
        self.rng: Final = rng
        self.ofac: Final = ofac
        self.un: Final = un
        self.days: Final = days
        self.clock: Final = DemoClock()
        self.started_at: Final = self.clock()
        self.service_log: Final = StringIO()
        self.vendor: Final = Vendor.create(rng)
        self.pid_provider: Final = PidProvider(rng, self.started_at)
        self.trustees: Final = Trustees.meet(folder, curve, rng)
        self.answered = ""
        self.listed: OnList | None = None
        self.namesake: OnList | None = None
        self.mistyped: OnList | None = None
        self.accounts: AccountDays | None = None
        self.personal: Final[dict[str, str]] = {}
        self.holders: Final[dict[str, Holder]] = {}
        self.venues: Final[dict[str, Venue]] = {}
        self.decisions: Final[list[Decision]] = []
        self.notes: Final[list[str]] = []
        self._exits: Final = ExitStack()
        self._running: Running | None = None

    def __enter__(self) -> Self:
        self._exits.enter_context(captured_logs(self.service_log))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._exits.close()

    @property
    def service(self) -> Running:
        """The service. Raises :class:`StepFailed` before it was started."""
        if self._running is None:
            raise StepFailed("the service was not started")
        return self._running

    @property
    def first_holder(self) -> Holder:
        """Whoever was verified first. Raises :class:`StepFailed` before anybody was."""
        for holder in self.holders.values():
            return holder
        raise StepFailed("nobody has a credential")

    @property
    def data_dir(self) -> Path:
        """Where the service keeps everything that it keeps."""
        return self.folder / "service"

    def start(self) -> None:
        """Start the service; see :func:`start_service`."""
        self._running = start_service(
            self.data_dir,
            pid_trust=self.pid_provider.write_trust(self.folder),
            vendor_keys=self.vendor.vendor_keys,
            trustee_dir=self.trustees.published,
            clock=self.clock,
            rng=self.rng,
            curve=self.curve,
            log=self.service_log,
            exits=self._exits,
        )

    def stop(self) -> None:
        """Stop the service now."""
        self.service.server.stop()

    def auditor(self) -> Auditor:
        """Somebody who follows the log and has seen nothing of it yet."""
        return Auditor(self.service.transport, self.service.log_vkey)

    def remember(self, person: Person, evidence: Evidence) -> None:
        """Keeps what was said of a person, so that it can be looked for in what the service keeps."""
        facts = {
            "full name": person.full_name,
            "family name": person.family_name,
            "birth date": person.birth_date,
            "document number": person.document_number,
        }
        # a short word may be met by chance in a key or a proof
        self.personal.update({text: what for what, text in facts.items() if len(text) >= _DISTINCT})
        parts = [part for part in _BETWEEN.split(evidence.token) if len(part) >= _LONG]
        self.personal.update(dict.fromkeys([evidence.token, *parts], "part of signed evidence"))

    def note(self, auditor: Auditor) -> None:
        """Keeps the newest checkpoint that an auditor has seen."""
        if auditor.seen is not None:
            self.notes.append(auditor.seen.note)

    def trust(self) -> TrustedIssuer:
        """The issuer as wallets pin it: its log, and the document that it shows now."""
        return TrustedIssuer(ISSUER, self.service.log_vkey, frozenset({self.service.issuer.digest()}))

    def vault(self, name: str) -> Path:
        """Where a holder keeps the wallet's vault."""
        return self.folder / f"{name.lower()}.vault"

    def new_wallet(self, name: str, passphrase: str) -> Wallet:
        """An empty wallet whose vault is sealed under ``passphrase``."""
        return Wallet.create(
            self.vault(name),
            passphrase,
            transport=self.service.transport,
            trust=[self.trust()],
            trustees=[self.trustees.pin],
            auditor=self.auditor(),
            curve=self.curve,
            clock=self.clock,
            rng=self.rng,
        )

    def open_wallet(self, name: str, passphrase: str) -> Wallet:
        """The wallet of that name, from its vault."""
        return Wallet.open(
            self.vault(name),
            passphrase,
            transport=self.service.transport,
            trust=[self.trust()],
            trustees=[self.trustees.pin],
            curve=self.curve,
            clock=self.clock,
            rng=self.rng,
        )

    def move_clock(self, moment: int) -> None:
        """From now on it is ``moment`` and later, and the log has said of that minute what is revoked."""
        self.clock.move_to(moment)
        (key,) = self.service.issuer.accumulators

        def say() -> None:
            newest = perform(self.service.transport, issuer.staple(key.accumulator_id)).newest.checkpoint
            if newest.minute < self.clock() // 60:
                raise StepFailed("the log says nothing of the present minute")

        self.eventually(say)

    def register(self, verifier: Verifier, policy: Json) -> RegisteredPolicy:
        """Register a policy at a venue, and wait until the log says so: no wallet answers before."""
        before = verifier.document().rules
        registered = verifier.register_policy(policy)

        def say() -> None:
            if verifier.document().rules == before:
                raise StepFailed("the log does not hold the policy yet")

        self.eventually(say)
        return registered

    def eventually(self, look: Callable[[], T]) -> T:
        """What ``look`` finds as soon as the log has it. Raises what it raised last, after ten seconds of looking."""
        deadline = monotonic() + PATIENCE
        while True:
            try:
                return look()
            except (AuditError, ServiceProblem, StepFailed):
                if monotonic() > deadline:
                    raise
                sleep(_PAUSE)
