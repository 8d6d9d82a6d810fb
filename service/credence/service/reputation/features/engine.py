"""DuckDB, embedded: runs the expressions over wide rows in memory, or over a Parquet file of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from credence.service.reputation.events.kinds import Event
from credence.service.reputation.events.wide import SCHEMA, columns
from credence.service.reputation.features import daily
from credence.service.reputation.merging import COLUMNS

_TYPES: Final = {"string": pa.string(), "boolean": pa.bool_(), "int64": pa.int64(), "int32": pa.int32(), "int8": pa.int8()}

ARROW: Final = pa.schema(
    [pa.field(name, _TYPES[kind.lstrip("!")], nullable=kind[0] != "!") for name, kind in SCHEMA.items()]
)
"""The schema of wide rows in Arrow and Parquet."""

_OVER: Final = ("by_event", "cells")

CELL: Final = ("instrument", "minute", "price", "bought", "sold")


def sql_of(table: ir.Table, dialect: str = "duckdb") -> str:
    """The statement of an expression."""
    return str(ibis.to_sql(table, dialect=dialect))


@cache
def statement(name: str) -> str:
    """``by_event``, ``cells`` or ``daily`` over a table ``events``, as one statement whose numbers are 64 bits wide."""
    table = {"by_event": daily.by_event, "cells": daily.cells, "daily": daily.daily}[name](daily.events())
    numbers = (*COLUMNS, *CELL[1:], "day")
    columns_ = ", ".join(
        f"CAST({column} AS BIGINT) AS {column}" if column in numbers else column for column in table.columns
    )
    return f"SELECT {columns_} FROM ({sql_of(table)})"  # noqa: S608 - names of columns of ours


class Engine:
    """One DuckDB in memory. Safe for many threads, which take turns.

    The statements are prepared once, since planning them takes longer than running them over a report's few rows. The rows
    are inserted in a transaction that is rolled back, so that nothing stays. DuckDB 1.5 plans a prepared statement by what
    the table held then and answers wrongly when that has changed; without statistics it does not.
    """

    def __init__(self, *, threads: int = 1, memory_mb: int = 512) -> None:
        self._lock: Final = Lock()
        self._connection: Final = duckdb.connect(config={"threads": threads, "memory_limit": f"{memory_mb}MB"})
        self._connection.execute("SET disabled_optimizers = 'statistics_propagation,compressed_materialization'")
        self._connection.from_arrow(ARROW.empty_table()).create("events")
        for name in _OVER:
            self._connection.execute(f"PREPARE {name} AS {statement(name)}")

    def over(self, events: Iterable[Event]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The daily statistics of events without their round trips, and the cells of these."""
        rows = pa.table(columns(events), schema=ARROW)
        with self._lock:
            self._connection.begin()
            try:
                self._connection.from_arrow(rows).insert_into("events")
                found = [self._connection.execute(f"EXECUTE {name}").to_arrow_table().to_pylist() for name in _OVER]
            finally:
                self._connection.rollback()
        days, cells = found
        return days, cells

    def close(self) -> None:
        """Frees its memory."""
        with self._lock:
            self._connection.close()


def over_file(path: Path, *, threads: int = 2, memory_mb: int = 2_048) -> pa.Table:
    """Every daily statistic of a Parquet file of wide rows."""
    with duckdb.connect(config={"threads": threads, "memory_limit": f"{memory_mb}MB"}) as connection:
        connection.read_parquet(str(path)).create_view("events")
        return connection.execute(statement("daily")).to_arrow_table()
