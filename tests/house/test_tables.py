"""Do the tables keep the parties apart? Each may live in its own database, so nothing may refer across."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import pytest
from sqlalchemy import Table
from sqlmodel import SQLModel

import credence.service

PREFIXES = ("issuer_", "verifier_", "ledger_", "auth_", "reputation_", "auditor_", "idempotency_")
COMMONS = ("ledger", "auth")


def _holds_tables(module: str) -> bool:
    room = module.removeprefix("credence.service.").split(".")
    return room[-1] == "records" or room[0] in COMMONS


@cache
def tables() -> tuple[Table, ...]:
    """Every table the service defines, found by importing every module that may define one."""
    for module in pkgutil.walk_packages(credence.service.__path__, "credence.service."):
        if _holds_tables(module.name):
            importlib.import_module(module.name)
    found: dict[int, Table] = {id(table): table for table in SQLModel.metadata.tables.values()}
    classes = [SQLModel]
    while classes:
        subclass = classes.pop()
        classes.extend(subclass.__subclasses__())
        table = getattr(subclass, "__table__", None)
        if isinstance(table, Table) and subclass.__module__.startswith("credence."):
            found[id(table)] = table
    return tuple(sorted(found.values(), key=lambda table: table.name))


def party(name: str) -> str:
    """The prefix a table's name begins with; fails for a name that begins with none."""
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
    assert prefix, f"table {name}: its name must begin with its party, one of {', '.join(PREFIXES)}"
    return prefix


def test_there_are_tables() -> None:
    assert {party(table.name) for table in tables()} >= {"issuer_", "verifier_", "ledger_", "auth_"}


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_table_belongs_to_one_party(table: Table) -> None:
    own = party(table.name)
    for key in table.foreign_keys:
        target = key.target_fullname.split(".")[0]
        assert party(target) == own, f"{table.name}.{key.parent.name} refers to {key.target_fullname} across parties"


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_table_is_keyed_and_its_constraints_are_named(table: Table) -> None:
    assert list(table.primary_key.columns), f"{table.name} has no primary key"
    unnamed = [str(key.parent) for key in table.foreign_keys if key.constraint is None or key.constraint.name is None]
    assert not unnamed, f"a constraint without a name cannot be migrated: {unnamed}"
