"""Requests at the door for standings, each right in everything: nobody logs in there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import b64u, random_scalar
from credence.circuits.issuance import accept_credential, issuing_interface, request_credential
from credence.circuits.presentation import AccumulatorView
from credence.circuits.renewal import RenewalAsk, request_renewal
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer
from credence.service.sandbox.persons import LOW_RISK
from tests.circuits.journey import draw_secrets
from tests.service.auth.premises import EVERY, STAFF, Make, Premises, Sample

_DONE: Final = frozenset({200, 201})

_RENEWED: Final[dict[int, Sample]] = {}


def _venue(premises: Premises) -> dict[str, str]:
    return {"venue": f"{premises.running.services.settings.verifier_id}/{EVERY}"}


def _renewal(premises: Premises) -> Sample:
    """A proof; the same one each time."""
    if id(premises) not in _RENEWED:
        _RENEWED[id(premises)] = _proven(premises)
    return _RENEWED[id(premises)]


def _proven(premises: Premises) -> Sample:
    client, services, rng = premises.running.client, premises.running.services, premises.running.rng
    curve, now, secrets = services.curve, premises.office.now, draw_secrets(rng)
    evidence = premises.evidence(replace(LOW_RISK, document_number="C11X00009"))
    case = premises.told(STAFF, "POST", "/v1/issuer/cases", {"evidence": evidence})
    request = request_credential(issuing_interface(curve), PERSON_1, secrets, rng)
    offer = Offer.parse(case["offer"])
    body = {"offer_secret": offer.secret, "commitment": b64u(request.commitment), "evidence": evidence}
    answer = client.post(f"/v1/issuer/cases/{offer.case_id}/credential", json=body)
    document = IssuerDocument.parse(client.get("/v1/issuer/document").json())
    held = accept_credential(curve, document, IssuedCredential.parse(answer.json()), secrets, request.blind, now)
    assert held.witness is not None
    assert held.accumulator is not None
    ask = RenewalAsk.parse(client.post("/v1/issuer/standings/sessions", json=_venue(premises)).json())
    newest = ask.staple.newest.checkpoint
    view = AccumulatorView(held.accumulator.public_key, newest.value, newest.index, newest.minute)
    proven = request_renewal(curve, ask, document, held, view, held.witness.witness, random_scalar(rng), now, rng)
    return Sample(_DONE, {"session_id": ask.session_id}, proven.request.to_json())


RENEWALS: Final[dict[str, Make]] = {
    "openRenewal": lambda premises, owner: Sample(frozenset({201}), body=_venue(premises)),
    "renewStanding": lambda premises, owner: _renewal(premises),
}
