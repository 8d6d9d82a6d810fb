"""Two tangents for a score: what a wallet proves over sums of evidence and events, in place of the exact bound.

Of what is believed (docs/reputation.md): with a prior of a, O weighted events and E of evidence the bound is S(O, E) =
600 - 50·log2(19·(exp(h·Q(a + O)/(a + E)) - 1)), with Q(k) the 95 % quantile of Gamma(k, 1). S >= s holds exactly where
E >= g(O) = Q(a + O)/theta - a, with theta·h the cumulative hazard of s. Q is concave, so g is, and a tangent lies nowhere
below it: what a tangent accepts is inside the exact region, however many events there are. What it refuses inside is the
loss, in points of the score. Of two tangents it is greatest without events, where they cross, or at the most events; the
pair that is computed makes these three equal.

scipy is imported with this module, so that this module is imported where it is used.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from credence.service.verifier.tariff.tables import PosteriorTable, TangentPair, Tariff, TariffError

DEFAULT_SCORES: Final = (640, 685, 720, 760)
"""Those from which the tiers R2 to R5 are entered."""

DEFAULT_PRIOR: Final = Decimal(2)
DEFAULT_HAZARD: Final = Decimal("0.02")
DEFAULT_EVENTS: Final = 50

GAP: Final = 1e-5
"""Evidence by which a line stays above the exact bound on the grid, at least."""

LEAST_PRIOR: Final = Decimal("0.5")
"""Below it the bound curves too much near no events for a grid."""

MILLI: Final = 1_000
_STEP: Final = 0.01
_SLOPE: Final = 1e-4
_UPPER: Final = 0.95
_WORST: Final = 300
_BEST: Final = 850
_MOST_PRIOR: Final = 1_000
_LEAST_LOSS: Final = 0.01
_SAG: Final = 7
"""Between two points of a grid a curve rises above their chord by an eighth of its second difference, if that is the same
all over; a seventh is enough where it is greatest at the end, which no difference is about."""

Floats = NDArray[np.float64]


class Region:
    """The exact region of a score: ``prior`` a, ``hazard`` h of a liquidation within 30 days."""

    def __init__(self, score: float, prior: Decimal, hazard: Decimal) -> None:
        self.score: Final = score
        self._prior: Final = float(prior)
        self._hazard: Final = float(hazard)
        self._theta: Final = math.log1p(2 ** ((600 - score) / 50) / 19) / self._hazard

    def least(self, events: Floats) -> Floats:
        """g: the least evidence of the region for so many events."""
        found: Floats = special.gammaincinv(self._prior + events, _UPPER) / self._theta - self._prior
        return found

    def points(self, events: Floats, evidence: Floats) -> Floats:
        """S, not clipped."""
        hazard = self._hazard * special.gammaincinv(self._prior + events, _UPPER) / (self._prior + evidence)
        found: Floats = 600 - 50 * np.log2(19 * np.expm1(hazard))
        return found

    def tangent(self, at: float) -> tuple[float, float]:
        """(alpha, beta) of the line that touches the bound there."""
        ends = self.least(np.array([at - _SLOPE, at, at + _SLOPE]))
        beta = float(ends[2] - ends[0]) / (2 * _SLOPE)
        return float(ends[1]) - beta * at, beta

    def lost(self, line: tuple[float, float], events: float) -> float:
        """Points of the score that the line asks for beyond the region's, at so many events."""
        alpha, beta = line
        at = np.array([events])
        return float(self.points(at, alpha + beta * at)[0]) - self.score


def tangents(score: int, prior: Decimal, hazard: Decimal, most_events: int) -> TangentPair:
    """The two lines for a score, rounded up to thousandths, and their loss up to ``most_events``, rounded up to hundredths.

    Raises :class:`TariffError` ``posterior-tangents`` where they begin below the evidence that any score takes.
    """
    region, most = Region(score, prior, hazard), float(most_events)

    def pair(loss: float) -> tuple[tuple[float, float], tuple[float, float]]:
        first = optimize.brentq(lambda at: region.lost(region.tangent(at), 0.0) - loss, _STEP, most)
        second = optimize.brentq(lambda at: region.lost(region.tangent(at), most) - loss, _STEP, most)
        return region.tangent(first), region.tangent(second)

    def uneven(loss: float) -> float:
        (alpha, beta), (higher, flatter) = pair(loss)
        if beta <= flatter:  # the second touches before the first: a loss that is more than enough
            return -loss
        return region.lost((alpha, beta), (higher - alpha) / (beta - flatter)) - loss

    most_loss = min(region.lost(region.tangent(most), 0.0), region.lost(region.tangent(_STEP), most))
    lines = pair(optimize.brentq(uneven, _LEAST_LOSS, 0.99 * most_loss))
    first, second = (_rounded_up(region, line, most) for line in lines)
    if first[0] < MILLI // 2:
        raise TariffError(
            "posterior-tangents", f"at a score of {score} tangents begin below the evidence that a score takes"
        )
    return TangentPair(score, (first, second), _loss(region, (first, second), most))


