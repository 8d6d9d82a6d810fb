"""Invented wallets: operators who pay their own wallets from one, strangers, and an exchange that everybody meets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np


def write(path: Path, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def wallet_folder(folder: Path, *, operators: int = 24, seed: int = 1) -> Path:
    """Half of the operators have 12 to 16 wallets and are labelled; the others are families of 3 to 5, and are not."""
    rng = np.random.default_rng(seed)
    sent, listed, grouped, met = [], [], [], []
    for operator in range(operators):
        bad = operator % 2 == 0
        size = int(rng.integers(12, 17) if bad else rng.integers(3, 6))
        names = [f"w{operator:03}-{place:02}" for place in range(size)]
        start = int(rng.integers(1_600_000_000, 1_650_000_000))
        for place, name in enumerate(names):
            began = start + int(rng.integers(0, 3_000 if bad else 40_000_000))
            listed.append((name, int(bad), round(float(rng.lognormal(8, 0.02 if bad else 1)), 2), began))
            grouped.append((f"g{operator:03}", name))
            sent.append(("exchange", name, "main"))
            if place:
                sent.append((names[0] if place < 9 else names[1], name, "main"))
        met += [(f"source-{operator:03}", name) for name in names[:3]]
    listed += [(f"alone-{place:02}", 0, 10.0, 1_600_000_000 + place) for place in range(40)]
    listed.append(("exchange", 0, 1e9, 1_500_000_000))
    write(folder / "transfers.csv", ("src", "dst", "chain"), sent)
    write(folder / "labels.csv", ("wallet", "sybil", "total_volume_usd", "first_seen_ts"), listed)
    write(folder / "groups.csv", ("group", "wallet"), grouped)
    write(folder / "connectors.csv", ("connector", "wallet"), met)
    return folder
