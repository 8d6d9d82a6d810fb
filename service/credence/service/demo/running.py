"""The service of one run: an installation with keys and an SQLite file of its own, started on loopback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.wire import IssuerDocument
from credence.sdk import HttpTransport, Onboarding, VerifierDocument
from credence.sdk.calls import issuer, perform, verifier
from credence.service.app import create_app, initialise, open_services
from credence.service.auth import Scope
from credence.service.clock import Clock
from credence.service.demo.pid_provider import TrustFiles
from credence.service.demo.report import StepFailed
from credence.service.demo.server import NotServing, Server
from credence.service.runtime import Services
from credence.service.sandbox.clients import new_client
from credence.service.settings import Mode, Settings

ISSUER: Final = "issuer.example"
VERIFIER: Final = "verifier.example"
LOG: Final = "log.example/credence"
DESK: Final = "desk.example"
"""The client id of the issuer's front desk."""
SECOND_REVIEWER: Final = "reviewer.example"
"""Somebody else at the issuer: what departs from the rules takes two."""

LEDGER_INTERVAL_MS: Final = 25


@dataclass(frozen=True)
class Running:
    """A started service, and what its operator and everybody else know of it.

    ``operator`` has the installation open as a command beside the service has; ``onboarding`` is the issuer's front desk.
    ``second_reviewer`` approves what the desk proposes.
    """

    server: Server
    operator: Services
    transport: HttpTransport
    issuer: IssuerDocument
    verifier: VerifierDocument
    onboarding: Onboarding
    second_reviewer: Onboarding
    reviewer_key: str = field(repr=False)
    second_reviewer_key: str = field(repr=False)

    @property
    def log_vkey(self) -> str:
        """The key of the log, as everybody pins it."""
        return self.operator.ledger.verifier.vkey


def start_service(
    folder: Path,
    *,
    pid_trust: TrustFiles,
    vendor_keys: Mapping[str, bytes],
    trustee_dir: Path,
    clock: Clock,
    rng: Rng,
    curve: Curve,
    log: StringIO,
    exits: ExitStack,
) -> Running:
    """Make an installation in ``folder`` (keys, SQLite, migrations) and start all parties on a free port of loopback.

    The lists that were imported into ``folder`` are searched, and no others. ``log`` is where the service logs; what has
    to be stopped and closed is left with ``exits``. Raises :class:`StepFailed` where the service does not start, and what
    makes an installation impossible.
    """
    settings = Settings.load(
        data_dir=folder,
        issuer_id=ISSUER,
        verifier_id=VERIFIER,
        mode=Mode.OBLIGED,
        standings=True,
        ledger_origin=LOG,
        screening_lists={},
        pid_trust_list=pid_trust.providers,
        pid_trust_signers=pid_trust.signers,
        vendor_keys=vendor_keys,
        trustee_dir=trustee_dir,
        ledger_interval_ms=LEDGER_INTERVAL_MS,
    )
    initialise(settings, clock=clock, rng=rng, curve=curve)
    server = Server(create_app(settings, clock=clock, rng=rng, curve=curve, warm=True))
    exits.callback(server.stop)
    try:
        server.start()
    except NotServing as error:
        raise StepFailed(_refusal(log) or error.reason) from error
    operator = open_services(settings, clock=clock, rng=rng, curve=curve, checkpoints=False)
    for store in dict.fromkeys(operator.stores.values()):
        exits.callback(store.close)
    transport = exits.enter_context(HttpTransport(server.url))
    desk = new_client(operator, DESK, [Scope.ISSUER_CASES, Scope.ISSUER_REVIEW])
    second = new_client(operator, SECOND_REVIEWER, [Scope.ISSUER_REVIEW])
    return Running(
        server=server,
        operator=operator,
        transport=transport,
        issuer=perform(transport, issuer.document()),
        verifier=perform(transport, verifier.document()),
        onboarding=Onboarding(transport, api_key=desk.key),
        second_reviewer=Onboarding(transport, api_key=second.key),
        reviewer_key=desk.key,
        second_reviewer_key=second.key,
    )


def _refusal(log: StringIO) -> str | None:
    """Why the service did not start, where its log says so."""
    for line in reversed(log.getvalue().splitlines()):
        found = json.loads(line)
        if found.get("event") == "start.failed":
            return f"the service did not start: {found.get('reason')}"
    return None
