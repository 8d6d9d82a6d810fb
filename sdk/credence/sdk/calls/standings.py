"""``/v1/issuer/standings``: a holder renews the standing of one of its pseudonyms. Nobody logs in: the proof says enough."""

from __future__ import annotations

from credence.circuits.renewal import RenewalAsk, RenewalRequest, RenewedStanding
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.messages import Request


def begin(venue: str, suffix: str) -> Call[RenewalAsk]:
    """Open a session for the standing of a pseudonym of ``venue`` (``<verifier>/<client>``) with that suffix."""
    body = {"venue": venue, "suffix": suffix}
    return Call(Request("POST", "/v1/issuer/standings/sessions", body=body), answer(RenewalAsk.parse))


def renew(request: RenewalRequest) -> Call[RenewedStanding]:
    """Hand in the proof. The same commitment again brings the same standing."""
    path = f"/v1/issuer/standings/sessions/{segment(request.session_id)}/renewal"
    sent = Request("POST", path, body=request.to_json())
    return Call(sent, answer(about("session_id", request.session_id, RenewedStanding.parse)))
