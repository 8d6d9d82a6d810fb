"""How others take part: a wallet holds and presents, a verifier asks and checks, an auditor follows the log.

Everything here raises errors of one tree, :mod:`credence.sdk.errors`. The way to a service is a
:class:`~credence.sdk.transport.Transport`; :class:`HttpTransport` is the one over HTTP.
"""

from credence.circuits.issuance import HeldCredential
from credence.circuits.presentation import Accepted
from credence.circuits.receipt import Receipt
from credence.circuits.wire import IssuerDocument, Offer, Presentation, PresentationRequest
from credence.sdk.auditor import AuditedReceipt, Auditor, Inclusion, Seen
from credence.sdk.calls.issuer import Case, Evidence
from credence.sdk.calls.verifier import Decision, OpenSession, RegisteredPolicy, Session, VerifierDocument
from credence.sdk.disclosure import Disclosure
from credence.sdk.errors import CredenceError
from credence.sdk.onboarding import Onboarding
from credence.sdk.transport import HttpTransport, Timeouts, Transport
from credence.sdk.vault import SealParameters
from credence.sdk.verifier import Verifier, check_presentation
from credence.sdk.wallet import Satisfaction, TrustedIssuer, Wallet

__all__ = [
    "Accepted",
    "AuditedReceipt",
    "Auditor",
    "Case",
    "CredenceError",
    "Decision",
    "Disclosure",
    "Evidence",
    "HeldCredential",
    "HttpTransport",
    "Inclusion",
    "IssuerDocument",
    "Offer",
    "Onboarding",
    "OpenSession",
    "Presentation",
    "PresentationRequest",
    "Receipt",
    "RegisteredPolicy",
    "Satisfaction",
    "SealParameters",
    "Seen",
    "Session",
    "Timeouts",
    "Transport",
    "TrustedIssuer",
    "Verifier",
    "VerifierDocument",
    "Wallet",
    "check_presentation",
]
