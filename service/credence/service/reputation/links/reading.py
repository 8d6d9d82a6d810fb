"""A venue's own tables: transfers, and what it knows of its wallets."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from credence.service.reputation.evaluation.tables import read_table
from credence.service.reputation.links.evidence import Known
from credence.service.reputation.links.graph import LinksRefused, Transfer


def read_transfers(path: Path) -> tuple[Transfer, ...]:
    """A table with ``src``, ``dst`` and, where there is one, ``chain``. Raises ``TableRefused``."""
    table = read_table(path, ("src", "dst"), ("chain",))
    chains = table.words("chain") if "chain" in table else [""] * len(table)
    return tuple(map(Transfer, table.words("src"), table.words("dst"), chains))


def read_own(path: Path) -> tuple[frozenset[str], Known]:
    """A table with ``wallet`` and, where there are any, ``started`` (unix seconds) and ``volume`` (≥ 0).

    Raises ``TableRefused``, :class:`LinksRefused`.
    """
    table = read_table(path, ("wallet",), ("started", "volume"))
    wallets = table.words("wallet")
    started = table.numbers("started").astype(np.int64).tolist() if "started" in table else []
    volume = table.numbers("volume").tolist() if "volume" in table else []
    if min(volume, default=0) < 0:
        raise LinksRefused("a volume is not negative")
    return frozenset(wallets), Known({}, dict(zip(wallets, started, strict=False)), dict(zip(wallets, volume, strict=False)))
