"""Which credentials answer a policy: of one holder in every slot, those that come closest, the longest valid of equals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from credence.circuits.credential import day_of
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import CredentialAsk, Policy, WeightedSum
from credence.circuits.presentation import can_satisfy

Chosen = Mapping[str, HeldCredential]
"""A credential for each slot of a policy."""

_RANKED: Final = 3
"""Credentials of a slot that are tried where a sum is over several of them."""

_TRIED: Final = 64


def choose(policy: Policy, held: Sequence[HeldCredential], now: int) -> tuple[Chosen | None, tuple[str, ...]]:
    """The choice and what it does not satisfy, in words; None where there is no credential for some slot, or no holder.

    Raises :class:`~credence.circuits.policy.PolicyError` for a policy that nobody can satisfy.
    """
    found = [(chosen, can_satisfy(policy, chosen, now)) for chosen in _choices(policy, held, now)]
    if found:
        return min(found, key=lambda pair: (len(pair[1]), -min(each.expiry_epoch for each in pair[0].values())))
    anyone = {slot: fitting[0] for slot, ask in policy.credentials.items() if (fitting := _fitting(ask, held))}
    return None, can_satisfy(policy, anyone, now)


def _choices(policy: Policy, held: Sequence[HeldCredential], now: int) -> Iterator[Chosen]:
    """The best of each holder whose credentials there are: the secrets towards another issuer are another holder's."""
    ranked = _RANKED if any(isinstance(predicate, WeightedSum) for predicate in policy.predicates) else 1
    for secrets in dict.fromkeys(credential.secrets for credential in held):
        own = [credential for credential in held if credential.secrets == secrets]
        slots = [_ranked(policy, slot, _fitting(ask, own), now)[:ranked] for slot, ask in policy.credentials.items()]
        for credentials in islice(product(*slots), _TRIED):
            yield dict(zip(policy.credentials, credentials, strict=True))


def _fitting(ask: CredentialAsk, held: Iterable[HeldCredential]) -> list[HeldCredential]:
    return [each for each in held if each.schema.id == ask.schema.id and each.issuer in ask.issuers]


def _ranked(policy: Policy, slot: str, held: list[HeldCredential], now: int) -> list[HeldCredential]:
    """Closest first, by what is asked of this slot alone."""
    today = day_of(now)
    asked = [each for each in policy.predicates if not isinstance(each, WeightedSum) and each.slot == slot]

    def distance(credential: HeldCredential) -> tuple[int, int]:
        values = credential.attributes
        failing = sum(not predicate.holds(values, today) for predicate in asked)
        return failing + (values["expires_on"] < today), -credential.expiry_epoch

    return sorted(held, key=distance)
