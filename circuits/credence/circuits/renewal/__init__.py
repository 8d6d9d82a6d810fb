"""Blind renewal of a standing: the holder of a person's credential shows one venue pseudonym, and receives its standing.

One proof says: I hold a credential of this issuer's that has not expired and was not revoked; this is its holder's
pseudonym at that venue; and this point commits to the same three secrets. The issuer signs over the point, unseen, and has
learned the one pseudonym (docs/decisions/0046).
"""

from __future__ import annotations

from credence.circuits.renewal.checking import ProvenRenewal, check_renewal
from credence.circuits.renewal.messages import MAX_SUFFIX, PERSON, RENEWED, RenewalAsk, RenewalRequest, RenewedStanding
from credence.circuits.renewal.proving import Renewing, accept_standing, request_renewal, standing_end

__all__ = [
    "MAX_SUFFIX",
    "PERSON",
    "RENEWED",
    "ProvenRenewal",
    "RenewalAsk",
    "RenewalRequest",
    "RenewedStanding",
    "Renewing",
    "accept_standing",
    "check_renewal",
    "request_renewal",
    "standing_end",
]
