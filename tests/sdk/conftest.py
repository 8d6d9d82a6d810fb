"""A service in memory and a wallet that holds one credential of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.sdk.auditor import Auditor
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.loopback import Loopback, MakeWay, serving, ways
from tests.sdk.small_service import ISSUER, TOKEN, SmallService

PASSPHRASE = "correct horse battery"

Make = Callable[..., Wallet]


@pytest.fixture
def service(curve: Curve, rng: Rng) -> SmallService:
    return SmallService(curve, rng)


@pytest.fixture
def pin(service: SmallService) -> TrustedIssuer:
    return TrustedIssuer(ISSUER, service.log.signer.vkey)


@pytest.fixture
def auditor(service: SmallService) -> Auditor:
    return Auditor(service, service.log.signer.vkey)


@pytest.fixture
def empty(service: SmallService, pin: TrustedIssuer, curve: Curve, rng: Rng, tmp_path: Path) -> Wallet:
    """A wallet without a credential."""
    return Wallet.create(
        tmp_path / "vault",
        PASSPHRASE,
        transport=service,
        trust=[pin],
        parameters=FLOOR,
        curve=curve,
        clock=service.clock,
        rng=rng,
    )


@pytest.fixture
def wallet(empty: Wallet, service: SmallService) -> Wallet:
    """A wallet with one credential; what was sent for it is forgotten."""
    empty.receive(service.offer(), TOKEN)
    service.sent.clear()
    return empty


@pytest.fixture
def make(service: SmallService, pin: TrustedIssuer, curve: Curve, rng: Rng, tmp_path: Path) -> Make:
    """Makes wallets, each in a vault of its own."""
    made: list[Wallet] = []

    def create(**given: Any) -> Wallet:
        surroundings = {"transport": service, "trust": [pin], "curve": curve, "clock": service.clock, "rng": rng}
        made.append(Wallet.create(tmp_path / f"v{len(made)}", PASSPHRASE, parameters=FLOOR, **{**surroundings, **given}))
        return made[-1]

    return create


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture(params=["waited", "awaited"])
def make_way(request: pytest.FixtureRequest) -> Iterator[MakeWay]:
    """Makes ways over HTTP, of either face."""
    with ways(request.param) as make:
        yield make
