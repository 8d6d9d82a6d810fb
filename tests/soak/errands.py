"""Errands: what clients of a service are about when it dies, in steps, so that each can be taken again as it was."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from credence.circuits.encoding import b64u
from credence.circuits.wire import IssuerDocument
from credence.sdk import (
    Auditor,
    Case,
    Decision,
    Evidence,
    HeldCredential,
    HttpTransport,
    OpenSession,
    SealParameters,
    TrustedIssuer,
    Verifier,
    VerifierDocument,
    Wallet,
)
from credence.sdk.calls import Call, issuer, keyed, perform, reputation, verifier
from credence.sdk.calls.issuer import Revocation
from credence.sdk.errors import AuditError, CredenceError, NotFound
from credence.sdk.retries import Retries
from credence.service.clock import system_clock
from tests.soak.installations import AUDIENCE, ISSUER, POLICY, Installation, invented

T = TypeVar("T")

QUICKEST = SealParameters(iterations=2, lanes=1, memory_kib=19 * 1024)
"""The least that seals a vault."""

_EVENTS: Final = 5
_PAUSE: Final = 0.03


class Broken(Exception):
    """The service did not keep its word; the message says in what."""


@dataclass(frozen=True)
class Ways:
    """What the SDK's clients of one service share. Vaults lie in ``folder``."""

    installation: Installation
    transport: HttpTransport
    folder: Path
    issuer: IssuerDocument
    verifier: VerifierDocument

    @classmethod
    @contextmanager
    def to(
        cls, url: str, installation: Installation, folder: Path, *, connections: int, retries: Retries | None = None
    ) -> Iterator[Self]:
        """Of the service at ``url``, which answers; ``retries`` are the SDK's own unless given."""
        with HttpTransport(url, connections=connections, retries=retries) as transport:
            documents = perform(transport, issuer.document()), perform(transport, verifier.document())
            yield cls(installation, transport, folder, *documents)

    def auditor(self) -> Auditor:
        """Somebody who follows the log, and has seen nothing of it."""
        return Auditor(self.transport, self.issuer.log_vkey)

    def wallet(self, name: str) -> Wallet:
        """A new wallet that trusts the issuer's document."""
        trust = TrustedIssuer(ISSUER, self.issuer.log_vkey, frozenset({self.issuer.digest()}))
        path, passphrase = self.folder / f"{name}.vault", secrets.token_hex(16)
        return Wallet.create(path, passphrase, transport=self.transport, trust=[trust], parameters=QUICKEST)


class Errand:
    """``step`` is under way since ``began`` (monotonic seconds)."""

    def __init__(self, ways: Ways, step: str) -> None:
        self.ways = ways
        self.step = step
        self.began = 0.0

    @property
    def finished(self) -> bool:
        """Whether the last step was answered."""
        raise AssertionError

    def run(self) -> None:
        """Goes on from the step that was not answered, with the same request. Raises what the SDK raises, or Broken."""
        raise AssertionError

    def was_done(self) -> bool:
        """Whether the service did the step that it never answered, as far as one can tell from outside."""
        raise AssertionError

    def check(self, auditor: Auditor) -> None:
        """Returns iff what was answered is so, and in the log. Raises Broken, or what the SDK raises."""
        raise AssertionError

    def ask(self, step: str, call: Call[T]) -> T:
        """The step's answer."""
        self.step, self.began = step, time.monotonic()
        return perform(self.ways.transport, call)


class Issue(Errand):
    """A person is verified and gets a credential into a new wallet."""

    def __init__(self, ways: Ways, number: int) -> None:
        super().__init__(ways, "submit")
        self.number = number
        self.token = ways.installation.vendor.issue_result(invented(number), ISSUER, system_clock())
        self.submit = keyed(issuer.submit(Evidence(self.token), ways.installation.desk_key), secrets.token_bytes)
        self.case: Case | None = None
        self.wallet: Wallet | None = None
        self.held: HeldCredential | None = None

    @property
    def finished(self) -> bool:
        """The wallet holds the credential."""
        return self.held is not None

    def run(self) -> None:
        """Submit the evidence, claim the credential; the wallet sees to it that it is the same one the second time."""
        self.case = self.case or self.ask("submit", self.submit)
        if self.case.offer is None:
            raise Broken(f"a case is {self.case.state}")
        self.wallet = self.wallet or self.ways.wallet(f"person-{self.number}")
        self.step, self.began = "claim", time.monotonic()
        self.held = self.wallet.receive(self.case.offer, self.token)

    def was_done(self) -> bool:
        """The case says whether the credential was issued."""
        return self.case is not None and self._state() == "issued"

    def check(self, auditor: Auditor) -> None:
        """The attestation is published and logged, and its case is over."""
        assert self.held is not None
        auditor.attestation(self.held.attestation_id, leaf=self.held.leaf)
        if self._state() != "issued":
            raise Broken("the case of a credential is open")

    def _state(self) -> str:
        assert self.case is not None
        return perform(self.ways.transport, issuer.case(self.case.case_id, self.ways.installation.desk_key)).state


