"""Labelled accounts of a public chain: what a labelled model, named rules and an unsupervised score make of them.

Half of the accounts are fitted on, half measured. Rows that lack columns are left out of both: in the published set each of
them is labelled, so that a model would learn which rows are torn. Rules are fixed, and fitted to nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.challenger import fit_challenger
from credence.service.reputation.evaluation.measures import area
from credence.service.reputation.evaluation.tables import MAX_BYTES, TableRefused

LABEL: Final = "FLAG"
LEFT_OUT: Final = frozenset({"id", "Index", "Address", LABEL, "ERC20 most sent token type", "ERC20_most_rec_token_type"})
"""Numbers of rows, names, the outcome, and names of tokens."""

LIVED: Final = "Time Diff between first and last (Mins)"
SENT: Final = "Sent tnx"
RECEIVED: Final = "Received Tnx"
PAYERS: Final = "Unique Received From Addresses"
PAYEES: Final = "Unique Sent To Addresses"
NEEDED: Final = (LABEL, LIVED, SENT, RECEIVED, PAYERS, PAYEES)

WHY: Final = (
    "an unusual account is not a bad one: most labelled accounts here did little, so that a score of what is rare ranks the "
    "busiest honest ones first. Whether it is worse or better than chance hangs on how columns are scaled, which nobody can "
    "choose without labels; and it gives no reason that a person could check"
)

LIMIT: Final = (
    "accounts of one chain in 2020, labelled by others for unknown reasons; no fills, so none of a venue's own rules"
)


@dataclass(frozen=True)
class RuleResult:
    """One rule on the measured half: how many it names, and which share of them is labelled. None: it names nobody."""

    named: int
    precision: float | None
    recall: float

    def to_json(self) -> dict[str, Any]:
        share = None if self.precision is None else round(self.precision, 4)
        return {"named": self.named, "precision": share, "recall": round(self.recall, 4)}


@dataclass(frozen=True)
class AbuseEvaluation:
    """``labelled``: AUC of a model that has seen labels. ``unsupervised``: of an isolation forest, by scaling.

    ``base``: labelled share of the measured half.
    """

    labelled: float
    unsupervised: Mapping[str, float]
    rules: Mapping[str, RuleResult]
    base: float
    n: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "labelled_model": {"auc": round(self.labelled, 4)},
            "unsupervised": {
                "isolation_forest_auc": {name: round(value, 4) for name, value in self.unsupervised.items()},
                "used": False,
                "why": WHY,
            },
            "rules": {name: found.to_json() for name, found in self.rules.items()},
            "base_rate": round(self.base, 4),
            "n": dict(self.n),
            "limit": LIMIT,
        }


def evaluate_abuse(path: Path, *, seed: int) -> AbuseEvaluation:
    """Raises :class:`TableRefused`, ``BeliefRefused``."""
    names, rows, left_out = _read(path)
    label = rows[:, names.index(LABEL)]
    if not np.isin(label, (0, 1)).all() or not 0 < label.sum() < label.size:
        raise TableRefused(f"{LABEL} is 0 or 1, and both are there")
    order = np.random.default_rng(seed).permutation(len(rows))
    train, test = order[: len(rows) // 2], order[len(rows) // 2 :]
    columns = [place for place, name in enumerate(names) if name != LABEL]
    plain: Floats = rows[:, columns]
    scaled: Floats = np.sign(plain) * np.log1p(np.abs(plain))
    model = fit_challenger(scaled[train], label[train], [0] * len(columns))
    named = {name: mask[test] for name, mask in _rules(names, rows).items()}
    found = label[test]
    return AbuseEvaluation(
        labelled=_area(found, model.predict(scaled[test])),
        unsupervised={
            "as they are": _area(found, _oddness(plain[train], plain[test], seed)),
            "logarithms": _area(found, _oddness(scaled[train], scaled[test], seed)),
        },
        rules={name: _result(found, mask) for name, mask in named.items()},
        base=float(found.mean()),
        n={"fitted": len(train), "measured": len(test), "left_out": left_out},
    )


def _rules(names: list[str], rows: Floats) -> dict[str, NDArray[np.bool_]]:
    lived, sent, received, payers, payees = (rows[:, names.index(name)] for name in NEEDED[1:])
    days = np.maximum(lived / 1_440, 1 / 24)
    return {
        "collects": (payers >= 10) & (payees <= 2),
        "funnels": (payers >= 10) & (payers >= 3 * np.maximum(payees, 1)),
        "used-once": (sent <= 1) & (received <= 2),
        "bursts": (lived > 0) & ((sent + received) / days >= 50),
    }


def _result(label: Floats, named: NDArray[np.bool_]) -> RuleResult:
    right = float(label[named].sum())
    return RuleResult(int(named.sum()), right / float(named.sum()) if named.any() else None, right / float(label.sum()))


def _oddness(train: Floats, test: Floats, seed: int) -> Floats:
    with threadpool_limits(1, "openmp"):
        forest = IsolationForest(n_estimators=200, random_state=seed).fit(train)
        score = -forest.score_samples(test)
    found: Floats = (score - score.min()) / max(float(np.ptp(score)), 1e-12)
    return found


def _area(label: Floats, score: Floats) -> float:
    found = area(label, score)
    if found is None:
        raise TableRefused("all measured accounts are labelled alike")
    return found


def _read(path: Path) -> tuple[list[str], Floats, int]:
    """The numeric columns and whole rows, and how many rows lack some."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableRefused("the table is too large")
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *lines = list(csv.reader(file, strict=True)) or [[]]
    except OSError as error:
        raise TableRefused(f"the table cannot be read: {error.strerror or 'no such file'}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableRefused("the table is no CSV in UTF-8") from error
    titles = [title.strip() for title in head]
    for name in NEEDED:
        if titles.count(name) != 1:
            raise TableRefused(f"the table needs the column {name}, once")
    places = [place for place, title in enumerate(titles) if title not in LEFT_OUT or title == LABEL]
    whole = [row for row in lines if len(row) == len(titles) and all(row[place].strip() for place in places)]
    try:
        rows = np.array([[float(row[place]) for place in places] for row in whole], dtype=np.float64)
    except ValueError as error:
        raise TableRefused("a column is a number in every row") from error
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise TableRefused("the table has no whole rows of finite numbers")
    return [titles[place] for place in places], rows, len(lines) - len(whole)
