"""What a policy's ``not_revoked`` needs of a verifier: staples for its wallets, and a judgement on what they show.

Everything here may ask another service, so that none of it runs inside a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from credence.circuits.errors import Refused
from credence.circuits.policy import Policy
from credence.circuits.presentation import AccumulatorView, FindAccumulator
from credence.circuits.revocation_log import AccumulatorKey, Staple, check_age
from credence.circuits.wire import IssuerDocument
from credence.service.errors import InvalidRequest, Unavailable
from credence.service.runtime import Services
from credence.service.verifier.accumulators import NoAccumulator


def check_followed(policy: Policy, documents: Sequence[IssuerDocument]) -> None:
    """Returns iff every slot that asks for non-revocation can be shown with the credential of some trusted issuer.

    Raises :class:`InvalidRequest` with the reason, for the policy's author.
    """
    for asked in policy.not_revoked:
        ask = policy.credentials[asked.slot]
        if not any(_key_of(documents, issuer, ask.schema.id) for issuer in ask.issuers):
            raise InvalidRequest(
                f"The policy is refused: not_revoked: no issuer of {asked.slot} that this verifier trusts has an"
                f" accumulator for {ask.schema.id}."
            )


def staples_of(services: Services, policy: Policy) -> tuple[Staple, ...]:
    """The newest staple of whatever the policy's slots may be shown with, where one is known.

    Raises :class:`NoAccumulator`, or another :class:`Unavailable`, where there is none for some slot: nobody could answer.
    """
    found: dict[tuple[str, str], Staple] = {}
    documents = services.trusted_documents() if policy.not_revoked else ()
    for asked in policy.not_revoked:
        ask, missing = policy.credentials[asked.slot], []
        names = [(issuer, ask.schema.id) for issuer in ask.issuers if _key_of(documents, issuer, ask.schema.id)]
        for name in names:
            try:
                found.setdefault(name, services.accumulators(*name, asked.max_age_s))
            except Unavailable as error:
                missing.append(error)
        if len(missing) == len(names):
            raise next(iter(missing), NoAccumulator())
    return tuple(found.values())


def finder(services: Services, documents: Sequence[IssuerDocument], now: int) -> FindAccumulator:
    """How verification looks a checkpoint up at ``now``: in the log, of a trusted issuer, and not too old.

    What it returns raises :class:`Unavailable` where that cannot be found out.
    """

    def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        key = _key_of(documents, issuer, schema)
        shown = None if key is None else services.checkpoint(issuer, key.accumulator_id, index, minute)
        if key is None or shown is None:
            return None
        newest = services.accumulators(issuer, schema, max_age_s).newest.checkpoint
        try:
            check_age(shown, newest, now=now, max_age_s=max_age_s)
        except Refused:
            return None
        return AccumulatorView(key.public_key, shown.value, shown.index, shown.minute)

    return find


def _key_of(documents: Sequence[IssuerDocument], issuer: str, schema: str) -> AccumulatorKey | None:
    keys = (document.accumulator_of(schema) for document in documents if document.issuer == issuer)
    return next((key for key in keys if key is not None), None)