class Revoke(Issue):
    """A person gets a credential, which is revoked."""

    def __init__(self, ways: Ways, number: int, auth: str) -> None:
        super().__init__(ways, number)
        self._auth = auth
        self._revoke: Call[Revocation] | None = None
        self.revocation: Revocation | None = None

    @property
    def finished(self) -> bool:
        """The revocation was acknowledged."""
        return self.revocation is not None

    def run(self) -> None:
        """The credential as before, then its revocation, under the same key each time."""
        if self.held is None:
            super().run()
        assert self.held is not None
        if self._revoke is None:
            call = issuer.revoke("soak", self._auth, attestation_id=self.held.attestation_id)
            self._revoke = keyed(call, secrets.token_bytes)
        self.revocation = self.ask("revoke", self._revoke)


class Report(Errand):
    """A venue reports conduct of somebody whom nobody else reports anything of."""

    def __init__(self, ways: Ways, auth: str) -> None:
        super().__init__(ways, "report")
        self.ids = tuple(secrets.token_hex(12) for _ in range(_EVENTS))
        whom, now = b64u(secrets.token_bytes(48)), system_clock()
        common = {"kind": "deposit", "pseudonym": whom, "source": "engine", "at": now, "amount": "5"}
        self._call = reputation.report_events([{"id": name} | common for name in self.ids], auth)
        self._told: set[str] = set()

    @property
    def finished(self) -> bool:
        """Every event was taken, now or before."""
        return bool(self._told)

    def run(self) -> None:
        """The same events each time; those that are there already are not taken twice."""
        told = {line.outcome for line in self.ask("report", self._call)}
        if not told <= {"accepted", "duplicate"}:
            raise Broken(f"an event is {', '.join(sorted(told))}")
        self._told = told

    def check(self, auditor: Auditor) -> None:
        """Nothing of it is in the log, or answered one by one: the rows are counted at the end."""


class Show(Errand):
    """A venue asks, a wallet proves, the venue gets a decision."""

    def __init__(self, ways: Ways, wallet: Wallet) -> None:
        super().__init__(ways, "open")
        self.wallet = wallet
        nothing: dict[str, Any] = {"volume_30d_usd": None, "maker_share": None, "channel": b"", "message": b""}
        self.open = keyed(verifier.open_session(POLICY, ways.installation.venue_key, **nothing), secrets.token_bytes)
        self.opened: OpenSession | None = None
        self.decision: Decision | None = None

    @property
    def finished(self) -> bool:
        """The wallet knows the decision."""
        return self.decision is not None

    def run(self) -> None:
        """Open a session, prove, present; a wallet that was not answered sends the same proof under the same key."""
        self.opened = self.opened or self.ask("open", self.open)
        self.step, self.began = "present", time.monotonic()
        self.decision = self.wallet.answer(self.opened.session_id, audience=AUDIENCE)
        if not self.decision.accepted:
            raise Broken(f"a good proof was denied: {self.decision.reason}")

    def was_done(self) -> bool:
        """The venue's session says whether it was answered."""
        return self.opened is not None and self._session().state == "accepted"

    def check(self, auditor: Auditor) -> None:
        """The venue has the very decision that the wallet was told, with a receipt that is signed and logged."""
        assert self.decision is not None
        found = self._session()
        if found.state != "accepted" or found.result is None or found.result.answer != self.decision.answer:
            raise Broken("the venue has another decision than the wallet")
        venue = Verifier(self.ways.transport, audience=AUDIENCE, api_key=self.ways.installation.venue_key)
        venue.receipt(self.decision, self.ways.verifier)
        auditor.receipt(dict(self.decision.receipt), self.ways.verifier)

    def _session(self) -> verifier.Session:
        assert self.opened is not None
        return perform(self.ways.transport, verifier.session(self.opened.session_id, self.ways.installation.venue_key))


def holders(ways: Ways, numbers: Iterator[int], count: int) -> tuple[list[Errand], list[Wallet]]:
    """So many persons who have a credential by now, and their wallets."""
    made = [Issue(ways, next(numbers)) for _ in range(count)]
    for each in made:
        each.run()
    return list(made), [each.wallet for each in made if each.wallet is not None]


def missed(errand: Errand, auditor: Auditor, patience: float, *more: type[CredenceError]) -> Exception | None:
    """Why what was acknowledged is not so, None where it is. The log is given a moment, and so is who raises ``more``."""
    end = time.monotonic() + patience
    while True:
        try:
            errand.check(auditor)
        except (AuditError, NotFound, *more) as error:
            if time.monotonic() > end:
                return error
            time.sleep(_PAUSE)
        except (CredenceError, Broken) as error:
            return error
        else:
            return None
