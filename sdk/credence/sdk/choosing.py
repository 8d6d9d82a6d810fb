"""Which credentials answer a policy: of one holder in every slot, those that come closest, the longest valid of equals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from credence.circuits.credential import day_of, text_to_scalar
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import CredentialAsk, Policy, Posterior, WeightedSum
from credence.circuits.presentation import can_satisfy

Chosen = Mapping[str, HeldCredential]
"""A credential for each slot of a policy."""

_RANKED: Final = 3
"""Credentials of a slot that are tried where a sum is over several of them."""

_TRIED: Final = 64


def choose(
    policy: Policy, held: Sequence[HeldCredential], requested_at: int, now: int
) -> tuple[Chosen | None, tuple[str, ...]]:
    """The choice and what it does not satisfy, in words; None where there is no credential for some slot, or no holder.

    What is proven is proven of the day of the request; that no credential has expired is asked of ``now``, too. Raises
    :class:`~credence.circuits.policy.PolicyError` for a policy that nobody can satisfy on that day.
    """
    today, latest = day_of(requested_at), max(day_of(requested_at), day_of(now))
    found = [(chosen, can_satisfy(policy, chosen, requested_at, now)) for chosen in _choices(policy, held, today, latest)]
    if found:
        return min(
            found,
            key=lambda pair: (
                len(pair[1]) + sum(_is_lost(policy, slot, each) for slot, each in pair[0].items()),
                -min(each.attributes["expires_on"] for each in pair[0].values()),
            ),
        )
    anyone = {slot: fitting[0] for slot, ask in policy.credentials.items() if (fitting := _fitting(ask, held))}
    return None, can_satisfy(policy, anyone, requested_at, now)


def _choices(policy: Policy, held: Sequence[HeldCredential], today: int, latest: int) -> Iterator[Chosen]:
    """The best of each holder whose credentials there are: the secrets towards another issuer are another holder's."""
    ranked = _RANKED if any(isinstance(predicate, WeightedSum) for predicate in policy.predicates) else 1
    for secrets in dict.fromkeys(credential.secrets for credential in held):
        own = [credential for credential in held if credential.secrets == secrets]
        for day in _days(policy, own):
            slots = [
                _ranked(policy, slot, _on(policy, slot, day, _fitting(ask, own)), today, latest)[:ranked]
                for slot, ask in policy.credentials.items()
            ]
            for credentials in islice(product(*slots), _TRIED):
                yield dict(zip(policy.credentials, credentials, strict=True))


def _days(policy: Policy, own: list[HeldCredential]) -> list[int | None]:
    """The days of which there is a standing of each venue that a posterior bound names, newest first; else None."""
    venues = _venues(policy)
    days = [{each.attributes["as_of"] for each in own if each.attributes.get("venue") == venue} for venue in venues.values()]
    common = sorted(set.intersection(*days), reverse=True) if days else []
    return [*common[:_RANKED]] or [None]


def _on(policy: Policy, slot: str, day: int | None, held: list[HeldCredential]) -> list[HeldCredential]:
    """For a slot under a posterior bound those of its venue and of ``day``, if there are any; for another one all."""
    venues = _venues(policy)
    if slot not in venues:
        return held
    of_venue = [each for each in held if each.attributes["venue"] == venues[slot]]
    return [each for each in of_venue if day in (None, each.attributes["as_of"])] or held


def _venues(policy: Policy) -> dict[str, int]:
    """Of which venue each standing under a posterior bound has to be, by slot."""
    posteriors = [predicate for predicate in policy.predicates if isinstance(predicate, Posterior)]
    return {slot: text_to_scalar(venue) for bound in posteriors for slot, venue in bound.venues}


def _fitting(ask: CredentialAsk, held: Iterable[HeldCredential]) -> list[HeldCredential]:
    return [each for each in held if each.schema.id == ask.schema.id and each.issuer in ask.issuers]


def _ranked(policy: Policy, slot: str, held: list[HeldCredential], today: int, latest: int) -> list[HeldCredential]:
    """Closest first, by what is asked of this slot alone on the day ``today``, and unexpired on the day ``latest``."""
    asked = [each for each in policy.predicates if not isinstance(each, WeightedSum | Posterior) and each.slot == slot]

    def distance(credential: HeldCredential) -> tuple[int, int, int]:
        values = credential.attributes
        failing = sum(not predicate.holds(values, today) for predicate in asked)
        failing += (values["expires_on"] < latest) + _is_lost(policy, slot, credential)
        return failing, -values["expires_on"], -values.get("as_of", 0)

    return sorted(held, key=distance)


def _is_lost(policy: Policy, slot: str, credential: HeldCredential) -> bool:
    """Whether it is asked that the credential is not revoked, and that cannot be shown, whatever a request carries."""
    asked = any(ask.slot == slot for ask in policy.not_revoked)
    return asked and (credential.accumulator is None or credential.revoked is not None)