def _rounded_up(region: Region, line: tuple[float, float], most: float) -> tuple[int, int]:
    alpha, beta = (math.ceil(MILLI * value) for value in line)
    missing = _least_gap(region, most) - _gap(region, (alpha, beta), most)
    return alpha + max(0, math.ceil(MILLI * missing)), beta


def _events(most: float) -> Floats:
    return np.linspace(0.0, most, round(most / _STEP) + 1)


def _gap(region: Region, line: tuple[int, int], most: float) -> float:
    events = _events(most)
    return float(np.min((line[0] + line[1] * events) / MILLI - region.least(events)))


def _least_gap(region: Region, most: float) -> float:
    """By how much a line is to be above the bound on the grid, so that it is between its points too."""
    return max(GAP, float(np.max(np.abs(np.diff(region.least(_events(most)), 2)))) / _SAG)


def _loss(region: Region, lines: tuple[tuple[int, int], tuple[int, int]], most: float) -> Decimal:
    events = _events(most)
    asked = np.minimum(*((alpha + beta * events) / MILLI for alpha, beta in lines))
    lost = float(np.max(region.points(events, asked))) - region.score
    return (Decimal(math.ceil(100 * lost)) / 100).quantize(Decimal("0.01"))


def table(
    scores: tuple[int, ...] = DEFAULT_SCORES,
    *,
    prior: Decimal = DEFAULT_PRIOR,
    hazard: Decimal = DEFAULT_HAZARD,
    most_events: int = DEFAULT_EVENTS,
) -> PosteriorTable:
    """What a tariff says of posterior bounds, computed.

    Raises :class:`ValueError` for a score that no standing has, or a prior or hazard outside [0.5, 1000] and (0, 1], and as
    :func:`tangents`.
    """
    if not all(_WORST < score <= _BEST for score in scores) or not (LEAST_PRIOR <= prior <= _MOST_PRIOR and 0 < hazard <= 1):
        raise ValueError("scores are from 301 to 850, a prior is from 0.5 to 1000 and a hazard at most 1")
    rows = tuple(tangents(score, prior, hazard, most_events) for score in sorted(set(scores)))
    return PosteriorTable(prior, hazard, most_events, rows)


def check_exact(tariff: Tariff) -> None:
    """Whether each line of a tariff stays inside the exact region, for any number of events, and loses what is said.

    Beyond the most events a line that rises above a concave bound keeps rising above it. Raises :class:`TariffError`
    ``posterior-tangents``.
    """
    said = tariff.posterior
    if said is None:
        return
    if said.prior < LEAST_PRIOR:
        raise TariffError("posterior-tangents", f"with a prior below {LEAST_PRIOR} no line is known to stay inside")
    most = float(said.most_events)
    for row in said.rows:
        region = Region(row.score, said.prior, said.hazard)
        least = _least_gap(region, most)
        for line in row.lines:
            beyond = _events(most)[-2:]
            drawn_near = np.diff((line[0] + line[1] * beyond) / MILLI - region.least(beyond))
            if _gap(region, line, most) < least or float(drawn_near[0]) < 0:
                raise TariffError("posterior-tangents", f"a line for {row.score} accepts what is below that score")
        if _loss(region, row.lines, most) > row.loss:
            raise TariffError("posterior-tangents", f"the lines for {row.score} lose more than is said")


def to_json(said: PosteriorTable) -> dict[str, object]:
    """As a tariff's document has it: decimal strings."""
    return {
        "prior": str(said.prior),
        "hazard": str(said.hazard),
        "most_events": str(said.most_events),
        "tangents": [
            {
                "score": str(row.score),
                "loss": str(row.loss),
                "lines": [{"alpha_milli": str(alpha), "beta_milli": str(beta)} for alpha, beta in row.lines],
            }
            for row in said.rows
        ],
    }
