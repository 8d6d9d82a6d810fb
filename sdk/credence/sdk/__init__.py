"""How others take part: a wallet holds and presents, a verifier asks and checks, an auditor follows the log.

Everything here raises errors of one tree, :mod:`credence.sdk.errors`. The way to a service is a
:class:`~credence.sdk.transport.Transport`; :class:`HttpTransport` is the one over HTTP. Whoever awaits takes the class whose
name begins with ``Async``: it does the same, written in the same place (:mod:`credence.sdk.flow`).
"""

from credence.circuits.issuance import HeldCredential
from credence.circuits.presentation import Accepted
from credence.circuits.receipt import Receipt
from credence.circuits.wire import IssuerDocument, Offer, Presentation, PresentationRequest
from credence.sdk.auditor import (
    AsyncAuditor,
    AuditedDenials,
    AuditedEditions,
    AuditedReceipt,
    AuditedRules,
    Auditor,
    Inclusion,
    Seen,
)
from credence.sdk.calls.charges import Charge, ExplainedCall, Exposure, OpenPosition, Reconciled
from credence.sdk.calls.issuer import Case, Evidence
from credence.sdk.calls.reputation import Conduct, ReportedLine
from credence.sdk.calls.verifier import Decision, OpenSession, RegisteredPolicy, Session, VerifierDocument
from credence.sdk.credentials import ClientCredentials
from credence.sdk.disclosure import Disclosure
from credence.sdk.errors import CredenceError
from credence.sdk.onboarding import AsyncOnboarding, Onboarding
from credence.sdk.transport import AsyncHttpTransport, AsyncTransport, HttpTransport, Retries, Timeouts, Transport
from credence.sdk.vault import SealParameters
from credence.sdk.verifier import AsyncVerifier, Verifier, check_presentation
from credence.sdk.wallet import AsyncWallet, Satisfaction, TrustedIssuer, TrustedTrustees, Wallet
from credence.sdk.webhooks import WebhookEvent, verify_webhook

__all__ = [
    "Accepted",
    "AsyncAuditor",
    "AsyncHttpTransport",
    "AsyncOnboarding",
    "AsyncTransport",
    "AsyncVerifier",
    "AsyncWallet",
    "AuditedDenials",
    "AuditedEditions",
    "AuditedReceipt",
    "AuditedRules",
    "Auditor",
    "Case",
    "Charge",
    "ClientCredentials",
    "Conduct",
    "CredenceError",
    "Decision",
    "Disclosure",
    "Evidence",
    "ExplainedCall",
    "Exposure",
    "HeldCredential",
    "HttpTransport",
    "Inclusion",
    "IssuerDocument",
    "Offer",
    "Onboarding",
    "OpenPosition",
    "OpenSession",
    "Presentation",
    "PresentationRequest",
    "Receipt",
    "Reconciled",
    "RegisteredPolicy",
    "ReportedLine",
    "Retries",
    "Satisfaction",
    "SealParameters",
    "Seen",
    "Session",
    "Timeouts",
    "Transport",
    "TrustedIssuer",
    "TrustedTrustees",
    "Verifier",
    "VerifierDocument",
    "Wallet",
    "WebhookEvent",
    "check_presentation",
    "verify_webhook",
]
