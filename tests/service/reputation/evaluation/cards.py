"""Invented card accounts and account-days, in the columns of the published sets."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

HEAD = (
    *("ID", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", "PAY_0"),
    *(f"PAY_{month}" for month in range(2, 7)),
    *(f"BILL_AMT{month}" for month in range(1, 7)),
    *(f"PAY_AMT{month}" for month in range(1, 7)),
    "class",
)


def write(path: Path, head: tuple[str, ...], rows: list[list[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(head), *rows])
    return path


def card_accounts(number: int, seed: int) -> list[list[Any]]:
    """Who was late last month is likely to be late again; a high limit protects a little."""
    rng = np.random.default_rng(seed)
    limit = rng.choice([20_000, 50_000, 200_000], number)
    late = np.zeros((number, 6), dtype=np.int64)
    likely = rng.beta(1, 6, number)
    for month in range(6):
        before = late[:, month - 1] if month else np.zeros(number)
        chance = np.clip(0.6 * likely + 0.55 * before - 0.03 * (limit == 200_000), 0.02, 0.95)
        late[:, month] = rng.random(number) < chance
    bills, paid = rng.integers(0, 20_000, (number, 6)), rng.integers(0, 5_000, (number, 6))
    people = np.stack([rng.integers(1, 3, number), rng.integers(1, 4, number), rng.integers(1, 4, number)], axis=1)
    age = rng.integers(21, 70, number)
    codes = np.where(late == 1, 2, rng.choice([-2, -1, 0], (number, 6)))
    return [
        [row + 1, limit[row], *people[row], age[row], *codes[row][::-1], *bills[row], *paid[row], 0] for row in range(number)
    ]


def card_file(path: Path, number: int = 600, seed: int = 1) -> Path:
    return write(path, HEAD, card_accounts(number, seed))


def account_days(path: Path, accounts: int = 8, days: int = 60, seed: int = 1) -> Path:
    """Accounts that win in runs, so that the last days tell more than the first."""
    rng = np.random.default_rng(seed)
    rows: list[list[Any]] = []
    for account in range(accounts):
        chance = 0.5
        for day in range(days):
            if rng.random() < 0.1:
                chance = float(rng.choice([0.1, 0.9]))
            profit = abs(rng.normal(0, 100)) * (1 if rng.random() < chance else -1)
            rows.append([(date(2024, 6, 1) + timedelta(day)).isoformat(), f"account-{account}", f"{profit:.4f}", 3])
    order = rng.permutation(len(rows))
    return write(path, ("date", "account", "daily_pnl", "trade_count"), [rows[place] for place in order])
