"""Who can be told from whom: presentations are made, paired, and given to a classifier that was trained with others.

A presentation stands in one pair only, and each pair has venues of its own: a pseudonym that stood in two pairs would be
learnt by heart, which is what it is for. So pairs are independent given the holders. All are made in one random order,
whatever their labels: what drifts while they are made says nothing of a label.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from typing import Final, TypeVar

from credence.circuits import curve as curves
from tests.circuits.unlinkability.classifier import Separation, separation, trained
from tests.circuits.unlinkability.holders import HOLDERS, USES, Population, Seen, Wanted, population
from tests.circuits.unlinkability.traits import Revoked, of_pair, of_revoked, revoked_later
from tests.circuits.unlinkability.wallets import WALLETS

T = TypeVar("T")

PROCESSES: Final = 2
_PART: Final = 50


@dataclass(frozen=True)
class Pair:
    """Two presentations to be made, and whether one holder makes both."""

    first: Wanted
    second: Wanted

    @property
    def same(self) -> bool:
        """The label."""
        return self.first.holder == self.second.holder


def across_venues(count: int, seed: str) -> list[Pair]:
    """At two venues: each presentation has a pseudonym and a tag of its own there."""
    drawn = random.Random(seed)
    pairs = []
    for number in range(count):
        one, other = _two(drawn)
        uses = drawn.randrange(USES), drawn.randrange(USES)
        first = Wanted(2 * number, one, f"venue-{number:06}-a", use=uses[0])
        pairs.append(Pair(first, Wanted(2 * number + 1, other, f"venue-{number:06}-b", use=uses[1])))
    return pairs


def across_uses(count: int, seed: str, *, alike: bool = False) -> list[Pair]:
    """At one venue, which asks for no pseudonym: in two hours, or as two uses of one; ``alike``: one use in two hours."""
    drawn = random.Random(seed)
    pairs = []
    for number in range(count):
        one, other = _two(drawn)
        use, hour = drawn.randrange(USES), 1 if alike else drawn.choice((0, 1, 2))
        again = use if alike else drawn.randrange(USES) if hour else (use + drawn.randrange(1, USES)) % USES
        venue = f"venue-{number:06}-a"
        first = Wanted(2 * number, one, venue, use=use, pseudonym=False)
        pairs.append(Pair(first, Wanted(2 * number + 1, other, venue, hour, again, pseudonym=False)))
    return pairs


def _two(drawn: random.Random) -> tuple[int, int]:
    one = drawn.randrange(HOLDERS)
    return (one, one) if drawn.random() < 0.5 else (one, (one + drawn.randrange(1, HOLDERS)) % HOLDERS)


def everyone() -> Population:
    """The holders, once a process."""
    return population(curves.load("native"))


def make(wanted: Sequence[Wanted], wallet: str, *, judged: bool = True) -> list[Seen]:
    """All of them, by two processes, in a random order."""
    order = list(range(len(wanted)))
    random.Random("order").shuffle(order)
    parts = [order[at : at + _PART] for at in range(0, len(order), _PART)]
    everyone()  # before the fork
    with _pool() as pool:
        made = pool.map(partial(_made, wallet, judged), [[wanted[at] for at in part] for part in parts])
        placed = {at: seen for part, found in zip(parts, made, strict=True) for at, seen in zip(part, found, strict=True)}
    return [placed[at] for at in range(len(wanted))]


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork"))


def _made(wallet: str, judged: bool, wanted: Sequence[Wanted]) -> list[Seen]:
    people = everyone()
    with WALLETS[wallet]():
        return [people.show(each, judged=judged) for each in wanted]


def make_pairs(pairs: Sequence[Pair], wallet: str = "honest", *, judged: bool = True) -> list[tuple[Seen, Seen]]:
    """Both presentations of each."""
    seen = make([each for pair in pairs for each in (pair.first, pair.second)], wallet, judged=judged)
    return list(zip(seen[::2], seen[1::2], strict=True))


def linked(pairs: Sequence[Pair], seen: Sequence[tuple[Seen, Seen]], training: int, *, timed: bool = True) -> Separation:
    """Pairs of one holder from pairs of two; the first ``training`` are trained with."""
    return _told_apart(partial(_pair_row, timed), seen, [pair.same for pair in pairs], training)


def _pair_row(timed: bool, pair: tuple[Seen, Seen]) -> list[float]:
    return of_pair(*pair, timed=timed)


def recognised(
    wanted: Sequence[Wanted], seen: Sequence[Seen], training: int, seed: str, *, timed: bool = True
) -> Separation:
    """Old presentations of who was revoked later from those of others, given all that the revocation made public."""
    _log()  # before the fork
    drawn = random.Random(seed)
    claims, labels = [], []
    for each, shown in zip(wanted, seen, strict=True):
        labels.append(drawn.random() < 0.5)
        claimed = each.holder if labels[-1] else (each.holder + drawn.randrange(1, HOLDERS)) % HOLDERS
        claims.append((claimed, shown))
    return _told_apart(partial(_claim_row, timed), claims, labels, training)


@cache
def _log() -> tuple[Revoked, ...]:
    return revoked_later(everyone())


def _claim_row(timed: bool, claim: tuple[int, Seen]) -> list[float]:
    claimed, shown = claim
    return of_revoked(everyone(), shown, _log()[claimed], timed=timed)


def _told_apart(row: Callable[[T], list[float]], items: Sequence[T], labels: Sequence[bool], training: int) -> Separation:
    with _pool() as pool:
        rows = list(pool.map(row, items[:training], chunksize=_PART))
    classifier = trained(rows, labels[:training])
    with _pool() as pool:
        scores = list(pool.map(partial(_score, classifier.score, row), items[training:], chunksize=_PART))
    return separation(scores, labels[training:])


def _score(score: Callable[[Sequence[float]], float], row: Callable[[T], list[float]], item: T) -> float:
    return score(row(item))
