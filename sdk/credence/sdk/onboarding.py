"""The issuer's operator: hands in evidence, follows a case, decides what is in review."""

from __future__ import annotations

from typing import Literal

from credence.circuits.wire import IssuerDocument
from credence.sdk.calls import issuer, perform
from credence.sdk.calls.issuer import Case, Evidence
from credence.sdk.transport import Transport


class Onboarding:
    """One operator of an issuer, by an API key with the scopes ``issuer:cases`` and, to decide, ``issuer:review``.

    Every method raises what :func:`~credence.sdk.calls.perform` raises. Safe for several threads where its transport is.
    """

    def __init__(self, transport: Transport, *, api_key: str) -> None:
        self._transport = transport
        self._api_key = api_key

    def document(self) -> IssuerDocument:
        """What the issuer publishes of itself."""
        return perform(self._transport, issuer.document())

    def submit(self, evidence: Evidence | str) -> Case:
        """Hand in evidence (or its token). An approved case carries the offer, this once; hand it to the person's wallet.

        Raises :class:`InvalidRequest` for evidence that no configured vendor signed.
        """
        return perform(self._transport, issuer.submit(_evidence(evidence), self._api_key))

    def case(self, case_id: str) -> Case:
        """A case as it is now, without its offer. Raises :class:`NotFound`."""
        return perform(self._transport, issuer.case(case_id, self._api_key))

    def decide(self, case_id: str, decision: Literal["approve", "decline"], reason: str) -> Case:
        """Decide a case in review; ``reason`` is a slug. Raises :class:`Conflict` for a case in another state."""
        return perform(self._transport, issuer.decide(case_id, decision, reason, self._api_key))


def _evidence(evidence: Evidence | str) -> Evidence:
    return Evidence(evidence) if isinstance(evidence, str) else evidence
