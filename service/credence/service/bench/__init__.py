"""What proofs cost on this machine: ``credence bench``.

Start at :func:`run` in :mod:`measurement`. :mod:`rows` says what is measured, :mod:`breakdown` where a verification's time
goes, :mod:`stopwatch` how, :mod:`report` what comes out.
"""

from credence.service.bench.measurement import GROUPS, NAMES, rounds_for, run
from credence.service.bench.report import BenchReport, Breakdown, Part, Result, SumResult, Unit

__all__ = ["GROUPS", "NAMES", "BenchReport", "Breakdown", "Part", "Result", "SumResult", "Unit", "rounds_for", "run"]
