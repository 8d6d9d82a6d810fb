"""How much each piece of evidence counts: log-odds, fitted on training groups, one versioned file, never negative.

P(one person's) = 1/(1 + exp(−(base + Σ weight·evidence))). Evidence that could count against two wallets being linked is
none: whoever wants to look unlinked could make it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import rfc8785
from numpy.typing import ArrayLike
from scipy import optimize, special

from credence.service.reputation.belief.arrays import Floats, measured
from credence.service.reputation.links.evidence import KINDS
from credence.service.reputation.links.graph import LinksRefused

DEFAULT: Final = "links-default"

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,7}", re.ASCII)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]?)(?:\.[0-9]{1,4})?", re.ASCII)
_PENALTY: Final = 1.0
_MAX_BYTES: Final = 16 * 1024


@dataclass(frozen=True)
class LinkWeights:
    """One version: ``name/number/digest`` with 8 hex digits of SHA-256, or ``fitted``. ``weight`` by kind, ≥ 0."""

    version: str
    base: float
    weight: Mapping[str, float]

    def log_odds(self, evidence: ArrayLike) -> Floats:
        """Of pairs × kinds. Raises ``BeliefRefused``."""
        (rows,) = measured(evidence=evidence)
        found: Floats = self.base + rows.reshape(-1, len(KINDS)) @ np.array([self.weight[kind] for kind in KINDS])
        return found

    def chances(self, evidence: ArrayLike) -> Floats:
        """The probabilities (0-1) of pairs × kinds. Raises ``BeliefRefused``."""
        found: Floats = special.expit(self.log_odds(evidence))
        return found

    def to_json(self) -> dict[str, Any]:
        return {"base": f"{self.base:.4f}", "weight": {kind: f"{self.weight[kind]:.4f}" for kind in KINDS}}


def fit_weights(evidence: ArrayLike, linked: ArrayLike) -> LinkWeights:
    """Penalised maximum likelihood with no weight below 0, of pairs × kinds and whether each is linked (0 or 1).

    Raises :class:`LinksRefused` where all pairs are alike, ``BeliefRefused``.
    """
    (rows,), (found,) = measured(evidence=evidence), measured(linked=linked)
    if rows.shape != (found.size, len(KINDS)) or not 0 < found.sum() < found.size:
        raise LinksRefused("weights are fitted on pairs that are linked and pairs that are not")

    def loss(point: Floats) -> tuple[float, Floats]:
        odds = point[0] + rows @ point[1:]
        wrong = special.expit(odds) - found
        value = np.sum(np.logaddexp(0, odds) - found * odds) + _PENALTY / 2 * np.sum(point[1:] ** 2)
        return float(value), np.concatenate([[wrong.sum()], rows.T @ wrong + _PENALTY * point[1:]])

    start = np.zeros(1 + len(KINDS))
    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), *[(0, None)] * len(KINDS)])
    if not best.success:
        raise LinksRefused("the fit of the weights did not end")
    point = np.round(best.x, 4)
    return LinkWeights("fitted", float(point[0]), MappingProxyType(dict(zip(KINDS, point[1:].tolist(), strict=True))))


def parse_weights(data: bytes) -> LinkWeights:
    """The weights of a file. Raises :class:`LinksRefused`, which names the member."""
    _need(len(data) <= _MAX_BYTES, "size")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LinksRefused("the file of weights is no JSON") from error
    _need(isinstance(found, dict) and set(found) == {"weights", "version", "base", "weight"}, "members")
    name, number, weight = found["weights"], found["version"], found["weight"]
    _need(isinstance(name, str) and _NAME.fullmatch(name) is not None, "weights")
    _need(type(number) is int and 1 <= number < 1_000_000, "version")
    _need(isinstance(weight, dict) and set(weight) == set(KINDS), "weight")
    read = {kind: _number(weight[kind], kind) for kind in KINDS}
    _need(min(read.values()) >= 0, "weight")
    digest = hashlib.sha256(rfc8785.dumps(found)).hexdigest()[:8]
    return LinkWeights(f"{name}/{number}/{digest}", _number(found["base"], "base"), MappingProxyType(read))


@cache
def shipped_weights() -> LinkWeights:
    """The weights that come with this version."""
    return parse_weights((resources.files(__package__) / "shipped" / f"{DEFAULT}.json").read_bytes())


def _number(value: object, name: str) -> float:
    _need(isinstance(value, str) and _NUMBER.fullmatch(value) is not None, name)
    return float(str(value))


def _need(holds: bool, name: str) -> None:
    if not holds:
        raise LinksRefused(f"weights of links: {name} is not as it has to be")
