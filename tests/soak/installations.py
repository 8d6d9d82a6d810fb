"""Installations to measure: keys, a database of either kind, an issuer that believes a test vendor, a venue, and holders."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import b64u
from credence.circuits.fields import Json
from credence.circuits.issuance import (
    HeldCredential,
    HolderSecrets,
    accept_credential,
    issuing_interface,
    request_credential,
)
from credence.circuits.presentation import present
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.service.app import PARTIES, initialise, open_services
from credence.service.auth import Scope
from credence.service.clock import system_clock
from credence.service.demo.cast import LICENSED
from credence.service.issuer.desk import Desk as IssuerDesk
from credence.service.issuer.intake import open_case
from credence.service.issuer.issuance import Claim, claim_credential
from credence.service.runtime import Services
from credence.service.sandbox import policies as asks
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.persons import LISTED_NAMES, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from credence.service.verifier import policies, sessions
from credence.service.verifier.desk import Desk as VerifierDesk
from credence.service.verifier.rules import register
from tests.service.postgres import Postgres, postgres

Kind = Literal["sqlite", "postgresql"]
KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")
SQLITE: Final = KINDS[:1]
POSTGRESQL: Final = KINDS[1:]
"""A quick figure tries one of the two: half of them the one, half the other."""

ISSUER: Final = "issuer.example"
VERIFIER: Final = "verifier.example"
VENUE: Final = "venue.example"
DESK: Final = "desk.example"
AUDIENCE: Final = f"{VERIFIER}/{VENUE}"
POLICY: Final = "perp-standard"
EVIDENCE: Final = "vendor-jws"


@dataclass(frozen=True)
class Installation:
    """One installation, as a process of its own can be told of it. ``values`` are settings as they stand in the environment.

    ``desk_key`` and ``venue_key`` are API keys of the issuer's front desk and of the venue, whose policy is registered.
    """

    kind: Kind
    values: dict[str, str] = field(repr=False)
    vendor_seed: bytes = field(repr=False)
    desk_key: str = field(default="", repr=False)
    venue_key: str = field(default="", repr=False)

    @property
    def vendor(self) -> Vendor:
        """Whom the issuer believes."""
        return _vendor(self.vendor_seed)

    @property
    def environment(self) -> dict[str, str]:
        """The same settings for another process."""
        return {f"CREDENCE_{name.upper()}": value for name, value in self.values.items()}

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return Settings.load(**self.values)

    @contextmanager
    def opened(self, *, checkpoints: bool = False) -> Iterator[Office]:
        """Both desks beside a service, or, with ``checkpoints``, in its place."""
        known: list[IssuerDesk] = []
        services = open_services(
            self.settings,
            clock=system_clock,
            rng=secrets.token_bytes,
            checkpoints=checkpoints,
            trusted=lambda: [desk.document() for desk in known],
        )
        try:
            issuer = _desk("issuer", services)
            assert isinstance(issuer, IssuerDesk)
            known.append(issuer)
            verifier = _desk("verifier", services)
            assert isinstance(verifier, VerifierDesk)
            yield Office(services, issuer, verifier, self.vendor)
        finally:
            for store in dict.fromkeys(services.stores.values()):
                store.close()


@dataclass(frozen=True)
class Office:
    """What the service itself has in its hands, in this process."""

    services: Services
    issuer: IssuerDesk
    verifier: VerifierDesk
    vendor: Vendor

    @property
    def document(self) -> IssuerDocument:
        """What the issuer publishes."""
        return self.issuer.document()

    def offered(self, number: int) -> tuple[str, str, str]:
        """Case id, offer secret and evidence of an invented person: a case that is approved, newly opened."""
        token = self.vendor.issue_result(invented(number), ISSUER, self.services.clock())
        view, _ = open_case(self.issuer, EVIDENCE, token.encode(), DESK)
        assert view.offer is not None, view.reasons
        return view.case.id, view.offer.secret, token

    def holder(self, number: int) -> HeldCredential:
        """An invented person's credential."""
        case_id, secret, token = self.offered(number)
        drawn = HolderSecrets(*(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3)))
        curve = self.services.curve
        request = request_credential(issuing_interface(curve), PERSON_1, drawn, secrets.token_bytes)
        issued, _ = claim_credential(self.issuer, Claim(case_id, secret, request.commitment, EVIDENCE, token.encode()))
        return accept_credential(curve, self.document, issued, drawn, request.blind, self.services.clock())

    def asked(self) -> PresentationRequest:
        """A new session of the venue, and its question."""
        return self.verifier.store.run(self.asking())

    def asking(self) -> Callable[[Session], PresentationRequest]:
        """What opens one, in a transaction."""
        services = self.services
        return partial(
            sessions.open_session,
            verifier_id=VERIFIER,
            venue=VENUE,
            asked=sessions.Asked(POLICY),
            tariffs=self.verifier.tariffs,
            now=services.clock(),
            lifetime=services.settings.session_seconds,
            rng=services.rng,
        )

    def proven(self, request: PresentationRequest, held: HeldCredential) -> Presentation:
        """A holder's answer to it, with a real proof."""
        return present(self.services.curve, request, {"person": held}, self.services.clock(), secrets.token_bytes)

    def count(self, table: str) -> int:
        """Rows of a table; all owners share one database here."""
        return int(self.scalar(f"SELECT count(*) FROM {table}"))

    def scalar(self, statement: str) -> Any:
        """The one value that a statement leads to."""
        with self.verifier.store.reading() as session:
            return session.connection().exec_driver_sql(statement).scalar_one()

    def column(self, statement: str) -> list[Any]:
        """The first column of every row that a statement leads to."""
        with self.verifier.store.reading() as session:
            return list(session.connection().exec_driver_sql(statement).scalars())


