"""The numbers of the beliefs: one versioned file, parsed strictly, known by its digest.

Every number is a decimal string; a missing or unknown key is refused. Severity weights, half-lives, priors and both base
rates are proposals, to be fitted for each venue (docs/reputation.md).
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

import rfc8785

from credence.circuits.fields import unrepeated
from credence.service.errors import InvalidRequest

DEFAULT: Final = "belief-default"
SEVERITIES: Final = ("near_miss", "call", "liquidation", "bad_debt")
"""From the mildest to the worst; their weights rise in this order."""

MEMORIES: Final = ("calls", "liquidations", "bad_debts", "exposure", "conduct", "returns")

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,7}", re.ASCII)
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,6})?", re.ASCII)
_PLAIN: Final = (
    "risk_prior",
    "events_per_30_days",
    "liquidation_hazard_30_days",
    "sufficient_evidence",
    "evidence_per_recent",
)
_PAIRS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "severity": SEVERITIES,
        "half_life_days": MEMORIES,
        "event_day_prior": ("event_days", "clean_days"),
        "sharpe_prior": ("days", "volatility"),
        "turnover_prior": ("days", "per_day"),
        "exposure_floor": ("usd", "equity_over_open"),
    }
)
_MAX_BYTES: Final = 16 * 1024
_MOST_OVER: Final = 1_000


class ModelRefused(InvalidRequest):
    """A file of beliefs' numbers that must not be used; ``reason`` names the member."""


@dataclass(frozen=True)
class BeliefModel:
    """One version of the numbers, all positive. ``version`` is ``name/number/digest`` with 8 hex digits of SHA-256.

    ``severity``: what one event adds to O. ``half_life`` in days, by memory. ``event_rate``: weighted margin events a day of
    open exposure in a calm regime, which is what E counts. ``hazard``: of a liquidation within 30 days at θ = 1.
    ``most_evidence``: how many times the exposure of the last months E may be, ≥ 1.
    ``risk_prior`` is a of θ ~ Gamma(a, a); the others are (event days, clean days) of the Beta prior, (days, daily
    volatility) behind a Sharpe ratio of 0, and (days, turnover a day) of the turnover's. ``exposure_floor``: an hour counts
    as exposure from so many whole USD of open notional on, where the equity is at most so many times the open notional, so
    that dust cannot become evidence; that of the shipped numbers is applied when events are reduced.
    """

    version: str
    risk_prior: float
    severity: Mapping[str, float]
    half_life: Mapping[str, float]
    event_rate: float
    hazard: float
    sufficient: float
    most_evidence: float
    event_day_prior: tuple[float, float]
    sharpe_prior: tuple[float, float]
    turnover_prior: tuple[float, float]
    exposure_floor: tuple[int, int]


def parse_model(data: bytes) -> BeliefModel:
    """The numbers of a file. Raises :class:`ModelRefused`."""
    if len(data) > _MAX_BYTES:
        raise ModelRefused("the file is too large")
    try:
        found = json.loads(data, object_pairs_hook=unrepeated)
    except (ValueError, RecursionError) as error:
        raise ModelRefused("the file is no JSON object with every member once") from error
    _need(isinstance(found, dict) and set(found) == {"model", "version", *_PLAIN, *_PAIRS}, "members")
    name, number = found["model"], found["version"]
    _need(isinstance(name, str) and _NAME.fullmatch(name) is not None, "model")
    _need(type(number) is int and 1 <= number < 1_000_000, "version")
    plain = {key: _positive(found[key], key) for key in _PLAIN}
    tables = {key: _table(found[key], key, members) for key, members in _PAIRS.items()}
    weights = list(tables["severity"].values())
    _need(weights == sorted(weights), "severity")
    _need(plain["liquidation_hazard_30_days"] < 1, "liquidation_hazard_30_days")
    _need(plain["evidence_per_recent"] >= 1, "evidence_per_recent")
    memory = tables["half_life_days"]
    _need(memory["calls"] <= memory["liquidations"] <= memory["bad_debts"] <= memory["exposure"], "half_life_days")
    floor = tables["exposure_floor"]
    _need(
        all(number.is_integer() for number in floor.values()) and floor["equity_over_open"] <= _MOST_OVER, "exposure_floor"
    )
    digest = hashlib.sha256(rfc8785.dumps(found)).hexdigest()
    return BeliefModel(
        version=f"{name}/{number}/{digest[:8]}",
        risk_prior=plain["risk_prior"],
        severity=MappingProxyType(tables["severity"]),
        half_life=MappingProxyType(memory),
        event_rate=plain["events_per_30_days"] / 30,
        hazard=plain["liquidation_hazard_30_days"],
        sufficient=plain["sufficient_evidence"],
        most_evidence=plain["evidence_per_recent"],
        event_day_prior=(tables["event_day_prior"]["event_days"], tables["event_day_prior"]["clean_days"]),
        sharpe_prior=(tables["sharpe_prior"]["days"], tables["sharpe_prior"]["volatility"]),
        turnover_prior=(tables["turnover_prior"]["days"], tables["turnover_prior"]["per_day"]),
        exposure_floor=(int(floor["usd"]), int(floor["equity_over_open"])),
    )


@cache
def shipped_model() -> BeliefModel:
    """The numbers that come with this version."""
    return parse_model(shipped_document())


def shipped_document() -> bytes:
    """The file that they are in."""
    return (resources.files(__package__) / "shipped" / f"{DEFAULT}.json").read_bytes()


def _table(value: Any, name: str, members: tuple[str, ...]) -> dict[str, float]:
    _need(isinstance(value, dict) and set(value) == set(members), name)
    return {member: _positive(value[member], name) for member in members}


def _positive(value: Any, name: str) -> float:
    _need(isinstance(value, str) and _NUMBER.fullmatch(value) is not None and float(value) > 0, name)
    return float(value)


def _need(holds: bool, name: str) -> None:
    if not holds:
        raise ModelRefused(f"{name} is not as it has to be")
