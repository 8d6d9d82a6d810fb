"""Whatever a database has sealed, opened by whoever has the keys: what an operator, or a thief of all, could read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text

from credence.circuits.encoding import b64u
from credence.service.forgetting import Keeping
from credence.service.store import Store

_ID: Callable[[Any], str] = lambda row: str(row["id"])  # noqa: E731 - a table of places

_SEALED: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...], Callable[[Any], str]], ...]] = (
    ("issuer_cases", ("evidence_salt",), ("vendor_reference", "record_reference"), _ID),
    ("issuer_attestations", ("salt",), (), _ID),
    ("issuer_shown_again", ("evidence_salt",), ("vendor_reference",), lambda row: bytes(row["evidence_digest"]).hex()),
    ("issuer_comments", (), ("comment",), lambda row: f"{row['case_id']}/{row['number']}"),
    ("issuer_vendor_results", (), ("sealed",), lambda row: f"{row['vendor']}/{row['reference']}"),
    ("verifier_decisions", (), ("answer", "facts", "sealed"), lambda row: f"{row['session_id']}/{row['attempt']}"),
)
"""Table, sealed columns of bytes and of text, and what names a row's place."""


@dataclass
class Opened:
    """What was opened: every content, the salts among them, those of each case, and the ids of all keys that rows name."""

    contents: set[bytes] = field(default_factory=set)
    salts: set[bytes] = field(default_factory=set)
    salts_of: dict[str, set[bytes]] = field(default_factory=dict)
    key_ids: set[bytes] = field(default_factory=set)
    count: int = 0


def opened_of(store: Store, keeping: Keeping) -> Opened:
    """All that the keys which are left open in a database of every party."""
    found = Opened()
    for table, binary, texts, place in _SEALED:
        for row in _rows(store, f"SELECT * FROM {table} WHERE subject_key IS NOT NULL"):
            found.key_ids.add(bytes(row["subject_key"]))
            key = keeping.keys.find_all({bytes(row["subject_key"])}).get(bytes(row["subject_key"]))
            if key is None:
                continue
            for column in binary:
                salt = key.open(table, column, place(row), bytes(row[column]))
                found.salts.add(salt)
                found.salts_of.setdefault(str(row["id" if table == "issuer_cases" else "case_id"]), set()).add(salt)
            said = [key.open_text(table, column, place(row), row[column]) for column in texts if row[column] is not None]
            found.contents.update(text.encode() for text in said)
            found.count += len(binary) + len(said)
    found.contents |= found.salts
    return found


def pseudonyms_of(store: Store) -> list[str]:
    """Every pseudonym that was accepted, as decisions name it."""
    rows = _rows(store, "SELECT DISTINCT pseudonym FROM verifier_decisions WHERE pseudonym IS NOT NULL")
    return sorted(b64u(bytes(row["pseudonym"])) for row in rows)


def _rows(store: Store, query: str) -> Iterator[Any]:
    with store.reading() as session:
        yield from session.connection().execute(text(query)).mappings().all()
