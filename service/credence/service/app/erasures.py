"""Erasing by itself what has come to its time, in every party's database, and finishing what was begun.

A round erases so many and no more; the next one goes on, whoever does it. What is under a legal hold is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from credence.service.issuer.retention import erasing as cases
from credence.service.reputation.retention import erasing as conduct
from credence.service.runtime import Services
from credence.service.verifier.retention import erasing as decisions

LIMIT: Final = 200
"""Cases, sessions or pseudonyms of one transaction."""

MAX_ROUNDS: Final = 10
"""Transactions of one chore in one round of housekeeping."""


@dataclass(frozen=True)
class Erasure:
    """A chore: ``work`` erases up to so many, and says how many it did; in transactions of its own."""

    name: str
    work: Callable[[int], int]

    def run(self) -> int:
        """Does it until nothing is left or the round is over. Raises as :meth:`Store.run`."""
        done = 0
        for _ in range(MAX_ROUNDS):
            gone = self.work(LIMIT)
            done += gone
            if gone < LIMIT:
                break
        return done


def erasures(services: Services) -> Iterator[Erasure]:
    """What there is to erase now in the databases of the parties of this process."""
    if "issuer" in services.parties:
        yield Erasure("erased-cases", partial(_cases, services))
        forgotten = partial(cases.forget_persons, services.store("issuer"), now=services.clock())
        yield Erasure("forgotten-persons", lambda limit: forgotten(limit=limit))
        yield Erasure("erased-vendor-results", partial(_results, services))
        yield Erasure("persons-keys", lambda _limit: cases.finish(services.store("issuer"), services.keeping))
    if "verifier" in services.parties:
        yield Erasure("erased-decisions", partial(_decisions, services))
        yield Erasure("pseudonyms-keys", lambda _limit: decisions.finish(services.store("verifier"), services.keeping))
    if "reputation" in services.parties:
        yield Erasure("erased-conduct", partial(_conduct, services))


def foreseen(services: Services) -> Mapping[str, int]:
    """How many each party would erase now, up to :data:`LIMIT` times :data:`MAX_ROUNDS`; nothing is changed."""
    now, limit = services.clock(), LIMIT * MAX_ROUNDS
    found: dict[str, int] = {}
    if "issuer" in services.parties:
        found |= cases.due(services.store("issuer"), now=now, limit=limit)
    if "verifier" in services.parties:
        found["sessions"] = decisions.due(services.store("verifier"), now=now, limit=limit)
    if "reputation" in services.parties:
        found["pseudonyms"] = conduct.due(services.store("reputation"), now=now, limit=limit)
    return found


def _cases(services: Services, limit: int) -> int:
    store, now = services.store("issuer"), services.clock()
    done = cases.purge(store, services.keeping, now=now, limit=limit, rng=services.rng)
    if done["cases"]:
        services.metrics.erased("case", done["cases"])
    return done["cases"]


def _results(services: Services, limit: int) -> int:
    done = cases.purge_results(services.store("issuer"), services.keeping, now=services.clock(), limit=limit)
    if done["vendor_results"]:
        services.metrics.erased("vendor-result", done["vendor_results"])
    return max(done["vendor_results"], done["vendor_messages"])


def _decisions(services: Services, limit: int) -> int:
    gone = decisions.purge(services.store("verifier"), services.keeping, now=services.clock(), limit=limit)
    if gone:
        services.metrics.erased("decision", gone)
    return gone


def _conduct(services: Services, limit: int) -> int:
    gone = conduct.purge(services.store("reputation"), now=services.clock(), limit=limit)
    if gone:
        services.metrics.erased("conduct", gone)
    return gone
