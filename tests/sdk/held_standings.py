"""Standings with dates of a test's choice, put into a wallet: no issuer gets one in there that is not of the last day."""

from __future__ import annotations

from credence.circuits.credential import STANDING_1
from credence.circuits.encoding import b64u
from credence.circuits.issuance import accept_credential, issuing_interface
from credence.sdk.wallet import Wallet
from tests.sdk.small_service import ISSUER, TOKEN, SmallService


def hold_standing(service: SmallService, wallet: Wallet, name: str) -> None:
    """Has the wallet hold what the service attests now, over the secrets that it has with this issuer."""
    contents, curve = wallet.flows.contents, service.curve
    offer = service.offer(name, STANDING_1)
    request = contents.root.commit(issuing_interface(curve), STANDING_1, ISSUER, service.rng)
    evidence = {"type": "vendor-jws", "token": TOKEN}
    commitment = b64u(request.commitment)
    issued = service._claim(name, {"offer_secret": offer.secret, "evidence": evidence, "commitment": commitment})
    secrets = contents.root.holder_secrets(ISSUER)
    held = accept_credential(curve, service.document, issued, secrets, request.blind, service.now)
    wallet.flows._keep(contents.with_credential(held, contents.issuers[ISSUER]))