def invented(number: int) -> Person:
    """Person number ``number``: nobody's name, and a document of that person's own."""
    return replace(LOW_RISK, document_number=f"SOAK {number:09d}")


@contextmanager
def servers(kinds: Sequence[Kind] = KINDS, *, durable: bool = False) -> Iterator[Postgres | None]:
    """The PostgreSQL of this figure, where one is needed."""
    with ExitStack() as exits:
        yield exits.enter_context(postgres(durable=durable)) if "postgresql" in kinds else None


def install(kind: Kind, folder: Path, server: Postgres | None, **more: str) -> Installation:
    """A new installation in ``folder`` with a desk, a venue and the venue's policy; ``more`` are settings by name."""
    folder.mkdir(parents=True)
    seed = secrets.token_bytes(32)
    vendor = _vendor(seed)
    values = {
        "data_dir": str(folder / "data"),
        "issuer_id": ISSUER,
        "verifier_id": VERIFIER,
        "ledger_origin": "log.example/credence",
        "vendor_keys": f"{vendor.key_id}={b64u(vendor.public_key)}",
        "screening_lists": f"invented={LISTED_NAMES}",
        "ledger_interval_ms": "25",
        "session_seconds": "3600",
        "limits": "all=off",
        "log_level": "warning",
        **more,
    }
    if kind == "postgresql":
        assert server is not None
        values["database_url"] = server.create()
    made = Installation(kind, values, seed)
    initialise(made.settings, clock=system_clock, rng=secrets.token_bytes)
    with made.opened(checkpoints=True) as office:
        desk = new_client(office.services, DESK, [Scope.ISSUER_CASES])
        venue = new_client(office.services, VENUE, [Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS])
        now = office.services.clock()
        asked, trusted = dict(_policy()), [office.document]
        policy = policies.read_policy(asked, office.verifier.tariffs, now=now, documents=trusted)
        office.verifier.store.run(lambda session: register(session, office.services, VENUE, policy))
    return replace(made, desk_key=desk.key, venue_key=venue.key)


def _policy() -> Json:
    """Level 2, of age, resident where it is licensed and nowhere else; as often as anybody likes."""
    residence = ({"attribute": "residence", "in": list(LICENSED)}, {"attribute": "residence", "not_in": list(asks.EXCLUDED)})
    hidden = (asks.OF_AGE, *residence)
    return asks.person_policy(POLICY, ISSUER, 2, disclose=("risk_tier",), hidden=hidden, pseudonym=dict(asks.SUFFIX))


def _vendor(seed: bytes) -> Vendor:
    return Vendor(Ed25519PrivateKey.from_private_bytes(seed), secrets.token_bytes)


def _desk(name: str, services: Services) -> object:
    opening = PARTIES[name].opening
    assert opening is not None
    return opening(services)
