"""What proofs cost on this machine, and how many of them the service verifies: ``credence bench``.

Start at :func:`run` in :mod:`measurement`. :mod:`rows` says what is measured, :mod:`breakdown` where a verification's time
goes, :mod:`stopwatch` how, :mod:`report` what comes out. :mod:`load` measures the service: :mod:`premises` and
:mod:`holders` make an installation and proofs for it, :mod:`callers` send them.
"""

from credence.service.bench.measurement import GROUPS, NAMES, rounds_for, run
from credence.service.bench.report import BenchReport, Breakdown, Part, Result, ServiceResult, SumResult, Unit

__all__ = [
    "GROUPS",
    "NAMES",
    "BenchReport",
    "Breakdown",
    "Part",
    "Result",
    "ServiceResult",
    "SumResult",
    "Unit",
    "rounds_for",
    "run",
]
