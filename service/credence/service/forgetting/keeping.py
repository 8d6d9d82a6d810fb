"""What a process has at hand to keep and to forget: the subjects' keys, and how long each kind of row stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from credence.service.forgetting.subjects import SubjectKeys
from credence.service.forgetting.terms import DAY_SECONDS, RetentionTable, RowKind
from credence.service.settings import Mode


@dataclass(frozen=True, slots=True)
class Keeping:
    """Made once for a process; ``mode`` is the installation's."""

    keys: SubjectKeys
    table: RetentionTable
    mode: Mode

    def until(self, kind: RowKind, start: int) -> dict[str, Any]:
        """The columns of a row of ``kind`` whose term begins at ``start`` (unix seconds)."""
        term = self.table.term(kind, self.mode)
        return {"retain_until": start + term.days * DAY_SECONDS, "legal_basis": term.basis}
