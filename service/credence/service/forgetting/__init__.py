"""Forgetting and keeping: a key for each person, destroyed to erase them, and until when what is kept has to stay.

Whatever opens a leaf or leads to a person is sealed under that person's own key. The keys lie in a small store of their own,
which no backup of the databases has, so that whoever destroys a key erases what it sealed in the rows, in the logs of the
database and in every older copy (docs/retention.md).
"""

from __future__ import annotations

from credence.service.forgetting.columns import HOLDS, Hold, Kept, kept_checks
from credence.service.forgetting.keeping import Keeping
from credence.service.forgetting.notes import KeyNotes
from credence.service.forgetting.refusals import refuse_while_kept
from credence.service.forgetting.subjects import Broken, Kind, SubjectKey, SubjectKeys
from credence.service.forgetting.terms import RetentionError, RetentionTable, RowKind, Term, load_retention, parse_retention

__all__ = [
    "HOLDS",
    "Broken",
    "Hold",
    "Keeping",
    "Kept",
    "KeyNotes",
    "Kind",
    "RetentionError",
    "RetentionTable",
    "RowKind",
    "SubjectKey",
    "SubjectKeys",
    "Term",
    "kept_checks",
    "load_retention",
    "parse_retention",
    "refuse_while_kept",
]
