"""A temporary installation with open sessions and a proof made for each: what the service is measured with.

All is as in production but for two things: nobody is limited, and issuing and asking go through the desks in this process,
before the service starts. No setting is read from the environment, which may be that of an installation people rely on.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u, random_scalar
from credence.circuits.presentation import AccumulatorView, present
from credence.service.app import PARTIES, initialise, open_services
from credence.service.auth import Scope
from credence.service.bench.holders import FRONT_DESK, ISSUER, PERSON, POLICY, USES, Held, enrol, full_policy, published
from credence.service.clock import system_clock
from credence.service.issuer.desk import Desk as IssuerDesk
from credence.service.runtime import Services
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.installation import SandboxSettings
from credence.service.sandbox.persons import LISTED_NAMES
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import PREFIX
from credence.service.verifier import policies, sessions
from credence.service.verifier.desk import Desk as VerifierDesk
from credence.service.verifier.rules import register

D = TypeVar("D")

VERIFIER: Final = "verifier.example"
VENUE: Final = "venue.example"

SETTINGS: Final[Mapping[str, str]] = {
    "issuer_id": ISSUER,
    "verifier_id": VERIFIER,
    "ledger_origin": "log.example/credence",
    "screening_lists": f"invented={LISTED_NAMES}",
    "session_seconds": "3600",
    "mode": "obliged",  # the policy has everything, an escrow among it
    "limits": "all=off",
    "queue_length": "128",  # callers who are always there are a queue that does not empty
    "queue_ms": "30000",
}


@dataclass(frozen=True)
class Asked:
    """A presentation as it goes over the wire: the session that it answers, and the JSON."""

    session_id: str
    body: bytes = field(repr=False)
    proof_length: int


@dataclass(frozen=True)
class Premises:
    """``environment`` are the settings for ``credence serve``."""

    environment: Mapping[str, str] = field(repr=False)
    asked: Sequence[Asked] = field(repr=False)


def furnish(folder: Path, curve: Curve, count: int) -> Premises:
    """An installation in ``folder``, an empty one, with ``count`` presentations ready."""
    vendor, document = Vendor.create(secrets.token_bytes), folder / "issuer.json"
    values = {
        **SETTINGS,
        "data_dir": str(folder / "data"),
        "vendor_keys": f"{vendor.key_id}={b64u(vendor.public_key)}",
    }
    settings = SandboxSettings.load(**values)
    initialise(settings, clock=system_clock, rng=secrets.token_bytes, curve=curve)
    services = open_services(settings, clock=system_clock, rng=secrets.token_bytes, curve=curve)
    try:
        issuer, verifier = _opened("issuer", IssuerDesk, services), _opened("verifier", VerifierDesk, services)
        document.write_text(json.dumps(published(issuer).to_json()), encoding="utf-8")
        services.ledger.sequence()  # the accumulator's first checkpoint is in the log before anybody shows it
        asked = tuple(_asked(issuer, verifier, vendor, count))
    finally:
        for store in dict.fromkeys(services.stores.values()):
            store.close()
    values["trusted_issuers"] = f"{ISSUER}={document}"
    return Premises({PREFIX + name.upper(): value for name, value in values.items()}, asked)


def _opened(party: str, kind: type[D], services: Services) -> D:
    opening = PARTIES[party].opening
    desk = None if opening is None else opening(services)
    if not isinstance(desk, kind):
        raise TypeError(f"the {party} has another desk")
    return desk


def _asked(issuer: IssuerDesk, verifier: VerifierDesk, vendor: Vendor, count: int) -> Iterator[Asked]:
    services, store = verifier.services, verifier.store
    new_client(services, FRONT_DESK, [Scope.ISSUER_CASES])
    new_client(services, VENUE, [Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS])
    trustees = (services.curve.BP1 * random_scalar(secrets.token_bytes)).to_bytes()
    policy = policies.read_policy(
        full_policy(trustees),
        verifier.tariffs,
        now=services.clock(),
        documents=[published(issuer)],
        mode=services.settings.mode,
    )
    store.run(lambda session: register(session, services, VENUE, policy))
    (key,) = issuer.document().accumulators
    logged = issuer.stapler.staple(key.accumulator_id).newest.checkpoint
    view = AccumulatorView(key.public_key, logged.value, logged.index, logged.minute)
    held: Held = {}
    for number in range(count):
        if number % USES == 0:
            held = enrol(issuer, vendor, number // USES)
        request = store.run(
            partial(
                sessions.open_session,
                verifier_id=VERIFIER,
                venue=VENUE,
                asked=sessions.Asked(POLICY),
                tariffs=verifier.tariffs,
                now=services.clock(),
                lifetime=services.settings.session_seconds,
                rng=secrets.token_bytes,
                mode=services.settings.mode,
            )
        )
        state = held[PERSON].witness
        proven = present(
            services.curve,
            request,
            held,
            services.clock(),
            secrets.token_bytes,
            accumulators={PERSON: view},
            witnesses={} if state is None else {PERSON: state.witness},
            use=number % USES,
        )
        yield Asked(request.session_id, json.dumps(proven.to_json(), separators=(",", ":")).encode(), len(proven.proof))
