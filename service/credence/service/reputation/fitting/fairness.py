"""Whether what counts for a venue is right within groups of its accounts: tenure, size, and a band that the venue names.

A band stands for a jurisdiction or whatever else the venue wants to know of. It comes with the question, by pseudonym, is
kept nowhere, and is no identity: nobody here learns what a name stands for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.belief.risk_fitting import any_chances
from credence.service.reputation.evaluation.fairness import (
    LEAST_JUDGED,
    TOLERANCE,
    FairnessReport,
    judge_fairness,
)
from credence.service.reputation.evaluation.tables import TableRefused, read_table
from credence.service.reputation.fitting.candidate import (
    groups_of,
    judged_days,
    place_of,
    prior_of,
    rows_of,
    weight_of,
)
from credence.service.reputation.fitting.histories import SIZES, TENURES, VenueHistory
from credence.service.reputation.small import LEAST

MOST_BANDS: Final = 20
UNTOLD: Final = "not told"
LIMIT: Final = (
    "whether chances of a margin event are right within groups that are large enough to see; not whether what follows from "
    "them is fair, and nothing of groups that nobody named"
)

_BAND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True)
class VenueFairness:
    """The report, what its bands are called, and how much was looked at."""

    model: str
    report: FairnessReport
    names: Mapping[str, Sequence[str]]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Each shown group with its band in words. ``account_days`` are what was judged."""
        found = []
        for group in self.report.groups:
            told = {**group.to_json(), "band": self.names[group.attribute][group.band]}
            told["account_days"] = told.pop("rows")
            found.append(told)
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "passed": self.report.passed,
            "tolerance": TOLERANCE,
            "least_accounts": LEAST,
            "least_account_days": LEAST_JUDGED,
            "accounts_withheld": self.report.withheld,
            "groups": self.groups,
            "limit": LIMIT,
        }


def read_bands(path: Path) -> dict[bytes, str]:
    """A table with ``pseudonym`` (base64url) and ``band``, a name of at most 32 letters, digits and ``._-``; 20 bands at
    most. Raises :class:`TableRefused`."""
    table = read_table(path, ("pseudonym", "band"))
    found: dict[bytes, str] = {}
    for pseudonym, band in zip(table.words("pseudonym"), table.words("band"), strict=True):
        if not _BAND.fullmatch(band):
            raise TableRefused("a band is a name of letters, digits and ._- of at most 32 characters")
        try:
            found[b64u_decode(pseudonym, max_length=128)] = band
        except CircuitError as error:
            raise TableRefused("a pseudonym is written in base64url") from error
    if len(set(found.values())) > MOST_BANDS:
        raise TableRefused(f"there are at most {MOST_BANDS} bands")
    return found


def judge_venue_fairness(
    found: VenueHistory, model: BeliefModel, split: int, banded: Mapping[bytes, str] | None = None
) -> VenueFairness:
    """The model that counts, on the days from ``split`` (a unix day) on, each from the days before it alone: is its chance
    of a margin event on the day right in every group? Raises :class:`TableRefused` as a fit does."""
    place = place_of(found, split)
    prior = prior_of(model, weight_of(found, place))
    due = judged_days(found, place)
    rows, groups = rows_of(due), groups_of(found, due)
    names: dict[str, Sequence[str]] = {"tenure": _spans(TENURES, "days"), "size": _spans(SIZES, "USD")}
    if banded is not None:
        names["jurisdiction"] = (*sorted(set(banded.values())), UNTOLD)
        number = {name: place for place, name in enumerate(names["jurisdiction"])}
        by_row = [number[banded.get(account, UNTOLD)] for account in found.accounts]
        groups["jurisdiction"] = np.array(by_row, dtype=np.int64)[rows]
    outcomes = (found.events[due] > 0).astype(np.float64)
    report = judge_fairness(outcomes, any_chances(prior, found.events, found.exposure)[due], groups, rows)
    return VenueFairness(model.version, report, names)


def _spans(edges: Sequence[float], unit: str) -> tuple[str, ...]:
    words = [f"{low:,.0f} to {high:,.0f} {unit}" for low, high in pairwise(edges)]
    return (f"under {edges[0]:,.0f} {unit}", *words, f"{edges[-1]:,.0f} {unit} and more")
