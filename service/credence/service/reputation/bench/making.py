"""A file of invented events: wide rows in Parquet, the same for the same number and seed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from credence.service.reputation.events.kinds import Kind
from credence.service.reputation.events.wide import CODES, SCHEMA, SUMMED

PSEUDONYMS: Final = 20_000
DAYS: Final = 30
FIRST_DAY: Final = 20_000
"""2024-10-04."""

_GROUP: Final = 100_000


def make(path: Path, events: int, *, seed: int = 1, pseudonyms: int = PSEUDONYMS, memory_mb: int = 1_024) -> None:
    """Writes ``events`` rows to ``path``: seven of ten are fills, in bursts of four as an order is filled."""
    with duckdb.connect(config={"threads": 2, "memory_limit": f"{memory_mb}MB"}) as connection:
        connection.execute(f"COPY ({_rows(events, seed, pseudonyms)}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {_GROUP})")


def _rows(events: int, seed: int, pseudonyms: int) -> str:
    """The statement: everything comes of hashes of the row's number, so that it does not matter who computes it."""

    def drawn(name: str, below: int, of: str = "burst") -> str:
        return f"(hash({of}, {seed}, '{name}') % {below})::BIGINT"

    base = f"""
        SELECT i, burst, {drawn("who", pseudonyms)} AS who, {drawn("day", DAYS)} AS d, {drawn("second", 86_400)} AS second,
               {drawn("what", 100)} AS what, {drawn("side", 2)} = 0 AS buy, {drawn("instrument", 12)} AS market,
               1000000000 * (1 + {drawn("price", 5_000)}) AS price, 1000000 * (1 + {drawn("size", 20_000, "i")}) AS size,
               {drawn("rest", 1_000_000, "i")} AS rest
        FROM (SELECT range AS i, range // 4 AS burst FROM range({events}))
    """  # noqa: S608 - numbers of ours
    fill, snapshot, cancel, deposit, liquidation = (
        CODES[kind] for kind in (Kind.FILL, Kind.MARGIN_SNAPSHOT, Kind.ORDER_CANCEL, Kind.DEPOSIT, Kind.LIQUIDATION)
    )
    kinds = f"""
        SELECT *, CASE WHEN what < 70 THEN {fill} WHEN what < 85 THEN {snapshot} WHEN what < 95 THEN {cancel}
                       WHEN what < 99 THEN {deposit} ELSE {liquidation} END AS code
        FROM ({base})
    """  # noqa: S608 - the statement above
    is_fill, is_snapshot = f"code = {fill}", f"code = {snapshot}"
    said = {
        "pseudonym": "sha256(concat('invented/', who))",
        "at": f"({FIRST_DAY} + d) * 86400 + second",
        "day": f"{FIRST_DAY} + d",
        "hour": "second // 3600",
        "kind": "code",
        "has_pnl": f"{is_fill}",
        "buy": f"CASE WHEN {is_fill} THEN buy <> (rest % 97 = 0) END",
        "self_match": f"{is_fill} AND rest % 251 = 0",
        "instrument": f"CASE WHEN {is_fill} THEN concat('PERP-', market) END",
        "price": f"CASE WHEN {is_fill} THEN price END",
        "equity": f"CASE WHEN {is_snapshot} THEN size * 40 + rest END",
        "maintenance": f"CASE WHEN {is_snapshot} THEN size * 2 * (1 + rest % 20) END",
        "exposure": f"CASE WHEN {is_snapshot} THEN size * 40 * (1 + rest % 20) END",
        "seconds": f"CASE WHEN {is_snapshot} THEN 3600 END",
        "notional": f"CASE WHEN {is_fill} THEN size ELSE 0 END",
        "maker_notional": f"CASE WHEN {is_fill} AND rest % 3 = 0 THEN size ELSE 0 END",
        "buy_notional": f"CASE WHEN {is_fill} AND buy <> (rest % 97 = 0) THEN size ELSE 0 END",
        "fee": f"CASE WHEN {is_fill} THEN size // 2000 ELSE 0 END",
        "pnl": f"CASE WHEN {is_fill} THEN rest - 500000 ELSE 0 END",
        "wins": f"CASE WHEN {is_fill} AND rest > 500000 THEN 1 ELSE 0 END",
        "trades": f"CASE WHEN {is_fill} THEN 1 ELSE 0 END",
        "deposit": f"CASE WHEN code = {deposit} THEN size ELSE 0 END",
        "liquidated": f"CASE WHEN code = {liquidation} THEN size ELSE 0 END",
        "bad_debt": f"CASE WHEN code = {liquidation} AND rest % 10 = 0 THEN rest ELSE 0 END",
        "markout_10s": f"CASE WHEN {is_fill} THEN (rest % 2001) - 1000 ELSE 0 END",
        "markout_notional_10s": f"CASE WHEN {is_fill} THEN size ELSE 0 END",
    }
    types = {"string": "VARCHAR", "boolean": "BOOLEAN", "int64": "BIGINT", "int32": "INTEGER", "int8": "TINYINT"}
    columns = (
        f"CAST({said.get(name, '0' if name in SUMMED else 'NULL')} AS {types[kind.lstrip('!')]}) AS {name}"
        for name, kind in SCHEMA.items()
    )
    return f"SELECT {', '.join(columns)} FROM ({kinds})"  # noqa: S608 - numbers and names of ours
